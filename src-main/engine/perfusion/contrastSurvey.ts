import {
  UmbraError,
  perfusionSettingsSchema,
  type PerfusionSettings,
  type VascularInput,
  type Warning,
} from '@contract'
import { openPool } from '../compute/pool'
import { nextTurn, partOfRun, type Run } from '../compute/run'
import { voxelVolume, type VolumeSeries } from '../volume'
import { PEAK, TAIL, WIDTH } from './curveFeatures'
import { findInputs, type VascularInputs } from './inputs'
import { finishMask } from './maskSelection'
import { surveySeries, type SeriesSurvey } from './surveySeries'

/** What is known of a series without any deconvolution. */
export interface ContrastSurvey {
  /** [voxel]: brain without large vessels and fluid, as the maps of a deconvolution have it. */
  mask: Uint8Array
  /** Bolus arrival in the artery, or where none is found in the first vessels, s from the first frame. */
  arrival: number
  /** [slice]: frames before it. */
  baselineFrames: number[]
  /** [slice][frame], s. */
  times: Float64Array[]
  timeStep: number
  /** Height × width at half height of the bolus in the largest vessels, HU·s: the size of the injection. */
  vesselArea: number
  aif: VascularInput
  vof: VascularInput | null
  warnings: Warning[]
}

/** Volume of vessel, ml, whose mean tells the size of the injection. */
const VESSEL_ML = 0.3
/** What stays longer, s, or ends higher (of its peak) is bone that moved into the voxel, not blood. */
const LONGEST_BOLUS = 20
const HIGHEST_TAIL = 0.25

/**
 * Finds brain, bolus arrival and vessels of a perfusion series. An arterial input is looked for to be shown beside the
 * maps; where there is none its curve is empty and a warning says so. Throws `no-brain`, `too-few-time-points`,
 * `no-acquisition-times`, `no-contrast`, `no-vessels`.
 */
export async function surveyContrast(
  series: VolumeSeries,
  settings: PerfusionSettings = perfusionSettingsSchema.parse({}),
  run: Run = {},
): Promise<ContrastSurvey> {
  const pool = openPool('perfusion')
  try {
    const survey = await surveySeries(pool, series, settings, partOfRun(run, 0, 0.9))
    const inputs = inputsIfAny(survey, settings)
    await nextTurn(run)
    const mask = finishMask(survey, inputs)
    await nextTurn(run)
    return {
      mask,
      arrival: inputs.arrival,
      baselineFrames: survey.baselineFrames,
      times: survey.timing.slices,
      timeStep: survey.timing.step,
      vesselArea: largestVessels(survey, voxelVolume(series.geometry) / 1000),
      aif: inputs.aif,
      vof: inputs.vof,
      warnings: [...survey.warnings, ...inputs.warnings],
    }
  } finally {
    await pool.close()
  }
}

type FoundInputs = Pick<VascularInputs, 'aif' | 'vof' | 'arrival' | 'warnings'>

function inputsIfAny(survey: SeriesSurvey, settings: PerfusionSettings): FoundInputs {
  try {
    return findInputs(survey, settings)
  } catch (thrown) {
    if (!(thrown instanceof UmbraError) || thrown.code !== 'no-arterial-input') throw thrown
    const none: VascularInput = {
      voxels: [],
      times: Array.from(survey.timing.grid),
      curve: Array.from(survey.timing.grid, () => 0),
      scale: 1,
      quality: {
        grade: 'poor',
        score: 0,
        peak: 0,
        timeToPeak: 0,
        fullWidthHalfMaximum: 0,
        area: 0,
        reasons: ['No artery was found; the network needs none.'],
      },
    }
    const arrival = (Math.min(...survey.baselineFrames) - 0.5) * survey.timing.step
    const warning: Warning = {
      code: 'no-arterial-input',
      message: 'No artery was found: TTP counts from where the first vessels fill.',
      hint: 'Choose arterial voxels by hand to count from the artery.',
    }
    return { aif: none, vof: null, arrival, warnings: [warning] }
  }
}

function largestVessels({ features, search }: SeriesSurvey, voxelMl: number): number {
  const volume = search.length
  const plane = (feature: number): Float32Array => features.subarray(feature * volume, (feature + 1) * volume)
  const [peaks, widths, tails] = [plane(PEAK), plane(WIDTH), plane(TAIL)]
  const areas: number[] = []
  for (let i = 0; i < volume; i++) {
    const bolus = widths[i] < LONGEST_BOLUS && tails[i] < HIGHEST_TAIL
    if (search[i] !== 0 && bolus) areas.push(peaks[i] * widths[i])
  }
  if (areas.length === 0) {
    throw new UmbraError({
      code: 'no-vessels',
      message: 'No vessel fills and empties as a bolus does: the size of the injection is not known.',
      hint: 'Use a deconvolution, with an artery chosen by hand.',
    })
  }
  const searched = Float32Array.from(areas).sort()
  const count = Math.min(searched.length, Math.max(3, Math.round(VESSEL_ML / voxelMl)))
  let sum = 0
  for (let i = searched.length - count; i < searched.length; i++) sum += searched[i]
  return sum / count
}
