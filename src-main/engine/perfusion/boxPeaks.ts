import type { ArterialFunction } from './arterialFunction'
import type { BoxLimits } from './boxFit'

const STEPS = 240

/**
 * Time of the highest point (s) of the undelayed model curve A(t) − A(t − MTT) as a function of the mean transit time:
 * tabulated, linear between. A delay moves the peak by itself.
 */
export function createBoxPeaks(arterial: ArterialFunction, limits: BoxLimits): (transit: number) => number {
  const { start, step, integral } = arterial
  const { shortestTransit, longestTransit } = limits
  const ratio = Math.log(longestTransit / shortestTransit) / STEPS
  const peaks = Float64Array.from({ length: STEPS + 1 }, (_, i) => {
    const width = (shortestTransit * Math.exp(ratio * i)) / step
    let top = 0
    let height = -Infinity
    const at = (k: number): number => {
      const early = Math.max(k - width, 0)
      const index = Math.floor(early)
      const next = Math.min(index + 1, integral.length - 1)
      return integral[k] - (integral[index] + (early - index) * (integral[next] - integral[index]))
    }
    for (let k = 0; k < integral.length; k++) {
      const value = at(k)
      if (value > height) {
        height = value
        top = k
      }
    }
    if (top === 0 || top === integral.length - 1) return start + top * step
    const before = at(top - 1)
    const after = at(top + 1)
    const bend = before - 2 * height + after
    return start + (top + (bend < 0 ? (0.5 * (before - after)) / bend : 0)) * step
  })
  return (transit) => {
    const position = Math.min(Math.max(Math.log(transit / shortestTransit) / ratio, 0), STEPS - 1e-9)
    const index = Math.floor(position)
    return peaks[index] + (position - index) * (peaks[index + 1] - peaks[index])
  }
}
