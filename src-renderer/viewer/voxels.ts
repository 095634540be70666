import type { MidPlane, Vec3, VoxelArray } from '@contract'
import { mirroredValues } from '../drawing'
import { useEngine } from '../engine/client'
import { FrameCache } from './frameCache'
import { insideGrid, voxelOffset } from './geometry'
import { tiltOf, uprightGeometry, uprightVoxels } from './planes'
import {
  OUTSIDE,
  blendOf,
  differenceOf,
  maskedValues,
  valuesOf,
  type Stored,
  type ValueWindow,
  type Values,
} from './values'

type Read = (array: VoxelArray, frame: number) => Promise<Stored>

const MEBIBYTE = 2 ** 20
/** Over half a head, 80 mm, a smaller tilt moves a slice by less than half a millimetre. */
const UPRIGHT_DEGREES = 0.3
const frameKey = (id: string, frame: number): string => `${id}\n${frame}`

/** Half a gigabyte on a small machine, one and a half where the browser reports 8 GB or more. */
export function cacheBudget(): number {
  const reported = (navigator as Navigator & { deviceMemory?: number }).deviceMemory ?? 4
  return (reported >= 8 ? 1536 : 512) * MEBIBYTE
}

/**
 * The voxels the Review room draws and probes, in their units, frame by frame. Arrays of the engine are read over the
 * bulk channel; arrays made here (masked maps, differences) are computed from others when they are first needed.
 */
export class VoxelRoom {
  private readonly cache: FrameCache<Values>
  private readonly arrays = new Map<string, VoxelArray>()
  private readonly derived = new Map<string, (frame: number) => Promise<Values>>()
  private readonly evictionListeners = new Set<(id: string, frame: number) => void>()

  constructor(
    private readonly read: Read,
    budget: number,
  ) {
    this.cache = new FrameCache<Values>(budget, (key) => {
      const [id, frame] = key.split('\n')
      for (const listener of this.evictionListeners) listener(id, Number(frame))
    })
  }

  /** Makes an array of the engine known, so that it can be drawn by its id. */
  add(array: VoxelArray): VoxelArray {
    this.arrays.set(array.id, array)
    return array
  }

  /** The map with everything outside the mask marked OUTSIDE. */
  addMasked(map: VoxelArray, mask: VoxelArray): VoxelArray {
    const id = `${map.id}|${mask.id}`
    this.derived.set(id, async () => maskedValues(await this.raw(map, 0), await this.raw(mask, 0)))
    return this.add({ ...map, id, type: 'float32', slope: 1, intercept: 0 })
  }

  /** a − b, two known arrays of one frame on the same grid. */
  addDifference(a: VoxelArray, b: VoxelArray): VoxelArray {
    const id = `${a.id}-${b.id}`
    this.derived.set(id, async () => differenceOf(await this.frame(a.id, 0), await this.frame(b.id, 0)))
    return this.add({ ...a, id, type: 'float32', slope: 1, intercept: 0 })
  }

  /** A known array of one frame with its sides exchanged about a plane. */
  addMirrored(array: VoxelArray, plane: MidPlane): VoxelArray {
    const { column, tilt, lean } = plane
    const id = `${array.id}|mirrored ${column.toFixed(2)} ${tilt.toFixed(4)} ${lean.toFixed(4)}`
    const { size, spacing } = array.geometry
    this.derived.set(id, async () =>
      mirroredValues(await this.frame(array.id, 0), size, spacing, plane, OUTSIDE),
    )
    return this.add({ ...array, id, type: 'float32', slope: 1, intercept: 0 })
  }

  /** A picture over another, both known and on one grid; `over` and `own` are their display windows. */
  addBlend(a: VoxelArray, b: VoxelArray, share: number, over: ValueWindow, own: ValueWindow): VoxelArray {
    const id = `${a.id}~${b.id}~${share}~${over.lower}~${over.upper}`
    this.derived.set(id, async (frame) =>
      blendOf(await this.frame(a.id, frame), await this.frame(b.id, 0), share, over, own),
    )
    return this.add({ ...a, id, type: 'float32', slope: 1, intercept: 0 })
  }

  /** The array itself, or, where the gantry was tilted, its resampling on an upright grid for multiplanar views. */
  addUpright(array: VoxelArray): VoxelArray {
    if (tiltOf(array.geometry) < UPRIGHT_DEGREES) return this.add(array)
    this.add(array)
    const id = `${array.id}|upright`
    this.derived.set(id, async (frame) => uprightVoxels(array.geometry, await this.frame(array.id, frame)))
    const geometry = uprightGeometry(array.geometry)
    return this.add({ ...array, id, geometry, type: 'float32', slope: 1, intercept: 0 })
  }

  array(id: string): VoxelArray | undefined {
    return this.arrays.get(id)
  }

  /** The values of a frame, x fastest, then y, then z. */
  frame(id: string, frame: number): Promise<Values> {
    const array = this.arrays.get(id)
    if (array === undefined) return Promise.reject(new Error(`Unknown voxel array ${id}`))
    const derive = this.derived.get(id)
    return this.cache.get(frameKey(id, frame), () => (derive ? derive(frame) : this.raw(array, frame)))
  }

  isLoaded(id: string, frame: number): boolean {
    return this.cache.has(frameKey(id, frame))
  }

  /** The value of one voxel if its frame is in memory; null outside the grid, undefined while it is not loaded. */
  value(id: string, frame: number, voxel: Vec3): number | null | undefined {
    const array = this.arrays.get(id)
    if (array === undefined) return undefined
    if (!insideGrid(array.geometry.size, voxel)) return null
    const values = this.cache.peek(frameKey(id, frame))
    if (values === undefined) return undefined
    const value = values[voxelOffset(array.geometry.size, voxel)]
    return value === OUTSIDE ? null : value
  }

  /** Reads frames ahead, one after the other, nearest first; a newer call ends an older one. */
  async prefetch(id: string, frames: number[]): Promise<void> {
    const turn = ++this.prefetchTurn
    for (const frame of frames) {
      if (turn !== this.prefetchTurn || !this.arrays.has(id)) return
      if (!this.isLoaded(id, frame)) await this.frame(id, frame).catch(() => undefined)
    }
  }
  private prefetchTurn = 0

  onEviction(listener: (id: string, frame: number) => void): () => void {
    this.evictionListeners.add(listener)
    return () => this.evictionListeners.delete(listener)
  }

  /** Forgets every array and gives their memory back. */
  clear(): void {
    this.prefetchTurn++
    this.cache.clear()
    this.arrays.clear()
    this.derived.clear()
  }

  private async raw(array: VoxelArray, frame: number): Promise<Values> {
    return valuesOf(array, await this.read(array, frame))
  }
}

let room: VoxelRoom | null = null

/** The one room of voxels of this window. */
export function useVoxels(): VoxelRoom {
  room ??= new VoxelRoom((array, frame) => useEngine().readVoxels(array, frame), cacheBudget())
  return room
}
