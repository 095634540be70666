import type { ArterialFunction } from './arterialFunction'
import { boxModel, createBoxModel } from './boxModel'
import { bestShape, tabulateShapes, type ShapeTable } from './shapeTable'

/** Limits of the search, seconds. */
export interface BoxLimits {
  shortestTransit: number
  longestTransit: number
  earliestDelay: number
  latestDelay: number
}

/** What a fit writes, in this order. */
export const BOX_FLOW = 0
export const BOX_TRANSIT = 1
export const BOX_DELAY = 2
export const BOX_RESIDUAL = 3

export interface BoxFitter {
  /**
   * Fits one enhancement curve (the samples of the fitter's times, not smoothed) and writes
   * [flow (1/s), mean transit time (s), delay (s), residual sum of squares]. Flow is 0 where no box explains the curve.
   */
  fit(curve: Float64Array, result: Float64Array): void
  readonly table: ShapeTable
}

/**
 * Mean transit times known beforehand: where noise leaves a wide valley between narrow, high boxes and broad, low ones,
 * the fit takes the side of a log-normal of this median (s) and spread. Its weight is the noise variance, so a clear
 * curve is not moved by it.
 */
export interface TransitPrior {
  median: number
  /** Seconds that the median grows for each second that tissue is late beyond the usual: late tissue is slow tissue. */
  perDelay: number
  spread: number
  /** Free directions the noise of a curve has: its samples, or the rank of the space it was projected to. */
  freedom: number
}

/** s: normal tissue is not later than this. */
const USUAL_DELAY = 1
const ITERATIONS = 14
/** Steps below this many seconds end the search. */
const ENOUGH = 4e-3

/**
 * The box-shaped residue fitted by non-linear regression (Bennink et al., J Med Imaging 2016;3(2):026003):
 * C(t) = flow·[A(t−d) − A(t−d−MTT)], A the running integral of the arterial input. Flow is linear and projected out
 * (variable projection, Golub & Pereyra 1973), so the search has two dimensions: a table of shapes gives the start, a
 * Levenberg–Marquardt iteration on exact derivatives the sub-sample optimum. With `smooth`, model and data both pass
 * through [¼ ½ ¼], edges repeated, so the smoothing biases neither.
 */
