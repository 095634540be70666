import type { ArterialFunction } from './arterialFunction'

/** Arrival of the bolus (s): where the steepest tangent of the upslope meets the baseline. */
export function bolusOnset({ start, step, value }: ArterialFunction): number {
  let top = 0
  for (let i = 1; i < value.length; i++) if (value[i] > value[top]) top = i
  let steepest = top
  let slope = 0
  for (let i = 1; i <= top; i++) {
    if (value[i] - value[i - 1] > slope) {
      slope = value[i] - value[i - 1]
      steepest = i
    }
  }
  return slope > 0 ? start + (steepest - value[steepest] / slope) * step : start
}
