import { isAbsolute, join } from 'node:path'
import {
  pipelineSettingsOf,
  UmbraError,
  type BackendChoice,
  type PerfusionSettings,
  type PipelineResult,
  type PipelineRun,
  type PipelineSettings,
  type Warning,
} from '@contract'
import type { Params, QuickHandlers } from '../handlers'
import { createLane, type JobRequest, type JobRun, type Jobs } from '../jobs'
import type { PerfusionMaps } from '../perfusion'
import {
  namedStudies,
  openArtefactStore,
  openQueue,
  runPipeline,
  runStudy,
  seriesSource,
  studiesIn,
  refuseInside,
  type StudyQueue,
} from '../pipeline'
import type { MapsSession } from './mapsSession'
import type { StudySession } from './studySession'

interface Parts {
  dataDirectory: string
  study: StudySession
  maps: MapsSession
  jobs: Jobs
  settings(): Promise<{ perfusion: PerfusionSettings; backend: BackendChoice }>
  report(warning: Warning): void
}

type QueueMethod = 'queue.state' | 'queue.add' | 'queue.remove' | 'queue.again' | 'queue.watch'

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
  const { dataDirectory, study, maps, jobs, report } = parts
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
    return {
      run: record,
      maps: take('deconvolve', results.deconvolve),
      network: take('predict', results.predict),
    }
  }

  function isOpen(seriesKey: string): boolean {
    return (study.catalogue()?.studies ?? []).some((each) => each.series.some(({ key }) => key === seriesKey))
  }

  /** Opened when it is first asked for: an engine that only reads one study starts no other work. */
  let opened: StudyQueue | null = null
  const queue = (): StudyQueue =>
    (opened ??= openQueue({
      path: join(dataDirectory, 'queue.json'),
      report,
      perform: async ({ study: name, paths, directory }) => {
        const { perfusion, backend } = await parts.settings()
        const settings = pipelineSettingsOf(perfusion)
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
              const { row } = await runStudy(request, run)
              if (row.state === 'failed') run.log(row.reason ?? 'Failed.')
              return row
            }),
        })
        const ended = await jobs.ended(job.id)
        if (ended.state === 'cancelled') throw new Error('Cancelled.')
        if (ended.error) throw new UmbraError(ended.error)
        return ended.result as Awaited<ReturnType<typeof runStudy>>['row']
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
      'queue.state': () => queue().state(),
      'queue.add': async ({ paths, directory, cohort }) => {
        refuseRelative(directory)
        if (cohort) for (const path of paths) refuseInside(path, directory)
        const found = cohort ? (await Promise.all(paths.map(studiesIn))).flat() : namedStudies(paths)
        await queue().add(namedStudies(found.flatMap((task) => task.paths)), directory)
        return queue().state()
      },
      'queue.remove': async ({ ids }) => {
        await queue().remove(ids)
        return queue().state()
      },
      'queue.again': async ({ ids }) => {
        await queue().again(ids)
        return queue().state()
      },
      'queue.watch': async ({ watch }) => {
        if (watch) refuseRelative(watch.directory)
        await queue().watch(watch)
        return queue().state()
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
