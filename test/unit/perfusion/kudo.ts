/** The digital CT perfusion phantom of Kudo et al. (Radiology 2013;267:201), with its published grid of truths. */
export type ResidueShape = 'box' | 'linear' | 'exponential'

export const KUDO_TRANSITS = [24, 12, 8, 6, 4.8, 4, 24 / 7]
export const KUDO_DELAYS = [0, 0.5, 1, 1.5, 2, 2.5, 3]
/** 100·κ/ρ for haematocrits 0.45 and 0.25 and 1.05 g/ml. */
export const TISSUE_FACTOR = (100 * (1 - 0.45)) / (1 - 0.25) / 1.05

/** Gamma variate of unit peak: ((t−t0)/(αβ))^α · e^(α−(t−t0)/β). */
export function gammaVariate(t: number, start = 12, alpha = 3, beta = 1.5): number {
  const x = t - start
  return x <= 0 ? 0 : Math.exp(alpha * Math.log(x / (alpha * beta)) + alpha - x / beta)
}

const FINE = 0.01

/**
 * Tissue enhancement at `times` (s) for an arterial function of time: flow·∫ AIF(t−d−τ)R(τ)dτ with flow =
 * CBV/(factor·MTT), integrated numerically on a 0.01 s grid (trapezoid), independent of the code under test.
 */
export function tissueCurve(
  artery: (t: number) => number,
  shape: ResidueShape,
  truth: { cbv: number; mtt: number; delay: number },
  times: ArrayLike<number>,
): Float64Array {
  const earliest = -20
  const last = times[times.length - 1]
  const n = Math.ceil((last - earliest + 10) / FINE) + 1
  const value = Float64Array.from({ length: n }, (_, i) => artery(earliest + i * FINE))
  const once = cumulative(value)
  const at = (table: Float64Array, t: number): number => {
    const position = Math.min(Math.max((t - earliest) / FINE, 0), n - 1.001)
    const index = Math.floor(position)
    return table[index] + (position - index) * (table[index + 1] - table[index])
  }
  const flow = truth.cbv / TISSUE_FACTOR / truth.mtt
  if (shape === 'box') {
    return Float64Array.from(
      times,
      (t) => flow * (at(once, t - truth.delay) - at(once, t - truth.delay - truth.mtt)),
    )
  }
  if (shape === 'linear') {
    // R falls from 1 to 0 over 2·MTT: A ⊗ R = A1(t) − (A2(t) − A2(t − 2·MTT)) / (2·MTT).
    const twice = cumulative(once)
    const width = 2 * truth.mtt
    return Float64Array.from(times, (t) => {
      const u = t - truth.delay
      return flow * (at(once, u) - (at(twice, u) - at(twice, u - width)) / width)
    })
  }
  const decay = Math.exp(-FINE / truth.mtt)
  const washed = new Float64Array(n)
  for (let i = 1; i < n; i++) {
    washed[i] = washed[i - 1] * decay + 0.5 * FINE * (value[i - 1] * decay + value[i])
  }
  return Float64Array.from(times, (t) => flow * at(washed, t - truth.delay))
}

function cumulative(values: Float64Array): Float64Array {
  const result = new Float64Array(values.length)
  for (let i = 1; i < values.length; i++) {
    result[i] = result[i - 1] + 0.5 * FINE * (values[i - 1] + values[i])
  }
  return result
}

/** Repeatable standard normal noise. */
export function gaussianNoise(seed: number): () => number {
  let state = seed >>> 0
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = state
    x = Math.imul(x ^ (x >>> 15), x | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296
  }
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
}

/** Mean error, mean absolute error and Pearson r of estimates against truth. */
export function agreement(
  estimates: ArrayLike<number>,
  truths: ArrayLike<number>,
): { me: number; mae: number; r: number } {
  const n = estimates.length
  let me = 0
  let mae = 0
  let meanX = 0
  let meanY = 0
  for (let i = 0; i < n; i++) {
    me += (estimates[i] - truths[i]) / n
    mae += Math.abs(estimates[i] - truths[i]) / n
    meanX += estimates[i] / n
    meanY += truths[i] / n
  }
  let xy = 0
  let xx = 0
  let yy = 0
  for (let i = 0; i < n; i++) {
    xy += (estimates[i] - meanX) * (truths[i] - meanY)
    xx += (estimates[i] - meanX) ** 2
    yy += (truths[i] - meanY) ** 2
  }
  return { me, mae, r: xy / Math.sqrt(xx * yy) }
}
