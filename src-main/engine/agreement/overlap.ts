/** Voxels of two binary segmentations A and B on one grid. */
export interface VoxelCounts {
  /** |A| */
  first: number
  /** |B| */
  second: number
  /** |A ∩ B| */
  both: number
  /** All voxels of the grid. */
  total: number
}

export interface Overlap {
  /** 2 |A ∩ B| / (|A| + |B|) (Dice 1945). */
  dice: number | null
  /** |A ∩ B| / |A ∪ B| (Jaccard 1912). */
  jaccard: number | null
  /** |A ∩ B| / |B|: the share of the reference B that A found; null where B is empty. */
  sensitivity: number | null
  /** |A ∩ B| / |A|: the share of A that is in the reference B; null where A is empty. */
  precision: number | null
}

/**
 * How far A covers B, which is the reference where there is one (Taha & Hanbury, BMC Med Imaging 2015;15:29). Where
 * both are empty there is no lesion to agree on, and every figure is null; where one is, Dice and Jaccard are 0.
 */
export function overlapOf({ first, second, both }: VoxelCounts): Overlap {
  const either = first + second - both
  return {
    dice: either > 0 ? (2 * both) / (first + second) : null,
    jaccard: either > 0 ? both / either : null,
    sensitivity: second > 0 ? both / second : null,
    precision: first > 0 ? both / first : null,
  }
}

/** Counts over two masks (nonzero is inside). Throws where their lengths differ. */
export function countVoxels(first: Uint8Array, second: Uint8Array): VoxelCounts {
  if (first.length !== second.length) {
    throw new Error(`${first.length} and ${second.length} voxels are not one grid`)
  }
  const counts = { first: 0, second: 0, both: 0, total: first.length }
  for (let i = 0; i < first.length; i++) {
    const [a, b] = [first[i] !== 0 ? 1 : 0, second[i] !== 0 ? 1 : 0]
    counts.first += a
    counts.second += b
    counts.both += a & b
  }
  return counts
}
