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
  const aligned = first.byteOffset % 4 === 0 && second.byteOffset % 4 === 0
  const words = aligned ? Math.floor(first.length / 4) : 0
  const a = new Uint32Array(first.buffer, aligned ? first.byteOffset : 0, words)
  const b = new Uint32Array(second.buffer, aligned ? second.byteOffset : 0, words)
  for (let w = 0; w < words; w++) {
    if (a[w] === 0 && b[w] === 0) continue
    const [inA, inB] = [marksOf(a[w]), marksOf(b[w])]
    counts.first += markCount(inA)
    counts.second += markCount(inB)
    counts.both += markCount(inA & inB)
  }
  for (let i = 4 * words; i < first.length; i++) {
    const [inA, inB] = [first[i] !== 0 ? 1 : 0, second[i] !== 0 ? 1 : 0]
    counts.first += inA
    counts.second += inB
    counts.both += inA & inB
  }
  return counts
}

/** The highest bit of every byte that is not 0. */
const marksOf = (word: number): number => (((word & 0x7f7f7f7f) + 0x7f7f7f7f) | word) & 0x80808080

/** How many such bits there are: the highest byte of the product is their sum. */
const markCount = (marks: number): number => Math.imul(marks >>> 7, 0x01010101) >>> 24
