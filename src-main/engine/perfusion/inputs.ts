import {
  UmbraError,
  type InputChoice,
  type PerfusionSettings,
  type Vec3,
  type VascularInput,
  type Warning,
} from '@contract'
import { partialVolumeScale, venousAreaRatio, venousMisfit } from './partialVolume'
import { gradeInput, jumps } from './quality'
import type { SeriesSurvey } from './surveySeries'
import { describeInput, vascularCurve, type VascularCurve } from './vascularInput'
import { findArteries, findVeins, withSurroundings } from './vascularSearch'
import { ARTERIAL_REACH, bolusOnly, type ArterialFunction } from './arterialFunction'
import { bolusOnset } from './gammaVariate'

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
export function findInputs(survey: SeriesSurvey, settings: PerfusionSettings): VascularInputs {
  const { view, timing, baselineFrames, noise } = survey
  refuseWithoutContrast(survey)
  const space = { ...survey, size: view.size }
  const arterialVoxels = chosenVoxels(settings.arterialInput, view.size, () => findArteries(space))
  if (arterialVoxels.length === 0) throw survey.atEnd > STILL_RISING ? endsEarly() : noArtery()
  const artery = vascularCurve(view, timing, baselineFrames, arterialVoxels, ARTERIAL_REACH)
  const byHand = settings.arterialInput.kind === 'voxels'
  if (!(artery.shape.peak > 0)) throw byHand ? noContrastThere(arterialVoxels.length) : noArtery()
  if (!byHand && !looksArterial(artery, survey)) throw noArtery()
  const venousVoxels = chosenVoxels(settings.venousOutput, view.size, () =>
    findVeins(space, arterialVoxels, venousMisfit(survey, artery)),
  )
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
  const around = withSurroundings(space, arterialVoxels)
  const whole = vascularCurve(view, timing, baselineFrames, around, ARTERIAL_REACH)
  const arrival = bolusOnset(timing.grid, whole.sampled, whole.firstPass)
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
        jumps: jumps(curve.sampled, timing.step, curve.shape),
      },
      vessel,
    )
    return describeInput(curve, timing, view.size, scaled, quality)
  }
  if (vein !== null && vein.shape.tail > 0.5) {
    warnings.push({
      code: 'venous-truncated',
      message: `The scan ends while the venous curve is still at ${(100 * vein.shape.tail).toFixed(0)} % of its peak.`,
      hint: 'CBV, MTT and Tmax of late-filling tissue are too small; scan for 60 to 70 s.',
    })
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
  const arterial = bolusOnly(artery.continuous, arrival, scale)
  return { aif, vof, arterial, arrival, warnings }
}

function chosenVoxels(choice: InputChoice, size: Vec3, find: () => number[]): number[] {
  if (choice.kind === 'automatic') return find()
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

/** Mean enhancement of a brain that contrast has reached: more than this many HU, or −ln(S/S0)/TE of 1 % over TE. */
const LEAST_MEAN_HU = 0.6
const LEAST_MEAN_DROP = 0.01

function refuseWithoutContrast({ view, meanPeak, meanFall, noise }: SeriesSurvey): void {
  const least = view.echoTime === null ? LEAST_MEAN_HU : LEAST_MEAN_DROP / view.echoTime
  if (meanPeak >= least) return
  const words = (change: number): string =>
    view.echoTime === null ? `${change.toFixed(1)} HU` : `${(100 * change * view.echoTime).toFixed(1)} %`
  if (meanFall >= least) {
    throw new UmbraError({
      code: 'bolus-missed',
      message: `The bolus had passed before the first image: the brain only loses contrast, ${words(meanFall)} on average.`,
      hint: 'Look for images that were taken earlier and not exported; of these no maps can be made.',
    })
  }
  throw new UmbraError({
    code: 'no-contrast',
    message: `No contrast arrives: the brain changes by at most ${words(meanPeak)} on average (noise of a voxel ${noise.toFixed(1)}).`,
    hint: 'The injection may have failed, or this is not the perfusion series. Choose another series of the study.',
  })
}

/** An artery enhances at least this many times as much as the mean brain, even when it fills a fifth of its voxels. */
const OVER_BRAIN = 4
const LEAST_ARTERIAL_HU = 30

function looksArterial({ shape }: VascularCurve, { view, meanPeak }: SeriesSurvey): boolean {
  return shape.peak >= OVER_BRAIN * meanPeak && (view.echoTime !== null || shape.peak >= LEAST_ARTERIAL_HU)
}

/** Share of its peak that the mean brain keeps at the end of a scan that contrast outlasts. */
const STILL_RISING = 0.9

function endsEarly(): UmbraError {
  return new UmbraError({
    code: 'scan-ends-early',
    message: 'The scan ends while contrast is still arriving: no artery has filled and emptied.',
    hint: 'Scan for 60 to 70 s; look for images that were taken later and not exported.',
  })
}

function noArtery(): UmbraError {
  return new UmbraError({
    code: 'no-arterial-input',
    message: 'No artery was found: no vessel fills early and strongly enough.',
    hint: 'Choose arterial voxels by hand, in a middle or anterior cerebral artery.',
  })
}

function noContrastThere(voxels: number): UmbraError {
  return new UmbraError({
    code: 'no-arterial-input',
    message: `No contrast arrives in the ${voxels === 1 ? 'voxel' : `${voxels} voxels`} chosen as artery.`,
    hint: 'Choose voxels in a middle or anterior cerebral artery, counted from 0, or let the artery be found.',
  })
}
