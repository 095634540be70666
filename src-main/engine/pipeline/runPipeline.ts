import { createHash } from 'node:crypto'
import {
  pipelineRestsOn,
  UmbraError,
  worstGrade,
  type BackendChoice,
  type PipelineRun,
  type PipelineSettings,
  type PipelineStep,
  type Problem,
  type StepRecord,
  type Warning,
} from '@contract'
import { collectGarbage } from '../compute/allocateVoxels'
import { programIdentity } from '../compute/programIdentity'
import { partOfRun, stopIfCancelled, type Run } from '../compute/run'
import { ensureWritable } from '../files/atomic'
import { judgedBy } from '../tissueAtRisk'
import { seriesIdentity } from '../volume'
import type { Artefact, ArtefactStore, StoredArtefact } from './artefacts'
import { exportRun, isWithheld, readRun, writeRun } from './export'
import { endRecord, newRecord, problemIn, versionOf } from './record'
import { SeriesChain } from './seriesChain'
import type { PipelineSource } from './source'
import {
  isSeriesStep,
  type ComputedStep,
  type SeriesHeader,
  type SeriesStepName,
  type Step,
  type StepContext,
  type StepReport,
  type StepResults,
} from './step'
import { seriesSteps, steps, workingOrder } from './steps'

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
    if (request.directory !== null) await ensureWritable(request.directory)
    await state.recognise(partOfRun(run, 0, RECOGNISED))
    for (const [index, step] of workingOrder.entries()) {
      const share = (COMPUTED - RECOGNISED) / workingOrder.length
      const from = RECOGNISED + index * share
      await state.reach(step, partOfRun(run, from, from + share))
    }
    state.judgeVolumes()
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
    const problem = problemIn((failed?.step ?? 'export') as PipelineStep, thrown)
    if (failed) Object.assign(failed, { state: 'failed', error: problem })
    await state.judgeFailure(problem, run)
    endRecord(record, 'failed', problem)
  }
  if (request.directory !== null) {
    // What an earlier run wrote is still there after a failure.
    if (record.state === 'failed') record.files = (await readRun(request.directory))?.files ?? []
    // Where not even this can be written, the record itself is what tells it.
    await writeRun(request.directory, record).catch((thrown) =>
      endRecord(record, 'failed', record.error ?? problemIn('export', thrown)),
    )
  }
  request.onUpdate?.(record)
  return { record, results: state.results, header: state.header }
}

class RunState {
  readonly results: Partial<StepResults> = {}
  header: SeriesHeader | null = null
  private readonly chain: SeriesChain
  private failure: UmbraError | null = null

  constructor(
    private readonly request: PipelineRequest,
    private readonly record: PipelineRun,
  ) {
    const { source, settings } = request
    this.chain = new SeriesChain(source, settings, (step) => this.stored(this.recordOf(step)))
  }

