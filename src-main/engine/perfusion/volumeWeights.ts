import { Matrix, solve } from 'ml-matrix'
import { integralUntil, type ArterialFunction } from './arterialFunction'
import type { BoxLimits } from './boxFit'
import { boxModel, createBoxModel } from './boxModel'
import { multiply, stack, transpose } from './matrices'

/** Tissue that the weights are made for: transit times are log-normal around this median (s), delays normal (s). */
const TRANSIT = { median: 4.5, spread: 0.8 }
const DELAY = { mean: 1, spread: 6 }
const TRANSIT_RATIO = 1.25
const DELAY_STEP = 1
const SHORTEST_TRANSIT = 1.5
/** Blood in tissue as a share of its volume, of whose enhancement noise is a share: 3 ml/100 g. */
const USUAL_VOLUME = 0.043
/** Shares of the artery's peak: noise below the first needs no weights; the other keeps the error of short transits at 2 %. */
const QUIET = 0.03
const NOISE_SHARE = 0.0375

/** The weights of the trapezoid rule for samples at `times` (s) over the area of the arterial input: ∫C / ∫AIF. */
export function areaWeights(arterial: ArterialFunction, times: Float64Array): Float64Array {
  const last = times.length - 1
  const total = integralUntil(arterial, times[last])
  return times.map((_, i) => (0.5 * (times[Math.min(i + 1, last)] - times[Math.max(i - 1, 0)])) / total)
}

/**
 * Weights [frame] whose sum over an enhancement curve is the share of blood, ∫C / ∫AIF, with the least error in noise. The
 * area itself takes the error of the baseline once a frame, and misses what comes after the last one. Every tissue curve is
 * a mixture of boxes' responses to the artery, so weights that give boxes of all widths and delays their area give it to all;
 * among them these have the smallest mean square of error and noise: (Σ p·s·sᵀ + ν²·N)·w = Σ p·s, with s the responses of
 * unit volume, p how usual they are, N the covariance of white noise once the mean of `baselineFrames` frames is taken off
 * and ν the noise of a curve over its volume. Linear minimum mean square error (Kay, Fundamentals of Statistical Signal
 * Processing, 1993, ch. 12). Where `noise` (of a voxel's curve, in enhancement) is next to none, the area itself.
 */
export function volumeWeights(
  arterial: ArterialFunction,
  times: Float64Array,
  limits: BoxLimits,
  baselineFrames: number,
  noise: number,
): Float64Array {
  const peak = arterial.value.reduce((most, value) => Math.max(most, value), 0)
  if (!(noise >= QUIET * USUAL_VOLUME * peak)) return areaWeights(arterial, times)
  const frames = times.length
  const model = createBoxModel(arterial, times, false)
  /** A response a row, times the root of how usual it is. */
  const responses: Float64Array[] = []
  const right = Matrix.zeros(frames, 1)
  let total = 0
  for (let transit = SHORTEST_TRANSIT; transit < limits.longestTransit; transit *= TRANSIT_RATIO) {
    for (let delay = limits.earliestDelay; delay <= limits.latestDelay; delay += DELAY_STEP) {
      const slow = Math.log(transit / TRANSIT.median) / TRANSIT.spread
      const late = (delay - DELAY.mean) / DELAY.spread
      const usual = Math.exp(-0.5 * (slow * slow + late * late))
      boxModel(model, delay, transit)
      const response = model.shape.map((value) => (Math.sqrt(usual) * value) / transit)
      responses.push(response)
      right.add(Matrix.columnVector(response).mul(Math.sqrt(usual)))
      total += usual
    }
  }
  const all = stack(...responses)
  const products = multiply(transpose(all, responses.length, frames), all, frames, responses.length, frames)
  const left = Matrix.from1DArray(frames, frames, products)
  left.add(noiseCovariance(frames, baselineFrames).mul(total * (NOISE_SHARE * peak) ** 2))
  return Float64Array.from(solve(left, right).to1DArray())
}

/**
 * Of unit white noise after the mean of the first frames is taken off, (I − B)·(I − B)ᵀ with B that mean; with a little left
 * where that makes it singular.
 */
function noiseCovariance(frames: number, baselineFrames: number): Matrix {
  const share = (frame: number): number => (frame < baselineFrames ? 1 / baselineFrames : 0)
  const covariance = Matrix.eye(frames).mul(1 + 1e-3)
  for (let i = 0; i < frames; i++) {
    for (let j = 0; j < frames; j++) {
      covariance.set(i, j, covariance.get(i, j) + 1 / baselineFrames - share(i) - share(j))
    }
  }
  return covariance
}
