import {
  perfusionSettingsSchema,
  type BackendChoice,
  type PerfusionSettings,
  type PipelineSettings,
  type QualityLine,
  type UmbraError,
  type Warning,
} from '@contract'
import type { Run } from '../compute/run'
import type { PerfusionMaps, PreparedInputs } from '../perfusion'
import type { TissueAtRiskAssessment } from '../tissueAtRisk'
import type { VolumeSeries } from '../volume'
import type { Artefact, StoredArtefact } from './artefacts'

/** What the steps that compute hand on. */
export interface StepResults {
  inputs: PreparedInputs
  deconvolve: PerfusionMaps
  predict: PerfusionMaps
  tissueAtRisk: TissueAtRiskAssessment
  quality: QualityLine[]
}
export type ComputedStep = keyof StepResults

/** Steps that make another series of the one before, in their order. */
export const seriesStepNames = ['motion', 'filter'] as const
export type SeriesStepName = (typeof seriesStepNames)[number]

export function isSeriesStep(step: string): step is SeriesStepName {
  return seriesStepNames.some((name) => name === step)
}

/** Everything of a series but its voxels, which are an empty array: a run lets go of voxels it needs no more. */
export type SeriesHeader = VolumeSeries

export interface StepContext {
  settings: PipelineSettings
  /** What networks are computed with. */
  backend: BackendChoice
  header: SeriesHeader
  /** Why there are no maps; null where there are, or nothing has failed yet. */
  failure: UmbraError | null
  /** The series as that step left it. One 4-D series is held at a time. */
  series(after: 'recognise' | SeriesStepName, run: Run): Promise<VolumeSeries>
  /** What a step that makes a series told for others; null where it was off. */
  details(step: SeriesStepName): unknown
  /** The result of a step that was done before; null where it was off or failed. */
  result<N extends ComputedStep>(step: N): StepResults[N] | null
}

/** What a step says of its result: the facts, and what to beware of. */
export interface StepReport {
  result: string[]
  warnings: Warning[]
}

/** A step whose result is an artefact: kept by the hash of its version, its settings and the keys of what it rests on. */
export interface Step<N extends ComputedStep> {
  /** To be raised when the same settings give another result. */
  version: number
  /** A run goes on where it fails, and says so. */
  optional: boolean
  /** Why it is left out; null where it is not. */
  leftOut(settings: PipelineSettings, header: SeriesHeader): string | null
  /** All settings and other identities that its result depends on. */
  dependsOn(settings: PipelineSettings): Promise<unknown>
  compute(context: StepContext, run: Run): Promise<StepResults[N]>
  encode(result: StepResults[N]): Artefact
  decode(stored: StoredArtefact): Promise<StepResults[N]>
  report(result: StepResults[N]): StepReport
}

/** A step that makes another series; the series it made is kept, what it says of it beside. */
export interface SeriesStep {
  version: number
  leftOut(settings: PipelineSettings, header: SeriesHeader): string | null
  dependsOn(settings: PipelineSettings): unknown
  /** May give back the very series where there was nothing to do. */
  compute(
    series: VolumeSeries,
    settings: PipelineSettings,
    run: Run,
  ): Promise<{ series: VolumeSeries; report: StepReport; details: unknown }>
}

/** The settings of the perfusion room that a run stands for. */
export function perfusionSettings({ motion, inputs, deconvolve }: PipelineSettings): PerfusionSettings {
  return perfusionSettingsSchema.parse({ ...inputs, ...deconvolve, motionCorrection: motion.enabled })
}

export const never = (): null => null
