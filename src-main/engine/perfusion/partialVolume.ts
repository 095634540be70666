import type { Warning } from '@contract'
import { integralUntil, type ArterialFunction } from './arterialFunction'
import {
  BOX_DELAY,
  BOX_FLOW,
  BOX_RESIDUAL,
  BOX_TRANSIT,
  createBoxFitter,
  type BoxFitter,
  type BoxLimits,
} from './boxFit'
import { gatherEnhancement } from './enhancement'
import type { SeriesSurvey } from './surveySeries'
import type { VascularCurve } from './vascularInput'

/** Outside this range of area ratios the scaling is questionable. */
const PLAUSIBLE = [1, 3] as const
/** Beyond this a small vessel's partial volume cannot explain the ratio: the venous curve is not believed. */
const ABSURD = 6
/** A ratio this little below one is noise, not a finding. */
const NEARLY_ONE = 0.93

/** Passage from artery to vein, s. */
const VENOUS_LIMITS: BoxLimits = {
  shortestTransit: 0.5,
  longestTransit: 20,
  earliestDelay: -2,
  latestDelay: 15,
}
/**
 * How badly the curve of a voxel fits blood that came through the artery: the share of its energy, beyond noise, that a
 * box response of the arterial curve leaves unexplained. Bone that moves into a voxel enhances it too, but not like that.
 */
export function venousMisfit(
  { view, timing, baselineFrames, noise }: SeriesSurvey,
  artery: VascularCurve,
): (voxel: number) => number {
  const area = view.size[0] * view.size[1]
  const fitters = new Map<number, BoxFitter>()
  const curve = new Float64Array(view.frames)
  const fit = new Float64Array(4)
  return (voxel) => {
    const slice = Math.floor(voxel / area)
    const known = fitters.get(slice)
    const fitter = known ?? createBoxFitter(artery.continuous, timing.slices[slice], VENOUS_LIMITS, false)
    fitters.set(slice, fitter)
    gatherEnhancement(view, slice, Int32Array.of(voxel - slice * area), 1, baselineFrames[slice], curve)
    fitter.fit(curve, fit)
    const energy = curve.reduce((sum, value) => sum + value * value, 0)
    return (fit[BOX_RESIDUAL] - 3 * view.frames * noise * noise) / energy
  }
}

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
  const fit = new Float64Array(4)
  createBoxFitter(artery, times, VENOUS_LIMITS, false).fit(venousSamples, fit)
  const transit = fit[BOX_FLOW] > 0 ? Math.max(0, fit[BOX_DELAY] + 0.5 * fit[BOX_TRANSIT]) : 0
  return integralUntil(vein, end) / integralUntil(artery, end - transit)
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
