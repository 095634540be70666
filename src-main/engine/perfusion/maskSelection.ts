import { ranked } from '../compute/ranked'
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
 * MR: fluid is brighter than the brain before contrast by this factor of its median signal, and rises by less than this share of
 * its median rise. An infarct hardly fills either, but is as bright as the brain, or little more.
 */
const FLUID_MR = { signal: 1.25, rise: 0.5 }

/**
 * The voxels that get maps: the brain without large vessels (peak enhancement above 120 HU or 40 % of the artery's),
 * without fluid (CT: baseline below 18 HU; MR: bright, and without contrast) and, on CT, without the rim that is partly bone.
 * On shared memory.
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
  const feature = quiet || !ct ? BASELINE : MEAN
  const level = features.subarray(feature * volume, (feature + 1) * volume)
  let inside = 0
  let dark = 0
  for (let i = 0; i < volume; i++) {
    if (brain[i] === 0) continue
    inside++
    if (ct && level[i] < FLUID_HU) dark++
  }
  const leaveFluid = dark < MOST_FLUID * inside
  const isFluid = ct ? (i: number) => level[i] < FLUID_HU : fluidOfMr(brain, level, peak)
  for (let i = 0; i < volume; i++) {
    if (brain[i] === 0 || peak[i] > highest) continue
    const fluid = leaveFluid && isFluid(i)
    const rim = ct && search[i] === SEARCH.veinsOnly && level[i] > RIM_HU
    if (!fluid && !rim) mask[i] = 1
  }
  return mask
}

function fluidOfMr(brain: Uint8Array, signal: Float32Array, rise: Float32Array): (voxel: number) => boolean {
  const medianOf = (values: Float32Array): number => {
    const inside = values.filter((_, i) => brain[i] === 1)
    return inside.length > 0 ? ranked(inside, inside.length >> 1) : 0
  }
  const bright = FLUID_MR.signal * medianOf(signal)
  const hardly = FLUID_MR.rise * medianOf(rise)
  return (i) => signal[i] > bright && rise[i] < hardly
}
