import { BASELINE, PEAK } from './curveFeatures'
import type { VascularInputs } from './inputs'
import { meanWithin } from './morphology'
import type { SeriesSurvey } from './surveySeries'

/** Cerebrospinal fluid lies below this, HU (about 0 to 15; white matter about 29, an acute infarct above 20). */
const FLUID = 18
/** A baseline noisier than this, HU, is averaged with its neighbours before it is asked. */
const QUIET = 2
/** Where more than this share of the brain is that dark, the scale is no Hounsfield scale and nothing is left out. */
const MOST_FLUID = 0.6
/** Enhancement of a large vessel: above this many HU, or above this share of the scaled arterial peak. */
const VESSEL_HU = 120
const VESSEL_SHARE = 0.4

/**
 * The voxels that get maps: the brain without large vessels (peak enhancement above 120 HU or 40 % of the artery's) and,
 * on CT, without fluid (baseline below 18 HU). On shared memory.
 */
export function finishMask(survey: SeriesSurvey, inputs: Pick<VascularInputs, 'aif'>): Uint8Array {
  const { brain, features, view, noise, baselineFrames } = survey
  const volume = brain.length
  const mask = new Uint8Array(new SharedArrayBuffer(volume))
  const ct = view.echoTime === null
  const arterialPeak = inputs.aif.voxels.length > 0 ? inputs.aif.quality.peak * inputs.aif.scale : Infinity
  const highest = ct ? Math.min(VESSEL_HU, VESSEL_SHARE * arterialPeak) : VESSEL_SHARE * arterialPeak
  const peak = features.subarray(PEAK * volume, (PEAK + 1) * volume)
  const measured = features.subarray(BASELINE * volume, (BASELINE + 1) * volume)
  const quiet = noise / Math.sqrt(Math.min(...baselineFrames)) < QUIET
  const baseline = quiet ? measured : meanWithin(measured, brain, view.size, 1)
  let inside = 0
  let dark = 0
  for (let i = 0; i < volume; i++) {
    if (brain[i] === 0) continue
    inside++
    if (baseline[i] < FLUID) dark++
  }
  const leaveFluid = ct && dark < MOST_FLUID * inside
  for (let i = 0; i < volume; i++) {
    if (brain[i] === 1 && peak[i] <= highest && !(leaveFluid && baseline[i] < FLUID)) mask[i] = 1
  }
  return mask
}
