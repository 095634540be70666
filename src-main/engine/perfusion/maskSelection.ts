import { BASELINE, MEAN, PEAK } from './curveFeatures'
import type { VascularInputs } from './inputs'
import { FLUID_HU, SEARCH, vesselEnhancement } from '../masks'
import type { SeriesSurvey } from './surveySeries'

/**
 * Where the baseline is noisier than this, HU, all frames are asked: fluid does not enhance, and contrast only makes tissue
 * brighter.
 */
const QUIET = 2
/**
 * Beside bone, what is brighter than this before contrast is partly bone, HU: a rim of fluid that looks like brain, does not
 * enhance, and is late by any amount. Grey matter has 40, under the skull up to 50.
 */
const RIM_HU = 60
/** Where more than this share of the brain is that dark, the scale is no Hounsfield scale and nothing is left out. */
const MOST_FLUID = 0.6

type MaskSurvey = Pick<SeriesSurvey, 'brain' | 'search' | 'features' | 'noise' | 'baselineFrames'> & {
  view: Pick<SeriesSurvey['view'], 'echoTime'>
}

/**
 * The voxels that get maps: the brain without large vessels (peak enhancement above 120 HU or 40 % of the artery's) and,
 * on CT, without fluid (baseline below 18 HU) and the rim that is partly bone. On shared memory.
 */
export function finishMask(
  { brain, search, features, view, noise, baselineFrames }: MaskSurvey,
  inputs: Pick<VascularInputs, 'aif'>,
): Uint8Array {
  const volume = brain.length
  const mask = new Uint8Array(new SharedArrayBuffer(volume))
  const ct = view.echoTime === null
  const arterialPeak = inputs.aif.voxels.length > 0 ? inputs.aif.quality.peak * inputs.aif.scale : Infinity
  const highest = vesselEnhancement(arterialPeak, ct)
  const peak = features.subarray(PEAK * volume, (PEAK + 1) * volume)
  const quiet = noise / Math.sqrt(Math.min(...baselineFrames)) < QUIET
  const feature = quiet ? BASELINE : MEAN
  const level = features.subarray(feature * volume, (feature + 1) * volume)
  let inside = 0
  let dark = 0
  for (let i = 0; i < volume; i++) {
    if (brain[i] === 0) continue
    inside++
    if (level[i] < FLUID_HU) dark++
  }
  const leaveFluid = ct && dark < MOST_FLUID * inside
  for (let i = 0; i < volume; i++) {
    if (brain[i] === 0 || peak[i] > highest) continue
    const fluid = leaveFluid && level[i] < FLUID_HU
    const rim = ct && search[i] === SEARCH.veinsOnly && level[i] > RIM_HU
    if (!fluid && !rim) mask[i] = 1
  }
  return mask
}
