import { CONFIDENCE, normalQuantile, tQuantile } from './distributions'

const LARGEST = 100_000

/**
 * Cases for a mean whose 95 % t interval reaches `halfWidth` to either side, given the SD: the smallest n with
 * t₀.₉₇₅,ₙ₋₁ · SD / √n ≤ halfWidth. Null where that is more than a hundred thousand, or the SD is not known.
 */
export function casesForMean(sd: number | null, halfWidth: number): number | null {
  if (sd === null || !(halfWidth > 0)) return null
  const reaches = (n: number): boolean =>
    (tQuantile((1 + CONFIDENCE) / 2, n - 1) * sd) / Math.sqrt(n) <= halfWidth
  let [low, high] = [2, 2]
  while (!reaches(high)) {
    if (high >= LARGEST) return null
    low = high + 1
    high *= 2
  }
  while (low < high) {
    const middle = (low + high) >> 1
    if (reaches(middle)) high = middle
    else low = middle + 1
  }
  return high
}

/**
 * Cases for an intraclass correlation of k raters whose 95 % interval is `width` wide, where it is about `icc`: n = 8 z²
 * (1 − ρ)² (1 + (k − 1) ρ)² / (k (k − 1) w²) + 1, and 5 ρ more for two raters and ρ ≥ 0.7 (Bonett, Stat Med
 * 2002;21:1331, eq. 3).
 */
export function casesForIcc(icc: number | null, raters: number, width: number): number | null {
  if (icc === null || !(icc >= 0 && icc <= 1) || raters < 2 || !(width > 0)) return null
  const z = normalQuantile((1 + CONFIDENCE) / 2)
  const n =
    (8 * z * z * (1 - icc) ** 2 * (1 + (raters - 1) * icc) ** 2) / (raters * (raters - 1) * width ** 2) + 1
  return Math.max(2, Math.ceil(n + (raters === 2 && icc >= 0.7 ? 5 * icc : 0)))
}
