import { z } from 'zod'
import { warningSchema, type PipelineSettings } from '@contract'
import { stopIfCancelled, type Run } from '../compute/run'
import type { VolumeSeries, Voxels } from '../volume'
import type { Artefact, StoredArtefact } from './artefacts'
import type { PipelineSource, Recognised } from './source'
import { seriesStepNames, type SeriesHeader, type SeriesStepName, type StepReport } from './step'
import { seriesSteps } from './steps'

const storedSchema = z.object({
  /** Absent where the step gave back the series it was given. */
  changed: z
    .object({
      frames: z.number().int(),
      slope: z.number(),
      intercept: z.number(),
      times: z.array(z.number()),
    })
    .nullable(),
  report: z.object({ result: z.array(z.string()), warnings: z.array(warningSchema) }),
  /** What other steps ask of it. */
  details: z.unknown(),
})
type StoredSeries = z.output<typeof storedSchema>

/** What a step that makes a series told, now or when it was done. */
export interface SeriesOutcome {
  report: StepReport
  details: unknown
}

/** Finds the artefact of a step; null where it is not kept. */
type Find = (step: SeriesStepName) => Promise<StoredArtefact | null>

/**
 * The series of a run, as each step left it. The voxels of one are held at a time, and of two while one is made from the
 * other; those of an earlier step are read again where they are asked for: from the files, or from what is kept.
 */
export class SeriesChain {
  private held: { after: 'recognise' | SeriesStepName; series: VolumeSeries } | null = null
  private readonly headers = new Map<'recognise' | SeriesStepName, SeriesHeader>()
  private readonly outcomes = new Map<SeriesStepName, StoredSeries>()

  constructor(
    private readonly source: PipelineSource,
    private readonly settings: PipelineSettings,
    private readonly find: Find,
  ) {}

  async recognise(run: Run): Promise<Recognised> {
    const recognised = await this.source.recognise(this.settings.recognise.series, run)
    this.hold('recognise', recognised.series)
    return recognised
  }

  /** Lets go of all voxels. */
  release(): void {
    this.held = null
  }

  /** Of the series as the last step that changed it left it. Throws before `recognise`. */
  header(): SeriesHeader {
    const header = this.headers.get(this.lastBefore('end'))
    if (!header) throw new Error('The series was not recognised.')
    return header
  }

  details(step: SeriesStepName): unknown {
    return this.outcomes.get(step)?.details ?? null
  }

  /** Takes in a kept result of a step; its voxels are read when they are asked for. Throws where it is damaged. */
  adopt(step: SeriesStepName, content: unknown): SeriesOutcome {
    const stored = storedSchema.parse(content)
    const before = this.headerBefore(step)
    this.outcomes.set(step, stored)
    if (stored.changed) this.headers.set(step, withHeader(before, stored.changed))
    return stored
  }

  /** Does a step, and gives what is to be kept of it. */
  async compute(step: SeriesStepName, run: Run): Promise<{ outcome: SeriesOutcome; artefact: Artefact }> {
    const before = await this.seriesBefore(step, run)
    const { series, report, details } = await seriesSteps[step].compute(before, this.settings, run)
    const { frames, slope, intercept, times, voxels } = series
    const changed =
      series.voxels === before.voxels ? null : { frames, slope, intercept, times: Array.from(times) }
    const stored: StoredSeries = { changed, report, details }
    this.outcomes.set(step, stored)
    if (changed) this.hold(step, series)
    return { outcome: stored, artefact: { json: stored, arrays: changed ? { voxels } : {} } }
  }

  /** The series as a step left it, or the last before it that changed it. */
  async after(step: 'recognise' | SeriesStepName, run: Run): Promise<VolumeSeries> {
    const from = this.outcomes.get(step as SeriesStepName)?.changed ? step : this.lastBefore(step)
    if (this.held?.after === from) return this.held.series
    this.held = null
    if (from === 'recognise') return (await this.recognise(run)).series
    const voxels = await this.read(from as SeriesStepName, run)
    stopIfCancelled(run)
    if (voxels === null) {
      await this.compute(from as SeriesStepName, run)
      return this.after(step, run)
    }
    const header = this.headers.get(from)
    if (!header) throw new Error(`The step ${from} was not done.`)
    const series = { ...header, voxels }
    this.held = { after: from, series }
    return series
  }

  private seriesBefore(step: SeriesStepName, run: Run): Promise<VolumeSeries> {
    return this.after(this.lastBefore(step), run)
  }

  private headerBefore(step: SeriesStepName): SeriesHeader {
    const header = this.headers.get(this.lastBefore(step))
    if (!header) throw new Error('The series was not recognised.')
    return header
  }

  /** The last step before this one that changed the series. */
  private lastBefore(step: string): 'recognise' | SeriesStepName {
    let last: 'recognise' | SeriesStepName = 'recognise'
    for (const name of seriesStepNames) {
      if (name === step) break
      if (this.outcomes.get(name)?.changed) last = name
    }
    return step === 'recognise' ? 'recognise' : last
  }

  private async read(step: SeriesStepName, run: Run): Promise<Voxels | null> {
    const stored = await this.find(step)
    try {
      return stored ? ((await stored.read('voxels', run)) as Voxels) : null
    } catch {
      return null
    }
  }

  private hold(after: 'recognise' | SeriesStepName, series: VolumeSeries): void {
    this.held = { after, series }
    this.headers.set(after, { ...series, voxels: new Int16Array(0) })
  }
}

function withHeader(header: SeriesHeader, changed: NonNullable<StoredSeries['changed']>): SeriesHeader {
  return { ...header, ...changed, times: Float64Array.from(changed.times) }
}
