import { stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import {
  queuedSettings,
  queueSettingsSchema,
  UmbraError,
  type BackendChoice,
  type CohortRow,
  type PerfusionSettings,
  type PipelineResult,
  type PipelineRun,
  type PipelineSettings,
  type StudyQueueState,
  type Warning,
} from '@contract'
import { openJsonFile } from '../cases/jsonFile'
import type { Params, QuickHandlers } from '../handlers'
import { createLane, type JobRequest, type JobRun, type Jobs } from '../jobs'
import type { PerfusionMaps } from '../perfusion'
import { judgedBy } from '../tissueAtRisk'
import {
  cohortCsv,
  distinctNames,
  namedStudies,
  openArtefactStore,
  openQueue,
  runPipeline,
  runStudy,
  seriesSource,
  studiesIn,
  refuseInside,
  type QueuedStudy,
  type StudyQueue,
} from '../pipeline'
import type { MapsSession } from './mapsSession'
import type { RiskSession } from './riskSession'
import type { StudySession } from './studySession'

interface Parts {
  dataDirectory: string
  study: StudySession
  maps: MapsSession
  risk: Pick<RiskSession, 'adopt'>
  jobs: Jobs
  settings(): Promise<{ perfusion: PerfusionSettings; backend: BackendChoice }>
  report(warning: Warning): void
}

type QueueMethod = Extract<keyof QuickHandlers, `queue.${string}`>

/** Runs of the pipeline over the open study, and the queue of studies beside it. One run at a time. */
export interface PipelineSession {
  run(params: Params<'pipeline.run'>): Omit<JobRequest<PipelineResult>, 'method'>
  state(params: Params<'pipeline.state'>): { run: PipelineRun | null }
  queue: Pick<QuickHandlers, QueueMethod>
  /** Forgets the runs of a study that is closed. */
  clear(): void
  close(): Promise<void>
}

export function createPipelineSession(parts: Parts): PipelineSession {
  const { dataDirectory, study, maps, risk, jobs, report } = parts
  const store = openArtefactStore(join(dataDirectory, 'artefacts'))
  const lane = createLane('waiting for the run before this one')
  const runs = new Map<string, PipelineRun>()

  async function runOpen(
    seriesKey: string,
    settings: PipelineSettings,
    directory: string | null,
    run: JobRun,
  ): Promise<PipelineResult> {
    const series = await study.series(seriesKey, run)
    const { backend } = await parts.settings()
    const { record, results } = await runPipeline(
      {
        source: seriesSource(series, 'The series in Review'),
        settings,
        directory,
        store,
        backend,
        onUpdate: (changed) => {
          if (isOpen(seriesKey)) runs.set(seriesKey, changed)
        },
      },
      run,
    )
    if ((await study.series(seriesKey, run)) !== series) {
      throw new UmbraError({ code: 'no-study', message: 'The study was closed meanwhile.' })
    }
    const take = (step: string, made: PerfusionMaps | undefined): PipelineResult['maps'] => {
      const key = record.steps.find((each) => each.step === step)?.key
      return made && key ? maps.adopt(key, seriesKey, made) : null
    }
    const { tissueAtRisk, quality } = results
    const made = take('deconvolve', results.deconvolve)
    if (made && tissueAtRisk && quality) {
      const judgement = { assessment: judgedBy(tissueAtRisk, quality), quality }
      // A network of one's own may be worth less than the deconvolution.
      const predicted = settings.predict.model === null ? (results.predict ?? null) : null
      risk.adopt(made.mapsId, settings.tissueAtRisk, judgement, predicted)
    }
    return {
      run: record,
      maps: made,
      network: take('predict', results.predict),
    }
  }

  function isOpen(seriesKey: string): boolean {
    return (study.catalogue()?.studies ?? []).some((each) => each.series.some(({ key }) => key === seriesKey))
  }

  const queueSettings = openJsonFile(
    join(dataDirectory, 'queue-settings.json'),
    queueSettingsSchema,
    queueSettingsSchema.parse({}),
    report,
  )
  const queueState = async (): Promise<StudyQueueState> => ({
    ...(await queue().state()),
    elsewhere: await queue().elsewhere(),
    settings: await queueSettings.read(),
  })

  /** Series of the open study as studies of their own, named by their patients' numbers. */
  function studiesOfSeries(seriesKeys: string[]): QueuedStudy[] {
    const studies = study.catalogue()?.studies ?? []
    const named = distinctNames(
      seriesKeys.map((key) => {
        const { patientId, date } =
          studies.find(({ series }) => series.some((each) => each.key === key)) ?? {}
        return (
          [patientId, date]
            .map((part) => part?.replace(/[^\w-]+/g, '_'))
            .filter(Boolean)
            .join('-') || 'study'
        )
      }),
    )
    const paths = study.paths()
    return seriesKeys.map((key, index) => ({ study: named[index], paths, series: study.summary(key).key }))
  }

  /** Opened when it is first asked for: an engine that only reads one study starts no other work. */
  let opened: StudyQueue | null = null
  const queue = (): StudyQueue =>
    (opened ??= openQueue({
      path: join(dataDirectory, 'queue.json'),
      report,
      perform: async ({ study: name, paths, directory, series }) => {
        const { perfusion, backend } = await parts.settings()
        const usual = queuedSettings(perfusion, await queueSettings.read())
        const settings = { ...usual, recognise: { series } }
        let row: CohortRow | null = null
        const job = jobs.start({
          method: 'queue.study',
          title: `Run ${name}`,
          work: (run) =>
            lane.enter(run, async () => {
              const request = {
                study: name,
                paths,
                directory: join(directory, name),
                settings,
                store,
                backend,
              }
              const outcome = await runStudy(request, run)
              row = outcome.row
              // The job of a study that failed is one that failed.
              if (outcome.record.error) throw new UmbraError(outcome.record.error)
              return row
            }),
        })
        const ended = await jobs.ended(job.id)
        if (ended.state === 'cancelled') throw new Error('Cancelled.')
        if (row) return row
        throw new UmbraError(ended.error ?? { code: 'internal', message: 'The study was not run.' })
      },
    }))

  return {
    run: ({ seriesKey, settings, directory }) => {
      if (directory !== null) refuseRelative(directory)
      return {
        title: `Run ${study.summary(seriesKey).description || 'series'}`,
        key: `pipeline.run ${seriesKey} ${JSON.stringify(settings)} ${directory}`,
        work: (run) => lane.enter(run, () => runOpen(seriesKey, settings, directory, run)),
      }
    },
    state: ({ seriesKey }) => ({ run: runs.get(seriesKey) ?? null }),
    queue: {
      'queue.state': queueState,
      'queue.add': async ({ paths, directory, cohort }) => {
        refuseRelative(directory)
        if (cohort) for (const path of paths) refuseInside(path, directory)
        const found = cohort ? (await Promise.all(paths.map(studiesIn))).flat() : namedStudies(paths)
        if (found.length === 0) throw noStudies(paths)
        await queue().add(namedStudies(found.flatMap((task) => task.paths)), directory)
        return queueState()
      },
      'queue.addSeries': async ({ seriesKeys, directory }) => {
        refuseRelative(directory)
        await queue().add(studiesOfSeries(seriesKeys), directory)
        return queueState()
      },
      'queue.remove': async ({ ids }) => {
        await queue().remove(ids)
        return queueState()
      },
      'queue.again': async ({ ids }) => {
        await queue().again(ids)
        return queueState()
      },
      'queue.settings': async (changed) => {
        await queueSettings.update((before) => ({ ...before, ...changed }))
        return queueState()
      },
      'queue.table': async () => ({
        csv: cohortCsv((await queue().state()).items.flatMap(({ row }) => row ?? [])),
      }),
      'queue.watch': async ({ watch }) => {
        if (watch) {
          refuseRelative(watch.directory)
          refuseRelative(watch.folder)
          await refuseMissing(watch.folder)
        }
        await queue().watch(watch)
        return queueState()
      },
    },
    clear: () => runs.clear(),
    close: async () => void (await opened?.close()),
  }
}

function refuseRelative(directory: string): void {
  if (isAbsolute(directory)) return
  throw new UmbraError({
    code: 'invalid-path',
    message: 'The path of the folder must be whole, from its root.',
    where: directory,
  })
}

function noStudies(paths: string[]): UmbraError {
  return new UmbraError({
    code: 'no-studies',
    message: 'There are no studies: no folders and no zip files.',
    hint: 'Leave “Several studies” off where the folder itself is the study.',
    where: paths.join(', '),
  })
}

async function refuseMissing(folder: string): Promise<void> {
  if ((await stat(folder).catch(() => null))?.isDirectory()) return
  throw new UmbraError({ code: 'not-found', message: 'There is no such folder.', where: folder })
}
