import {
  UmbraError,
  type InputChoice,
  type PerfusionSettings,
  type Vec3,
  type VascularInput,
  type Warning,
} from '@contract'
import { partialVolumeScale, venousAreaRatio } from './partialVolume'
import { gradeInput } from './quality'
import type { SeriesSurvey } from './surveySeries'
import { describeInput, vascularCurve, type VascularCurve } from './vascularInput'
import { findVessels } from './vascularSearch'
import { ARTERIAL_REACH, bolusOnly, type ArterialFunction } from './arterialFunction'
import { bolusOnset } from './bolusOnset'

/** The arterial input and venous output as the maps use them. */
export interface VascularInputs {
  aif: VascularInput
  vof: VascularInput | null
  /** Scaled for partial volume. */
  arterial: ArterialFunction
  arrival: number
  warnings: Warning[]
}

/** Chooses or takes the vascular voxels, makes their curves, scales the artery, grades both. */
/** The artery is taken as empty until this long before its fitted onset, s. */
const BEFORE_ONSET = 1

export function findInputs(survey: SeriesSurvey, settings: PerfusionSettings): VascularInputs {
  const { view, timing, baselineFrames, noise } = survey
  const automatic = [settings.arterialInput, settings.venousOutput].some(({ kind }) => kind === 'automatic')
  const found = automatic ? findVessels({ ...survey, size: view.size }) : { artery: [], vein: [] }
  const arterialVoxels = chosenVoxels(settings.arterialInput, view.size, found.artery)
  const venousVoxels = chosenVoxels(settings.venousOutput, view.size, found.vein)
  if (arterialVoxels.length === 0) throw noArtery()
  const artery = vascularCurve(view, timing, baselineFrames, arterialVoxels, ARTERIAL_REACH)
  if (!(artery.shape.peak > 0)) throw noArtery()
  const vein =
    venousVoxels.length > 0 ? vascularCurve(view, timing, baselineFrames, venousVoxels, ARTERIAL_REACH) : null
  const warnings: Warning[] = []
  let scale = 1
  if (vein === null) {
    warnings.push({
      code: 'no-venous-output',
      message: 'No venous curve was found; the arterial curve was not scaled for partial volume.',
      hint: 'Choose venous voxels by hand, in the superior sagittal sinus.',
    })
  } else if (settings.scaleToVenous) {
    const scaling = partialVolumeScale(
      venousAreaRatio(artery.continuous, vein.continuous, timing.grid, vein.sampled),
    )
    scale = scaling.scale
    warnings.push(...scaling.warnings)
  }
  const arrival = bolusOnset(timing.grid, artery.sampled)
  const grade = (
    curve: VascularCurve,
    choice: InputChoice,
    vessel: 'arterial' | 'venous',
    scaled: number,
  ): VascularInput => {
    const n = curve.sampled.length
    const quality = gradeInput(
      {
        shape: curve.shape,
        voxels: curve.voxels.length,
        chosenByHand: choice.kind === 'voxels',
        noise: noise / Math.sqrt(curve.voxels.length),
        arrival,
        end: timing.grid[n - 1],
        baselineSamples: Math.min(...baselineFrames),
        tail:
          curve.sampled.subarray(Math.max(0, n - 3)).reduce((sum, value) => sum + value / Math.min(3, n), 0) /
          curve.shape.peak,
      },
      vessel,
    )
    return describeInput(curve, timing, view.size, scaled, quality)
  }
  const aif = grade(artery, settings.arterialInput, 'arterial', scale)
  const vof = vein === null ? null : grade(vein, settings.venousOutput, 'venous', 1)
  if (aif.quality.grade !== 'good') {
    warnings.push({
      code: 'arterial-input-quality',
      message: `The arterial input is ${aif.quality.grade}: ${aif.quality.reasons.join(' ')}`,
      hint: 'Check its voxels on the image and choose others by hand.',
    })
  }
  const arterial = bolusOnly(artery.continuous, arrival - BEFORE_ONSET, scale)
  return { aif, vof, arterial, arrival, warnings }
}

function chosenVoxels(choice: InputChoice, size: Vec3, found: number[]): number[] {
  if (choice.kind === 'automatic') return found
  const outside = choice.voxels.find((voxel) =>
    voxel.some((v, axis) => !Number.isInteger(v) || v < 0 || v >= size[axis]),
  )
  if (outside !== undefined) {
    throw new UmbraError({
      code: 'voxel-outside',
      message: `The voxel ${outside.join(', ')} is outside the series, whose size is ${size.join(' × ')}.`,
      hint: 'Voxels are column, row, slice, counted from 0.',
    })
  }
  return choice.voxels.map(([x, y, z]) => (z * size[1] + y) * size[0] + x)
}

function noArtery(): UmbraError {
  return new UmbraError({
    code: 'no-arterial-input',
    message: 'No artery was found: no vessel fills early and strongly enough.',
    hint: 'Choose arterial voxels by hand, in a middle or anterior cerebral artery.',
  })
}
