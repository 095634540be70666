import { UmbraError, type Geometry, type GridRelation, type Structure, type Vec3 } from '@contract'
import { sameGrid, voxelToWorld, worldToVoxel } from '../volume'

/** More structures do not fit into the bits of a voxel. */
export const MOST_STRUCTURES = 8

/** A drawing: bit s of a voxel says that it is in structure s. Voxels are x fastest, then y, z. */
export interface StructureMap {
  geometry: Geometry
  bits: Uint8Array
  /** Slices beyond the grid are known to be empty: a segmentation object stores only those that are drawn on. */
  emptyBeyond: boolean
  /** What a reader of the drawing should know: values left out, probabilities cut at one half. */
  notes: string[]
}

/** The structures, as bits, that each label value stands for; values that stand for none are missing. */
export function bitsOfValues(structures: readonly Structure[]): Map<number, number> {
  const bits = new Map<number, number>()
  structures.forEach(({ values }, s) =>
    values?.forEach((value) => bits.set(value, (bits.get(value) ?? 0) | (1 << s))),
  )
  return bits
}

/**
 * A drawing on another grid, each voxel from the nearest of the drawing. `notes` tell of the change, and of marked
 * voxels that do not reach the grid. Throws `different-frames` where the two are in different frames of reference, and
 * `no-overlap` where they share no space.
 */
export function onGrid(map: StructureMap, grid: Geometry, where: string): StructureMap {
  if (sameGrid(map.geometry, grid)) return map
  const refuse = (code: string, message: string): UmbraError =>
    new UmbraError({ code, message, hint: 'Draw all readings of a case on the same images.', where })
  const frames = [map.geometry.frameOfReference, grid.frameOfReference]
  if (frames[0] !== '' && frames[1] !== '' && frames[0] !== frames[1]) {
    throw refuse(
      'different-frames',
      'It lies in another frame of reference than the reading it is compared with.',
    )
  }
  const { bits, covered } = nearest(map, grid)
  if (covered === 0) {
    throw refuse(
      'no-overlap',
      `Its grid (${extent(map.geometry)}) shares no space with that of the reading it is compared with (${extent(grid)}).`,
    )
  }
  const lost = outside(map, grid)
  const resampled = `Resampled (nearest voxel) from ${extent(map.geometry)} to ${extent(grid)}.`
  return {
    geometry: grid,
    bits,
    emptyBeyond: map.emptyBeyond,
    notes: [
      ...map.notes,
      ...((map.emptyBeyond || covered === bits.length) && sameVoxels(map.geometry, grid) ? [] : [resampled]),
      ...(lost > 0 ? [`${lost} of its marked voxels lie outside that grid and do not count.`] : []),
    ],
  }
}

/** How a drawing lies to a grid: on it, on voxels of it in another order or a part of them, or otherwise. */
export function gridRelation(drawing: Geometry, grid: Geometry): GridRelation {
  if (sameGrid(drawing, grid)) return 'same'
  return sameVoxels(drawing, grid) ? 'reordered' : 'other'
}

/** True where the voxels of two grids coincide, whichever part of space each covers and in whichever order. */
function sameVoxels(one: Geometry, other: Geometry): boolean {
  const start = worldToVoxel(other, voxelToWorld(one, [0, 0, 0]))
  const isWhole = (at: number): boolean => Math.abs(at - Math.round(at)) < 0.1
  const ends = [0, 1, 2].map((axis) => {
    const extent = one.size[axis] - 1
    const at: Vec3 = [0, 0, 0]
    // A grid of one slice still has a step to the next.
    at[axis] = Math.max(1, extent)
    const end = worldToVoxel(other, voxelToWorld(one, at))
    return end.map((value, i) => (value - start[i]) / at[axis])
  })
  const unitSteps = ends.every((step, axis) => {
    const tolerance = 0.1 / Math.max(1, one.size[axis] - 1)
    return step.every((value) => Math.abs(value - Math.round(value)) < tolerance)
  })
  const lengths = ends.map((step) => step.reduce((sum, value) => sum + Math.abs(Math.round(value)), 0))
  const covered = [0, 1, 2].every((i) => ends.some((step) => Math.abs(Math.round(step[i])) === 1))
  return start.every(isWhole) && unitSteps && lengths.every((length) => length === 1) && covered
}

/** A grid that stores only the slices drawn on, with as many more as the other drawings reach. */
export function extendedGrid(chosen: StructureMap, others: readonly StructureMap[]): Geometry {
  if (!chosen.emptyBeyond) return chosen.geometry
  const { geometry } = chosen
  let [first, last] = [0, geometry.size[2] - 1]
  for (const { geometry: other } of others) {
    for (const z of [0, other.size[2] - 1]) {
      const middle: Vec3 = [(other.size[0] - 1) / 2, (other.size[1] - 1) / 2, z]
      const at = Math.round(worldToVoxel(geometry, voxelToWorld(other, middle))[2])
      first = Math.min(first, at)
      last = Math.max(last, at)
    }
  }
  if (last - first > MOST_SLICES) return geometry
  return {
    ...geometry,
    size: [geometry.size[0], geometry.size[1], last - first + 1],
    origin: voxelToWorld(geometry, [0, 0, first]),
  }
}

/** Drawings farther apart are not of one scan. */
const MOST_SLICES = 4096

const extent = ({ size, spacing }: Geometry): string =>
  `${size.join(' × ')} voxels of ${spacing.map((mm) => Number(mm.toFixed(3))).join(' × ')} mm`

function nearest(map: StructureMap, grid: Geometry): { bits: Uint8Array; covered: number } {
  const [nx, ny, nz] = grid.size
  const [mx, my, mz] = map.geometry.size
  const bits = new Uint8Array(nx * ny * nz)
  const start = worldToVoxel(map.geometry, voxelToWorld(grid, [0, 0, 0]))
  const step = ([i, j, k]: [number, number, number]): number[] =>
    worldToVoxel(map.geometry, voxelToWorld(grid, [i, j, k])).map((at, axis) => at - start[axis])
  const [sx, sy, sz] = [step([1, 0, 0]), step([0, 1, 0]), step([0, 0, 1])]
  let covered = 0
  for (let z = 0, at = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      const row = start.map((from, axis) => from + y * sy[axis] + z * sz[axis])
      for (let x = 0; x < nx; x++, at++) {
        const i = Math.round(row[0] + x * sx[0])
        const j = Math.round(row[1] + x * sx[1])
        const k = Math.round(row[2] + x * sx[2])
        if (i < 0 || j < 0 || k < 0 || i >= mx || j >= my || k >= mz) continue
        covered++
        bits[at] = map.bits[(k * my + j) * mx + i]
      }
    }
  }
  return { bits, covered }
}

/** Marked voxels whose centre no voxel of the grid contains. */
function outside(map: StructureMap, grid: Geometry): number {
  const [nx, ny] = map.geometry.size
  let lost = 0
  for (let at = 0; at < map.bits.length; at++) {
    if (map.bits[at] === 0) continue
    const world = voxelToWorld(map.geometry, [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))])
    const inside = worldToVoxel(grid, world).every((i, axis) => i >= -0.5 && i < grid.size[axis] - 0.5)
    if (!inside) lost++
  }
  return lost
}
