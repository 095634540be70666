import type { VascularInputs } from './inputs'
import type { SeriesSurvey } from './surveySeries'

/** The voxels that get maps, on shared memory. */
export function finishMask(survey: SeriesSurvey, _inputs: VascularInputs): Uint8Array {
  const mask = new Uint8Array(new SharedArrayBuffer(survey.brain.length))
  mask.set(survey.brain)
  return mask
}
