import { sampleAt, type Bolus } from './bolus'
import type { ResidueShape } from './options'

/**
 * Tissue enhancement for a residue function of a given shape. C(t) = v · h(t − delay; MTT), with v the blood volume
 * fraction and h(t; MTT) = (1/MTT) ∫ a(t − s) R(s) ds, R(0) = 1 and ∫R = MTT, so that ∫C = v ∫a for every shape.
 *
 * - box: R = 1 for s < MTT; h = [A(t) − A(t − MTT)] / MTT
 * - linear: R = 1 − s/2MTT for s < 2MTT; h = [A(t) − (B(t) − B(t − 2MTT)) / 2MTT] / MTT
 * - exponential: R = exp(−s/MTT); h' = (a − h)/MTT
 *
 * a is the arterial curve, A its integral, B the integral of A. Times are in seconds, enhancement in HU.
 */
export interface TissueResponse {
  shape: ResidueShape
  arterial: Bolus
  /** Exponential only: h on the grid of the artery, one row for each MTT of a geometric series. */
  table: Float32Array | null
  /** Time of the highest enhancement after the arrival of the artery, without delay, s, [row]. */
  peaks: Float64Array
}

const MTT_FIRST = 0.4
const MTT_RATIO = 1.02
const MTT_ROWS = 230
const LOG_RATIO = Math.log(MTT_RATIO)

/** MTT beyond these, s, is not tabulated. */
export const mttRange = { lowest: MTT_FIRST, highest: MTT_FIRST * MTT_RATIO ** (MTT_ROWS - 1) } as const

export function tissueResponse(shape: ResidueShape, arterial: Bolus): TissueResponse {
  const response: TissueResponse = {
    shape,
    arterial,
    table: shape === 'exponential' ? exponentialTable(arterial) : null,
    peaks: new Float64Array(MTT_ROWS),
  }
  for (let row = 0; row < MTT_ROWS; row++) {
    response.peaks[row] = peakTime(response, MTT_FIRST * MTT_RATIO ** row)
  }
  return response
}

function exponentialTable({ curve, step }: Bolus): Float32Array {
  const table = new Float32Array(MTT_ROWS * curve.length)
  for (let row = 0; row < MTT_ROWS; row++) {
    const mtt = MTT_FIRST * MTT_RATIO ** row
    const decay = Math.exp(-step / mtt)
    const ramp = 1 - (mtt / step) * (1 - decay)
    let value = 0
    for (let i = 1; i < curve.length; i++) {
      value = value * decay + curve[i - 1] * (1 - decay) + (curve[i] - curve[i - 1]) * ramp
      table[row * curve.length + i] = value
    }
  }
  return table
}

/** h(t; MTT), HU for a blood volume fraction of 1; t in seconds from the first frame, delay already taken off. */
export function responseAt(response: TissueResponse, t: number, mtt: number): number {
  const { area, areaIntegral, step } = response.arterial
  switch (response.shape) {
    case 'box':
      return (sampleAt(area, step, t) - sampleAt(area, step, t - mtt)) / mtt
    case 'linear': {
      const base = 2 * mtt
      const mean = (sampleAt(areaIntegral, step, t) - sampleAt(areaIntegral, step, t - base)) / base
      return (sampleAt(area, step, t) - mean) / mtt
    }
    case 'exponential':
      return exponentialAt(response, t, mtt)
  }
}

function exponentialAt({ table, arterial }: TissueResponse, t: number, mtt: number): number {
  if (!table) return 0
  const samples = arterial.curve.length
  const { row, share } = rowOf(mtt)
  const position = Math.min(Math.max(t / arterial.step, 0), samples - 1.001)
  const index = Math.floor(position)
  const fraction = position - index
  const low = row * samples + index
  const high = low + samples
  const below = table[low] + (table[low + 1] - table[low]) * fraction
  const above = table[high] + (table[high + 1] - table[high]) * fraction
  return below + (above - below) * share
}

function rowOf(mtt: number): { row: number; share: number } {
  const position = Math.min(Math.max(Math.log(mtt / MTT_FIRST) / LOG_RATIO, 0), MTT_ROWS - 1.001)
  const row = Math.floor(position)
  return { row, share: position - row }
}

/** Time from the arrival of the artery to the peak of a tissue curve without delay, s. */
export function timeToPeak(response: TissueResponse, mtt: number): number {
  const { row, share } = rowOf(mtt)
  return response.peaks[row] + (response.peaks[row + 1] - response.peaks[row]) * share
}

/** The highest sample of h on the fine grid and the parabola through its neighbours. */
function peakTime(response: TissueResponse, mtt: number): number {
  const { step, curve, arrival } = response.arterial
  let best = 1
  let highest = -Infinity
  for (let i = Math.floor(arrival / step); i < curve.length; i++) {
    const value = responseAt(response, i * step, mtt)
    if (value > highest) [highest, best] = [value, i]
  }
  const [left, right] = [best - 1, best + 1].map((i) => responseAt(response, i * step, mtt))
  const bend = left - 2 * highest + right
  const shift = bend < 0 ? (0.5 * (left - right)) / bend : 0
  return (best + Math.min(Math.max(shift, -0.5), 0.5)) * step - arrival
}
