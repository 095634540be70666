import type { Geometry, Vec3 } from '@contract'

/** A box of voxels, both corners included. */
export interface Box {
  from: Vec3
  to: Vec3
}

/** The smallest box that holds both; null is the empty box. */
export function unionOfBoxes(a: Box | null, b: Box | null): Box | null {
  if (a === null || b === null) return a ?? b
  return {
    from: a.from.map((value, axis) => Math.min(value, b.from[axis])) as Vec3,
    to: a.to.map((value, axis) => Math.max(value, b.to[axis])) as Vec3,
  }
}

/** Volume of one voxel, ml: the determinant of the grid's steps, so a sheared grid (gantry tilt) is right too. */
export function voxelMillilitres({ spacing, direction: [x, y, z] }: Geometry): number {
  const determinant =
    x[0] * (y[1] * z[2] - y[2] * z[1]) +
    x[1] * (y[2] * z[0] - y[0] * z[2]) +
    x[2] * (y[0] * z[1] - y[1] * z[0])
  return (Math.abs(determinant) * spacing[0] * spacing[1] * spacing[2]) / 1000
}

/**
 * Structures drawn on a 3-D grid: for each a layer of voxels that are 0 outside and 1 inside, so that structures may
 * overlap (a core lies in its penumbra). Layer by layer in one array, each x fastest, then y, then z. It belongs to the
 * grid, never to a time point. The voxels of each layer are counted as they change, so that volumes cost nothing.
 */
export class Labelmap {
  readonly size: Vec3
  /** mm */
  readonly spacing: Vec3
  readonly voxels: Uint8Array
  readonly millilitresPerVoxel: number
  readonly sliceLength: number
  readonly layerLength: number
  private readonly counts: Uint32Array

  constructor(
    geometry: Geometry,
    readonly layers: number,
    voxels?: Uint8Array,
  ) {
    this.size = geometry.size
    this.spacing = geometry.spacing
    this.millilitresPerVoxel = voxelMillilitres(geometry)
    this.sliceLength = this.size[0] * this.size[1]
    this.layerLength = this.sliceLength * this.size[2]
    const length = this.layerLength * layers
    if (voxels && voxels.length !== length) {
      throw new RangeError(`The drawing has ${voxels.length} voxels, its grid and structures make ${length}.`)
    }
    this.voxels = voxels ? voxels.map((inside) => (inside === 0 ? 0 : 1)) : new Uint8Array(length)
    this.counts = new Uint32Array(layers)
    for (let layer = 0; layer < layers; layer++) {
      for (const inside of this.layer(layer)) this.counts[layer] += inside
    }
  }

  get whole(): Box {
    return { from: [0, 0, 0], to: this.size.map((count) => count - 1) as Vec3 }
  }

  /** Where a voxel lies within its layer. */
  offset(x: number, y: number, z: number): number {
    return (z * this.size[1] + y) * this.size[0] + x
  }

  /** A view of the voxels of a structure. */
  layer(layer: number): Uint8Array {
    return this.voxels.subarray(layer * this.layerLength, (layer + 1) * this.layerLength)
  }

  /** A view of one slice of a structure. */
  slice(layer: number, slice: number): Uint8Array {
    const from = layer * this.layerLength + slice * this.sliceLength
    return this.voxels.subarray(from, from + this.sliceLength)
  }

  /** Writes one voxel, by its place in the whole array; the only way in, so that the counts stay true. */
  put(place: number, inside: 0 | 1): void {
    if (this.voxels[place] === inside) return
    this.voxels[place] = inside
    this.counts[Math.floor(place / this.layerLength)] += inside === 1 ? 1 : -1
  }

  count(layer: number): number {
    return this.counts[layer]
  }

  millilitres(layer: number): number {
    return this.counts[layer] * this.millilitresPerVoxel
  }
}
