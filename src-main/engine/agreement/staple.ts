export interface Staple {
  /** Of each rater against the consensus. */
  sensitivity: number[]
  specificity: number[]
  /** Probability that a voxel of each pattern is inside. */
  probability: number[]
  iterations: number
}

/** (Difference of a sensitivity or specificity)² below which the estimate stands still; ITK's. */
const STILL = 1e-14
const MOST_ITERATIONS = 10_000

/**
 * STAPLE: the segmentation that several raters' drawings most likely come from, and how well each rater drew it
 * (Warfield et al., IEEE Trans Med Imaging 2004;23:903), as ITK's STAPLEImageFilter computes it. Voxels with the same
 * votes are alike to it, so `patterns` are the distinct votes (bit r: rater r marked the voxel) and `counts` how many
 * voxels of the grid show each. Null where no voxel is marked, or every rater marked every voxel.
 */
export function staple(
  patterns: readonly number[],
  counts: readonly number[],
  raters: number,
): Staple | null {
  const votes = patterns.map((pattern) => Array.from({ length: raters }, (_, r) => (pattern >>> r) & 1))
  const voxels = counts.reduce((sum, count) => sum + count, 0)
  let probability = votes.map((own) => own.reduce((sum, vote) => sum + vote, 0) / raters)
  const prior = probability.reduce((sum, w, i) => sum + w * counts[i], 0) / voxels
  if (!(prior > 0 && prior < 1)) return null
  let sensitivity = new Array<number>(raters).fill(NaN)
  let specificity = new Array<number>(raters).fill(NaN)
  let iterations = 0
  for (let still = false; !still && iterations < MOST_ITERATIONS; iterations++) {
    const inside = probability.reduce((sum, w, i) => sum + w * counts[i], 0)
    const outside = probability.reduce((sum, w, i) => sum + (1 - w) * counts[i], 0)
    if (!(inside > 0 && outside > 0)) return null
    const before = { sensitivity, specificity }
    sensitivity = before.sensitivity.map(
      (_, r) => probability.reduce((sum, w, i) => sum + votes[i][r] * w * counts[i], 0) / inside,
    )
    specificity = before.specificity.map(
      (_, r) => probability.reduce((sum, w, i) => sum + (1 - votes[i][r]) * (1 - w) * counts[i], 0) / outside,
    )
    probability = votes.map((own) => {
      let [yes, no] = [prior, 1 - prior]
      for (let r = 0; r < raters; r++) {
        yes *= own[r] ? sensitivity[r] : 1 - sensitivity[r]
        no *= own[r] ? 1 - specificity[r] : specificity[r]
      }
      return yes + no > 0 ? yes / (yes + no) : 0
    })
    const moved = (now: number[], then: number[]): boolean =>
      now.some((value, r) => !((value - then[r]) ** 2 <= STILL))
    still = !moved(sensitivity, before.sensitivity) && !moved(specificity, before.specificity)
  }
  return { sensitivity, specificity, probability, iterations }
}
