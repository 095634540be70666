import { join } from 'node:path'
import { UmbraError, type BackendChoice, type Input, type Output } from '@contract'
import { startTensorFlowProcess } from '../compute/tensorflow/process/start'
import type { JobRequest } from '../jobs'
import { openRunFolder, trainingConfig, trainingPresets, trainJob, type TrainingConfig } from '../training'

/** Training runs: each computes in a process of its own, so that neither its work nor its end touches the rest. */
export interface TrainingSession {
  runs(): Promise<Output<'training.runs'>>
  presets(): Promise<Output<'training.presets'>>
  start(params: Input<'training.start'>): Omit<JobRequest<{ runId: string }>, 'method'>
  resume(params: Input<'training.resume'>): Omit<JobRequest<{ runId: string }>, 'method'>
  remove(params: Input<'training.remove'>): Promise<void>
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
  const folder = openRunFolder(join(dataDirectory, 'training', 'runs'))
  const running = new Set<string>()

  const train = async (
    runId: string,
    config: TrainingConfig,
    run: Parameters<JobRequest<unknown>['work']>[0],
  ): Promise<{ runId: string }> => {
    if (running.has(runId)) {
      throw new UmbraError({
        code: 'already-running',
        message: 'This training is already under way.',
        where: runId,
      })
    }
    running.add(runId)
    try {
      run.onProgress(0, 'starting TensorFlow')
      const process = await startTensorFlowProcess('training', { backend: await backend() })
      try {
        const input = {
          config,
          directory: folder.directoryOf(runId),
          datasets: join(dataDirectory, 'training', 'datasets'),
        }
        const { ended } = await process.run(trainJob, input, {
          signal: run.signal,
          onProgress: run.onProgress,
          onEvent: ({ record }) =>
            run.log(
              `Epoch ${record.epoch}: loss ${record.trainingLoss.toExponential(2)}, ` +
                `validation ${record.validationLoss.toExponential(2)}, ${record.seconds.toFixed(0)} s`,
            ),
        })
        run.log(`Ended because ${ended}.`)
      } finally {
        process.close()
      }
      return { runId }
    } finally {
      running.delete(runId)
    }
  }

  return {
    runs: async () => ({ runs: await folder.list((runId) => running.has(runId)) }),
    presets: async () => ({ presets: await trainingPresets() }),
    start: ({ config: text }) => {
      const config = parseConfig(text)
      return {
        title: `Train ${config.name}`,
        key: `training.start ${Date.now()}`,
        work: async (run) => train(await folder.create(config), config, run),
      }
    },
    resume: ({ runId }) => ({
      title: `Train ${runId}`,
      key: `training.resume ${runId}`,
      work: async (run) => train(runId, await folder.config(runId), run),
    }),
    remove: async ({ runId }) => {
      if (running.has(runId)) {
        throw new UmbraError({
          code: 'already-running',
          message: 'A training under way cannot be removed.',
          hint: 'Pause it first.',
          where: runId,
        })
      }
      await folder.remove(runId)
    },
  }
}
