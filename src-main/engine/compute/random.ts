/** A stream of uniform 32-bit integers. */
export type RandomStream = () => number

/** Mixes integers into one 32-bit seed, so that every frame and slice has a noise of its own whatever the order. */
export function mixSeeds(...parts: number[]): number {
  let hash = 0x9e3779b9
  for (const part of parts) {
    hash = Math.imul(hash ^ (part | 0), 0x85ebca6b)
    hash ^= hash >>> 13
    hash = Math.imul(hash, 0xc2b2ae35)
    hash ^= hash >>> 16
    hash = (hash + 0x9e3779b9) | 0
  }
  return hash >>> 0
}

/** xoshiro128** (Blackman & Vigna 2018), seeded by splitmix32. */
export function randomStream(seed: number): RandomStream {
  let mixed = seed | 0
  const next = (): number => {
    mixed = (mixed + 0x9e3779b9) | 0
    let z = mixed ^ (mixed >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return z ^ (z >>> 15)
  }
  let [a, b, c, d] = [next(), next(), next(), next()]
  return () => {
    const product = Math.imul(b, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result
  }
}

/** A uniform number in [from, to). */
export function uniform(random: RandomStream, from = 0, to = 1): number {
  return from + ((to - from) * random()) / 2 ** 32
}

/** Quantiles of the standard normal at the middle of 65536 equal shares: one half of a 32-bit draw picks one. */
export const normalQuantiles: Float32Array = Float32Array.from({ length: 65536 }, (_, i) =>
  normalQuantile((i + 0.5) / 65536),
)

/** Inverse of the standard normal distribution (Acklam's rational approximation, relative error below 1.2e-9). */
export function normalQuantile(p: number): number {
  const tail = 0.02425
  if (p > 1 - tail) return -normalQuantile(1 - p)
  if (p < tail) {
    const q = Math.sqrt(-2 * Math.log(p))
    const top =
      ((((-7.784894002430293e-3 * q - 3.223964580411365e-1) * q - 2.400758277161838) * q -
        2.549732539343734) *
        q +
        4.374664141464968) *
        q +
      2.938163982698783
    const bottom =
      (((7.784695709041462e-3 * q + 3.224671290700398e-1) * q + 2.445134137142996) * q + 3.754408661907416) *
        q +
      1
    return top / bottom
  }
  const q = p - 0.5
  const r = q * q
  const top =
    (((((-3.969683028665376e1 * r + 2.209460984245205e2) * r - 2.759285104469687e2) * r +
      1.38357751867269e2) *
      r -
      3.066479806614716e1) *
      r +
      2.506628277459239) *
    q
  const bottom =
    ((((-5.447609879822406e1 * r + 1.615858368580409e2) * r - 1.556989798598866e2) * r +
      6.680131188771972e1) *
      r -
      1.328068155288572e1) *
      r +
    1
  return top / bottom
}
