import { createHash } from 'node:crypto'
import {
  pipelineRestsOn,
  type BackendChoice,
  type PipelineRun,
  type PipelineSettings,
  type PipelineStep,
  type StepRecord,
  type Warning,
} from '@contract'
import { programIdentity } from '../compute/programIdentity'
import { partOfRun, stopIfCancelled, type Run } from '../compute/run'
import { seriesIdentity, type VolumeSeries } from '../volume'
import type { ArtefactStore } from './artefacts'
import { exportRun, readRun, writeRun } from './export'
import { endRecord, newRecord, problemIn, versionOf } from './record'
import type { PipelineSource } from './source'
import type { ComputedStep, SeriesHeader, SeriesStep, Step, StepContext, StepResults } from './step'
import { steps, workingOrder } from './steps'

export interface PipelineRequest {
  source: PipelineSource
  settings: PipelineSettings
  /** Where summary, maps and run.json go; null: nowhere, the results are only handed back. */
  directory: string | null
  /** What was computed before, and where new results are kept; null: everything is computed, nothing is kept. */
  store: ArtefactStore | null
  backend: BackendChoice
  /** Told of every change of a step; the record goes on changing. */
  onUpdate?: (record: PipelineRun) => void
}

export interface PipelineOutcome {
  record: PipelineRun
  results: Partial<StepResults>
  header: SeriesHeader | null
}

/** Share of a run's progress up to the end of the step; reading is the first. */
const RECOGNISED = 0.2
const COMPUTED = 0.85

const hash = (parts: unknown): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)

/**
 * Runs every step from the files to the summary. A result is found where nothing that it rests on has changed: its key is
 * the hash of its step's version, its settings and the keys of the results it rests on, and at the root that of the
 * series and of this build. So after a change, or a kill, only what follows is computed again.
 *
 * A failure ends the run and stands in the record, with the step it happened in; a failure of an optional step stands
 * there too, and the run goes on. Throws an AbortError when the run is cancelled.
 */
export async function runPipeline(request: PipelineRequest, run: Run = {}): Promise<PipelineOutcome> {
  const record = newRecord(request.settings)
  const state = new RunState(request, record)
  try {
    await state.recognise(partOfRun(run, 0, RECOGNISED))
    for (const [index, step] of workingOrder.entries()) {
      const share = (COMPUTED - RECOGNISED) / workingOrder.length
      const from = RECOGNISED + index * share
      await state.reach(step, partOfRun(run, from, from + share))
    }
    await state.export(partOfRun(run, COMPUTED, 1))
    stopIfCancelled(run)
    endRecord(record, 'done', null)
  } catch (thrown) {
    if (run.signal?.aborted) {
      endRecord(record, 'cancelled', null)
      request.onUpdate?.(record)
      throw thrown
    }
    const failed = record.steps.find(({ state: each }) => each === 'running')
    endRecord(record, 'failed', problemIn((failed?.step ?? 'recognise') as PipelineStep, thrown))
    if (failed) failed.error = record.error
  }
  if (request.directory !== null) {
    // What an earlier run wrote is still there after a failure.
    if (record.state === 'failed') record.files = (await readRun(request.directory))?.files ?? []
    await writeRun(request.directory, record)
  }
  request.onUpdate?.(record)
  return { record, results: state.results, header: state.header }
}

class RunState {
  readonly results: Partial<StepResults> = {}
  header: SeriesHeader | null = null
  private held: { after: SeriesStep; series: VolumeSeries } | null = null

  constructor(
    private readonly request: PipelineRequest,
    private readonly record: PipelineRun,
  ) {}

  async recognise(run: Run): Promise<void> {
    const record = this.enter('recognise')
    const { source, settings } = this.request
    const start = performance.now()
    const { series, why, warnings } = await source.recognise(settings.recognise.series, run)
    this.held = { after: 'recognise', series }
    this.header = { ...series, voxels: new Int16Array(0) }
    record.key = hash([await programIdentity(), versionOf('recognise'), await seriesIdentity(series)])
    const [nx, ny, nz] = series.geometry.size
    const size = `${nx} × ${ny} × ${nz}, ${series.frames} time points`
    this.record.series = `${series.description || 'no description'} (${series.modality}, ${size})`
    const spacing = series.geometry.spacing.map((each) => each.toFixed(2)).join(' × ')
    const fromFiles = series.warnings.map((message) => ({ code: 'series', message }))
    this.leave(record, 'done', secondsSince(start), {
      result: [why.replace(/\.$/, ''), `${size}, voxels of ${spacing} mm`],
      warnings: [...fromFiles, ...warnings],
    })
    stopIfCancelled(run)
  }