  async recognise(run: Run): Promise<void> {
    const record = this.enter('recognise')
    const start = performance.now()
    const { series, why, warnings } = await this.chain.recognise(run)
    this.header = this.chain.header()
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
  async reach(name: ComputedStep | SeriesStepName, run: Run): Promise<void> {
    const record = this.enter(name)
    run.onProgress?.(0, record.label)
    const { settings } = this.request
    const step = isSeriesStep(name) ? seriesSteps[name] : steps[name]
    const reason = step.leftOut(settings, this.chain.header())
    if (reason !== null) {
      this.leave(record, 'off', null, { result: [reason], warnings: [] })
      return
    }
    const told: Run = {
      signal: run.signal,
      onProgress: (progress, stage) => run.onProgress?.(progress, `${record.label}: ${stage}`),
    }
    try {
      const restsOn = pipelineRestsOn[name].map((other) => {
        const { key, state } = this.recordOf(other)
        return state === 'failed' ? null : key
      })
      record.key = hash([
        name,
        step.version,
        await step.dependsOn(settings),
        this.failure?.message,
        ...restsOn,
      ])
      if (isSeriesStep(name)) await this.reachSeries(name, record, told)
      else await this.reachResult(name, steps[name], record, told)
      this.header = this.chain.header()
      if (name === 'quality') this.record.quality = this.results.quality
    } catch (thrown) {
      if (isSeriesStep(name) || !steps[name].optional || run.signal?.aborted) throw thrown
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
    const { directory, settings } = this.request
    if (directory === null) {
      this.leave(record, 'off', null, { result: ['Nothing is written'], warnings: [] })
      return
    }
    const start = performance.now()
    collectGarbage()
    record.key = hash([
      versionOf('export'),
      settings.export,
      this.record.steps.map(({ step, key, state }) => [step, key, state === 'failed']),
    ])
    const written = await exportRun(
      {
        directory,
        series: (each) => this.chain.after('filter', each),
        settings,
        results: this.results,
        record: this.record,
        exportRecord: record,
      },
      run,
    )
    this.chain.release()
    this.record.files = written.files
    const withheld = isWithheld(settings, this.results.quality ?? [])
    this.leave(record, written.kept ? 'kept' : 'done', written.kept ? record.seconds : secondsSince(start), {
      result: [
        `${written.files.length} files in ${directory}`,
        ...(withheld ? ['No maps: the study is not reliable'] : []),
      ],
      warnings: [],
    })
  }

  /** The volumes were told before quality was known: of a study that is not reliable they are not left to stand. */
  judgeVolumes(): void {
    const { tissueAtRisk, quality } = this.results
    if (!tissueAtRisk || !quality || worstGrade(quality) !== 'red') return
    const record = this.recordOf('tissueAtRisk')
    record.result = steps.tissueAtRisk.report(judgedBy(tissueAtRisk, quality)).result
    this.request.onUpdate?.(this.record)
  }

  /** A study that no maps can be made of is graded all the same: what is wrong with it, and what can be done. */
  async judgeFailure(problem: Problem, run: Run): Promise<void> {
    if (!this.header || this.recordOf('quality').state !== 'waiting') return
    this.failure = new UmbraError(problem)
    // The failure itself is what is told, whatever else cannot be.
    await this.reach('quality', run).catch(() => undefined)
  }

  private context(): StepContext {
    const { settings, backend } = this.request
    return {
      settings,
      backend,
      header: this.chain.header(),
      failure: this.failure,
      series: (after, run) => this.chain.after(after, run),
      details: (step) => this.chain.details(step),
      result: (step) => this.results[step] ?? null,
    }
  }

  private async reachSeries(name: SeriesStepName, record: StepRecord, run: Run): Promise<void> {
    const found = await this.found(record, (content) => Promise.resolve(this.chain.adopt(name, content)))
    if (found) {
      this.leave(record, 'kept', found.seconds, found.result.report)
      return
    }
    const start = performance.now()
    const { outcome, artefact } = await this.chain.compute(name, run)
    stopIfCancelled(run)
    await this.finish(record, secondsSince(start), outcome.report, artefact, run)
    collectGarbage()
  }

  private async reachResult<N extends ComputedStep>(
    name: N,
    step: Step<N>,
    record: StepRecord,
    run: Run,
  ): Promise<void> {
    const found = await this.found(record, (json, read) => step.decode({ json, read }))
    if (found) {
      Object.assign(this.results, { [name]: found.result })
      this.leave(record, 'kept', found.seconds, step.report(found.result))
      return
    }
    const start = performance.now()
    const result = await step.compute(this.context(), run)
    stopIfCancelled(run)
    Object.assign(this.results, { [name]: result })
    await this.finish(record, secondsSince(start), step.report(result), step.encode(result), run)
  }

  private async stored(record: StepRecord): Promise<StoredArtefact | null> {
    return (await this.request.store?.find(record.key ?? '')) ?? null
  }

  /** A kept result and how long it took when it was computed; null where it is not kept, or has been damaged. */
  private async found<T>(
    record: StepRecord,
    decode: (content: unknown, read: StoredArtefact['read']) => Promise<T>,
  ): Promise<{ seconds: number; result: T } | null> {
    const stored = await this.stored(record)
    if (!stored) return null
    try {
      const { seconds, content } = stored.json as { seconds: number; content: unknown }
      return { seconds, result: await decode(content, stored.read) }
    } catch {
      return null
    }
  }

  private async finish(
    record: StepRecord,
    seconds: number,
    { result, warnings }: StepReport,
    { json, arrays }: Artefact,
    run: Run,
  ): Promise<void> {
    const needed = new Set(this.record.steps.flatMap((step) => step.key ?? []))
    const notKept: Warning[] = []
    await this.request.store
      ?.save(record.key ?? '', { json: { seconds, content: json }, arrays }, needed, run)
      .catch(({ message }: Error) =>
        notKept.push({ code: 'not-kept', message: `The result is not kept for a later run: ${message}` }),
      )
    stopIfCancelled(run)
    this.leave(record, 'done', seconds, { result, warnings: [...warnings, ...notKept] })
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
    { result, warnings }: StepReport,
  ): void {
    Object.assign(record, { state, seconds, result, warnings })
    this.request.onUpdate?.(this.record)
  }
}

const secondsSince = (start: number): number => Math.round(performance.now() - start) / 1000
