import type { Vec3 } from '@contract'

/** Where two drawings of a structure differ, and how many voxels of each are where. */
export interface Comparison {
  onlyFirst: Uint8Array
  onlySecond: Uint8Array
  /** Voxels by slice: in the first alone, in the second alone, in both. */
  slices: { first: number; second: number; both: number }[]
}

/** Both drawings hold 0 or 1 for each voxel of a grid. */
export function compareVoxels(first: Uint8Array, second: Uint8Array, [nx, ny, nz]: Vec3): Comparison {
  const onlyFirst = new Uint8Array(first.length)
  const onlySecond = new Uint8Array(first.length)
  const slices = Array.from({ length: nz }, (_, z) => {
    const count = { first: 0, second: 0, both: 0 }
    for (let i = z * nx * ny; i < (z + 1) * nx * ny; i++) {
      const [a, b] = [first[i], second[i]]
      if (a === b) {
        count.both += a
        continue
      }
      onlyFirst[i] = a
      onlySecond[i] = b
      count.first += a
      count.second += b
    }
    return count
  })
  return { onlyFirst, onlySecond, slices }
}

/** Null for a slice that neither drew on. */
export function sliceDice({ first, second, both }: Comparison['slices'][number]): number | null {
  const sum = first + second + 2 * both
  return sum > 0 ? (2 * both) / sum : null
}

/** The slice with the most disagreement, or, where there is none, the most agreement; null where nobody drew. */
export function tellingSlice(slices: Comparison['slices']): number | null {
  const most = (of: (slice: Comparison['slices'][number]) => number): number =>
    slices.reduce((best, slice, z) => (of(slice) > of(slices[best]) ? z : best), 0)
  const differ = most(({ first, second }) => first + second)
  if (slices[differ].first + slices[differ].second > 0) return differ
  const agree = most(({ both }) => both)
  return slices[agree].both > 0 ? agree : null
}