export function createBoxFitter(
  arterial: ArterialFunction,
  times: ArrayLike<number>,
  limits: BoxLimits,
  smooth: boolean,
  prior: TransitPrior | null = null,
): BoxFitter {
  const model = createBoxModel(arterial, times, smooth)
  const table = tabulateShapes(model, limits)
  const from = firstReached(arterial, times, limits.earliestDelay)
  model.shape.fill(0)
  model.byDelay.fill(0)
  model.byTransit.fill(0)
  const n = model.count
  const data = new Float64Array(times.length)
  const { shape, byDelay, byTransit } = model
  const { shortestTransit, longestTransit, earliestDelay, latestDelay } = limits
  const { median, perDelay } = prior ?? { median: 1, perDelay: 0 }
  const perFreedom = prior === null ? 0 : 1 / (prior.spread * prior.spread * Math.max(1, prior.freedom - 3))
  const clampTransit = (value: number): number => Math.min(longestTransit, Math.max(shortestTransit, value))
  const clampDelay = (value: number): number => Math.min(latestDelay, Math.max(earliestDelay, value))

  function fit(curve: Float64Array, result: Float64Array): void {
    smoothInto(curve, data, smooth)
    data.fill(0, model.count)
    let dataDot = 0
    for (let i = 0; i < n; i++) dataDot += data[i] * data[i]
    const seed = bestShape(table, data)
    result.fill(0)
    result[BOX_RESIDUAL] = dataDot
    if (seed < 0) return
    let delay = table.delays[seed]
    let transit = table.transits[seed]
    let damping = 1e-3
    let cost = Infinity
    let flow = 0
    let nextDelay = delay
    let nextTransit = transit
    // Normal equations at the accepted point: [hdd hdt; hdt htt]·step = [gd gt].
    let hdd = 0
    let hdt = 0
    let htt = 0
    let gd = 0
    let gt = 0
    for (let iteration = 0; iteration < ITERATIONS; iteration++) {
      boxModel(model, nextDelay, nextTransit, from)
      let ss = 0
      let sc = 0
      let sd = 0
      let st = 0
      let dc = 0
      let tc = 0
      let dd = 0
      let dt = 0
      let tt = 0
      for (let i = from; i < n; i++) {
        const s = shape[i]
        const d = byDelay[i]
        const t = byTransit[i]
        const c = data[i]
        ss += s * s
        sc += s * c
        sd += s * d
        st += s * t
        dc += d * c
        tc += t * c
        dd += d * d
        dt += d * t
        tt += t * t
      }
      const amplitude = ss > 0 ? sc / ss : 0
      const late = nextDelay > USUAL_DELAY ? nextDelay - USUAL_DELAY : 0
      const expected = median + perDelay * late
      const surprise = Math.log(nextTransit / expected)
      const residual = Math.max(0, amplitude > 0 ? dataDot - amplitude * sc : dataDot)
      const nextCost = residual * Math.exp(perFreedom * surprise * surprise)
      const improvement = cost - nextCost
      if (improvement > 0) {
        const moved = Math.abs(nextDelay - delay) + Math.abs(nextTransit - transit)
        delay = nextDelay
        transit = nextTransit
        flow = amplitude
        cost = nextCost
        if (amplitude <= 0 || (iteration > 0 && (moved < ENOUGH || improvement < 1e-8 * dataDot))) break
        hdd = amplitude * (dd - (sd * sd) / ss)
        hdt = amplitude * (dt - (sd * st) / ss)
        // Of the surprise: by the transit time 1 / transit, by the delay −perDelay / expected.
        const pull = (residual * perFreedom) / amplitude
        const byLateness = late > 0 ? -perDelay / expected : 0
        hdd += pull * byLateness * byLateness
        hdt += (pull * byLateness) / transit
        htt = amplitude * (tt - (st * st) / ss) + pull / (transit * transit)
        gd = dc - amplitude * sd - pull * surprise * byLateness
        gt = tc - amplitude * st - (pull * surprise) / transit
        damping *= 0.2
      } else {
        damping = Math.max(damping * 10, 1e-3)
        if (damping > 1e4) break
      }
      const a = hdd * (1 + damping) + 1e-300
      const b = htt * (1 + damping) + 1e-300
      const determinant = a * b - hdt * hdt
      let stepDelay = determinant > 0 ? (b * gd - hdt * gt) / determinant : gd / a
      let stepTransit = determinant > 0 ? (a * gt - hdt * gd) / determinant : gt / b
      // At a limit the blocked parameter stays and the other moves alone.
      if (clampTransit(transit + stepTransit) === transit) {
        stepTransit = 0
        stepDelay = gd / a
      } else if (clampDelay(delay + stepDelay) === delay) {
        stepDelay = 0
        stepTransit = gt / b
      }
      nextDelay = clampDelay(delay + stepDelay)
      nextTransit = clampTransit(transit + stepTransit)
      if (Math.abs(nextDelay - delay) + Math.abs(nextTransit - transit) < ENOUGH / 4) break
    }
    if (flow <= 0) return
    result[BOX_FLOW] = flow
    result[BOX_TRANSIT] = transit
    result[BOX_DELAY] = delay
    result[BOX_RESIDUAL] = cost
  }
  return { fit, table }
}

/** The sample before the first one that contrast can reach with the earliest delay. */
function firstReached(
  { start, step, value }: ArterialFunction,
  times: ArrayLike<number>,
  delay: number,
): number {
  let first = 0
  while (first < value.length && value[first] === 0) first++
  const arrival = start + first * step + delay
  let index = 0
  while (index < times.length - 3 && times[index + 1] < arrival) index++
  return Math.max(0, index - 1)
}

function smoothInto(curve: Float64Array, out: Float64Array, smooth: boolean): void {
  const last = curve.length - 1
  if (!smooth) {
    out.set(curve)
    return
  }
  for (let i = 1; i < last; i++) out[i] = 0.25 * (curve[i - 1] + curve[i + 1]) + 0.5 * curve[i]
  out[0] = 0.75 * curve[0] + 0.25 * curve[1]
  out[last] = 0.75 * curve[last] + 0.25 * curve[last - 1]
}
