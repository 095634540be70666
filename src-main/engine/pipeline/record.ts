import {
  pipelineStepLabels,
  pipelineSteps,
  problemOf,
  type PipelineRun,
  type PipelineSettings,
  type PipelineStep,
  type Problem,
  type StepRecord,
} from '@contract'
import { NOT_FOR_DIAGNOSIS } from '../export'
import { seriesSteps, steps } from './steps'
import { isSeriesStep, type ComputedStep } from './step'

const isComputed = (step: PipelineStep): step is ComputedStep => step in steps

/** The versions of the steps that are no artefacts: raised when run.json or the exported files change their meaning. */
const otherVersions = { recognise: 1, export: 1 } as const

export function versionOf(step: PipelineStep): number {
  if (isSeriesStep(step)) return seriesSteps[step].version
  return isComputed(step) ? steps[step].version : otherVersions[step]
}

/** A run that has not begun. */
export function newRecord(settings: PipelineSettings): PipelineRun {
  return {
    umbra: __UMBRA_VERSION__,
    startedAt: new Date().toISOString(),
    endedAt: null,
    state: 'running',
    seconds: null,
    series: null,
    steps: pipelineSteps.map((step): StepRecord => ({
      step,
      label: pipelineStepLabels[step],
      version: versionOf(step),
      key: null,
      state: 'waiting',
      settings: settings[step],
      seconds: null,
      result: [],
      warnings: [],
      error: null,
    })),
    files: [],
    error: null,
    notice: NOT_FOR_DIAGNOSIS,
  }
}

/** What went wrong, with the step it went wrong in beside the file or tag. */
export function problemIn(step: PipelineStep, thrown: unknown): Problem {
  const problem = problemOf(thrown)
  const place = `step ${pipelineStepLabels[step]}`
  return { ...problem, where: problem.where ? `${problem.where} (${place})` : place }
}

/** Ends a run: what was not come to is marked so. */
export function endRecord(
  record: PipelineRun,
  state: 'done' | 'failed' | 'cancelled',
  problem: Problem | null,
): void {
  for (const step of record.steps) {
    if (step.state === 'waiting') step.state = 'notReached'
    if (step.state === 'running') step.state = state === 'failed' ? 'failed' : 'notReached'
  }
  record.state = state
  record.error = problem
  record.endedAt = new Date().toISOString()
  record.seconds = (Date.parse(record.endedAt) - Date.parse(record.startedAt)) / 1000
}