  /** Finds or makes the result of a step. */
  async reach<N extends ComputedStep>(name: N, run: Run): Promise<void> {
    const step = steps[name]
    const record = this.enter(name)
    const reason = step.leftOut(this.request.settings, this.known())
    if (reason !== null) {
      this.leave(record, 'off', null, { result: [reason], warnings: [] })
      return
    }
    try {
      record.key = await this.keyOf(name, step)
      if (await this.find(name, step, record)) return
      await this.compute(name, step, record, run)
    } catch (thrown) {
      if (!step.optional || run.signal?.aborted) throw thrown
      const error = problemIn(name, thrown)
      const warning = {
        code: error.code,
        message: `${record.label} failed: ${error.message}`,
        hint: error.hint,
      }
      this.leave(record, 'failed', null, { result: [], warnings: [warning] })
      record.error = error
    }
  }

  async export(run: Run): Promise<void> {
    const record = this.enter('export')
    const { directory } = this.request
    if (directory === null) {
      this.leave(record, 'off', null, { result: ['Nothing is written'], warnings: [] })
      return
    }
    const start = performance.now()
    record.key = hash([
      versionOf('export'),
      this.request.settings.export,
      this.record.steps.map(({ step, key, state }) => [step, key, state === 'failed']),
    ])
    this.held = null
    const written = await exportRun(
      { directory, header: this.known(), results: this.results, record: this.record, exportRecord: record },
      run,
    )
    this.record.files = written.files
    this.leave(record, written.kept ? 'kept' : 'done', written.kept ? record.seconds : secondsSince(start), {
      result: [`${written.files.length} files in ${directory}`],
      warnings: [],
    })
  }

  private known(): SeriesHeader {
    if (!this.header) throw new Error('The series was not recognised.')
    return this.header
  }

  private context(): StepContext {
    const { settings, backend } = this.request
    return {
      settings,
      backend,
      header: this.known(),
      series: (after, run) => this.series(after, run),
      result: (step) => this.results[step] ?? null,
    }
  }

  private async series(after: SeriesStep, run: Run): Promise<VolumeSeries> {
    if (this.held?.after === after) return this.held.series
    this.held = null
    const { source, settings } = this.request
    const { series } = await source.recognise(settings.recognise.series, run)
    this.held = { after, series }
    return series
  }

  private async keyOf<N extends ComputedStep>(name: N, step: Step<N>): Promise<string> {
    const restsOn = pipelineRestsOn[name].map((other) => this.recordOf(other).key)
    return hash([name, step.version, await step.dependsOn(this.request.settings), ...restsOn])
  }

  private async find<N extends ComputedStep>(name: N, step: Step<N>, record: StepRecord): Promise<boolean> {
    const stored = await this.request.store?.find(record.key ?? '')
    if (!stored) return false
    try {
      const { seconds, content } = stored.json as { seconds: number; content: unknown }
      const result = await step.decode({ json: content, read: stored.read })
      this.take(name, result)
      this.leave(record, 'kept', seconds, step.report(result))
      return true
    } catch {
      // Gone meanwhile, or damaged: it is made again.
      return false
    }
  }

  private async compute<N extends ComputedStep>(
    name: N,
    step: Step<N>,
    record: StepRecord,
    run: Run,
  ): Promise<void> {
    const start = performance.now()
    const result = await step.compute(this.context(), {
      signal: run.signal,
      onProgress: (progress, stage) => run.onProgress?.(progress, `${record.label}: ${stage}`),
    })
    stopIfCancelled(run)
    const seconds = secondsSince(start)
    this.take(name, result)
    const { result: facts, warnings } = step.report(result)
    const notKept = await this.keep(record.key ?? '', step.encode(result), seconds)
    this.leave(record, 'done', seconds, { result: facts, warnings: [...warnings, ...notKept] })
  }

  private async keep(
    key: string,
    { json, arrays }: ReturnType<Step<ComputedStep>['encode']>,
    seconds: number,
  ): Promise<Warning[]> {
    const needed = new Set(this.record.steps.flatMap((step) => step.key ?? []))
    try {
      await this.request.store?.save(key, { json: { seconds, content: json }, arrays }, needed)
      return []
    } catch (thrown) {
      const { message } = thrown as Error
      return [{ code: 'not-kept', message: `The result is not kept for a later run: ${message}` }]
    }
  }

  private take<N extends ComputedStep>(name: N, result: StepResults[N]): void {
    Object.assign(this.results, { [name]: result })
  }

  private recordOf(step: string): StepRecord {
    const record = this.record.steps.find((each) => each.step === step)
    if (!record) throw new Error(`There is no step ${step}.`)
    return record
  }

  private enter(step: PipelineStep): StepRecord {
    const record = this.recordOf(step)
    record.state = 'running'
    this.request.onUpdate?.(this.record)
    return record
  }

  private leave(
    record: StepRecord,
    state: StepRecord['state'],
    seconds: number | null,
    { result, warnings }: Pick<StepRecord, 'result' | 'warnings'>,
  ): void {
    Object.assign(record, { state, seconds, result, warnings })
    this.request.onUpdate?.(this.record)
  }
}

const secondsSince = (start: number): number => Math.round(performance.now() - start) / 1000
