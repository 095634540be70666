import type { Warning } from '@contract'
import type { ArterialFunction } from './arterialFunction'
import { BOX_DELAY, BOX_FLOW, BOX_TRANSIT, createBoxFitter } from './boxFit'

/** Outside this range of area ratios the scaling is questionable. */
const PLAUSIBLE = [1, 3] as const
/** Beyond this a small vessel's partial volume cannot explain the ratio: the venous curve is not believed. */
const ABSURD = 6
/** A ratio this little below one is noise, not a finding. */
const NEARLY_ONE = 0.93

/**
 * Area of the venous curve over that of the arterial one, both as they would be without the end of the scan: blood that
 * leaves the vein until `end` entered the artery a mean transit earlier, so the venous area until `end` is set against
 * the arterial area until `end` − transit. The transit (delay + width/2) comes from fitting the venous curve (samples at
 * `times`) as a box response of the arterial one.
 */
export function venousAreaRatio(
  artery: ArterialFunction,
  vein: ArterialFunction,
  times: Float64Array,
  venousSamples: Float64Array,
): number {
  const end = times[times.length - 1]
  const limits = { shortestTransit: 0.5, longestTransit: 20, earliestDelay: -2, latestDelay: 15 }
  const fit = new Float64Array(4)
  createBoxFitter(artery, times, limits, false).fit(venousSamples, fit)
  const transit = fit[BOX_FLOW] > 0 ? Math.max(0, fit[BOX_DELAY] + 0.5 * fit[BOX_TRANSIT]) : 0
  return integralUntil(vein, end) / integralUntil(artery, end - transit)
}

function integralUntil({ start, step, integral }: ArterialFunction, t: number): number {
  const position = Math.min(Math.max((t - start) / step, 0), integral.length - 1)
  return integral[Math.round(position)]
}

/**
 * Factor for the arterial curve: venous area over arterial area, because a sinus is wide enough to be free of partial
 * volume and carries the same contrast as the artery. The factor never shrinks the artery (its area may truly exceed a
 * truncated or partial venous one) and is not used when absurd; both are said.
 */
export function partialVolumeScale(ratio: number): { scale: number; warnings: Warning[] } {
  const percent = ratio.toFixed(2)
  if (!(ratio > 0) || ratio > ABSURD) {
    return {
      scale: 1,
      warnings: [
        {
          code: 'partial-volume-absurd',
          message: `The venous area is ${percent} times the arterial one; the arterial curve was not scaled.`,
          hint: 'Choose the arterial and venous voxels by hand; absolute CBF and CBV are uncertain.',
        },
      ],
    }
  }
  if (ratio < PLAUSIBLE[0]) {
    const warning: Warning = {
      code: 'partial-volume-below-one',
      message: `The venous area is smaller than the arterial one (ratio ${percent}); the arterial curve was not scaled.`,
      hint: 'The venous curve may be cut off by the end of the scan or taken from a small vein.',
    }
    return { scale: 1, warnings: ratio < NEARLY_ONE ? [warning] : [] }
  }
  const warning: Warning = {
    code: 'partial-volume-above-three',
    message: `The arterial curve was scaled by ${percent} to the venous area: the artery found is small.`,
    hint: 'Choose a larger artery by hand where one is in view; absolute CBF and CBV are uncertain.',
  }
  return { scale: ratio, warnings: ratio > PLAUSIBLE[1] ? [warning] : [] }
}
