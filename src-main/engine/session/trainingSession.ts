import { join } from 'node:path'
import { UmbraError, type BackendChoice, type Input, type Output, type TrainingRun } from '@contract'
import { startTensorFlowProcess } from '../compute/tensorflow'
import type { JobRequest, JobRun } from '../jobs'
import { listModels } from '../prediction'
import {
  newRunId,
  openRunFolder,
  trainingConfig,
  trainingPresets,
  trainJob,
  type TrainingConfig,
} from '../training'

/** Training runs: each computes in a process of its own, so that neither its work nor its end touches the rest. */
export interface TrainingSession {
  runs(): Promise<Output<'training.runs'>>
  /** What can make maps: the networks that come with Umbra, those put into the data folder's `models`, those trained here. */
  models(): Promise<Output<'models.list'>>
  presets(): Promise<Output<'training.presets'>>
  start(params: Input<'training.start'>): Omit<JobRequest<{ runId: string }>, 'method'>
  resume(params: Input<'training.resume'>): Omit<JobRequest<{ runId: string }>, 'method'>
  /** Ends the work of a run; nothing happens to one that is not under way. */
  pause(params: Input<'training.pause'>): void
  remove(params: Input<'training.remove'>): Promise<void>
}

interface UnderWay {
  abort: AbortController
  work: NonNullable<TrainingRun['work']>
}

function parseConfig(text: string): TrainingConfig {
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch (thrown) {
    throw new UmbraError({
      code: 'usage',
      message: `The configuration is no JSON: ${(thrown as Error).message}`,
      hint: 'Correct it, or begin again from one of the given configurations.',
    })
  }
  return trainingConfig(given)
}

export function createTrainingSession(
  dataDirectory: string,
  backend: () => Promise<BackendChoice>,
): TrainingSession {
  const root = join(dataDirectory, 'training', 'runs')
  const folder = openRunFolder(root)
  const underWay = new Map<string, UnderWay>()

  /**
   * Trains in a process of its own until the run ends, is paused or its job is cancelled. A process that dies is replaced
   * by another, which goes on from the last checkpoint; one that has not completed an epoch is not.
   */
  async function trainToTheEnd(
    runId: string,
    config: TrainingConfig,
    entry: UnderWay,
    run: JobRun,
  ): Promise<void> {
    const epochsDone = async (): Promise<number> =>
      (await folder.list(() => null)).find((each) => each.runId === runId)?.history.length ?? 0
    for (;;) {
      const before = await epochsDone()
      try {
        return await trainInProcess(runId, config, entry, run)
      } catch (thrown) {
        const crashed = thrown instanceof UmbraError && thrown.code === 'tensorflow-crashed'
        if (!crashed || (await epochsDone()) === before) throw thrown
        run.log(`${thrown.message} Going on from the last checkpoint.`)
      }
    }
  }

  async function trainInProcess(
    runId: string,
    config: TrainingConfig,
    { abort, work }: UnderWay,
    run: JobRun,
  ): Promise<void> {
    const onProgress = (progress: number, stage: string): void => {
      Object.assign(work, { progress, stage })
      run.onProgress(progress, stage)
    }
    onProgress(0, 'starting TensorFlow')
    const tensorFlow = await startTensorFlowProcess('networks', {
      backend: await backend(),
      needsFiles: true,
    })
    try {
      const directory = folder.directoryOf(runId)
      const datasets = join(dataDirectory, 'training', 'datasets')
      const { ended } = await tensorFlow.run(
        trainJob,
        { config, directory, datasets },
        {
          signal: abort.signal,
          onProgress,
          onEvent: (event) => {
            if (event.kind === 'warning') {
              run.log(`Warning: ${event.warning.message}`)
              return
            }
            const { record, timeLeft } = event
            work.secondsLeft = timeLeft
            run.log(
              `Epoch ${record.epoch}: loss ${record.trainingLoss.toExponential(2)}, ` +
                `validation ${record.validationLoss.toExponential(2)}, ${record.seconds.toFixed(0)} s`,
            )
          },
        },
      )
      run.log(`Ended because ${ended}.`)
    } finally {
      tensorFlow.close()
    }
  }

  async function train(
    runId: string,
    config: () => Promise<TrainingConfig>,
    run: JobRun,
  ): Promise<{ runId: string }> {
    if (underWay.has(runId)) throw alreadyRunning(runId, 'This training is already under way.')
    const abort = new AbortController()
    const cancel = (): void => abort.abort()
    run.signal.addEventListener('abort', cancel, { once: true })
    const entry: UnderWay = { abort, work: { progress: 0, stage: '', secondsLeft: null } }
    underWay.set(runId, entry)
    try {
      await trainToTheEnd(runId, await config(), entry, run)
      return { runId }
    } catch (thrown) {
      const paused = abort.signal.aborted && !run.signal.aborted
      if (!paused) throw thrown
      run.log('Paused.')
      return { runId }
    } finally {
      run.signal.removeEventListener('abort', cancel)
      underWay.delete(runId)
    }
  }

  return {
    runs: async () => ({ runs: await folder.list((runId) => underWay.get(runId)?.work ?? null) }),
    models: async () => ({ models: await listModels({ own: join(dataDirectory, 'models'), runs: root }) }),
    presets: async () => ({ presets: await trainingPresets() }),
    start: ({ config: text }) => {
      const config = parseConfig(text)
      const runId = newRunId(config.name)
      const create = async (): Promise<TrainingConfig> => {
        await folder.create(runId, config)
        return config
      }
      return { title: `Train ${runId}`, key: `training ${runId}`, work: (run) => train(runId, create, run) }
    },
    resume: ({ runId }) => ({
      title: `Train ${runId}`,
      key: `training ${runId}`,
      work: (run) => train(runId, () => folder.config(runId), run),
    }),
    pause: ({ runId }) => underWay.get(runId)?.abort.abort(),
    remove: async ({ runId }) => {
      if (underWay.has(runId)) throw alreadyRunning(runId, 'A training under way cannot be removed.')
      await folder.remove(runId)
    },
  }
}

const alreadyRunning = (runId: string, message: string): UmbraError =>
  new UmbraError({ code: 'already-running', message, hint: 'Pause it first.', where: runId })
