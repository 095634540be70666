import { join } from 'node:path'
import {
  UmbraError,
  type BackendChoice,
  type Geometry,
  type Input,
  type Output,
  type TrainingRun,
} from '@contract'
import { startTensorFlowProcess } from '../compute/tensorflow'
import type { JobRequest, JobRun } from '../jobs'
import { mapDefinitions } from '../perfusion'
import { exportJob, listModels } from '../prediction'
import type { CasesToLearn } from '../reading'
import {
  newRunId,
  openRunFolder,
  readExample,
  surveyCases,
  trainingConfig,
  trainingPresets,
  trainJob,
  type CaseFiles,
  type TrainingConfig,
} from '../training'
import type { VoxelRegistry } from './voxelRegistry'

/** Training runs: each computes in a process of its own, so that neither its work nor its end touches the rest. */
export interface TrainingSession {
  runs(): Promise<Output<'training.runs'>>
  /** What can make maps: the networks that come with Umbra, those put into the data folder's `models`, those trained here. */
  models(): Promise<Output<'models.list'>>
  presets(): Promise<Output<'training.presets'>>
  /** The example slice of a run after its latest epoch; its images are read as voxels. */
  example(params: Input<'training.example'>): Promise<Output<'training.example'>>
  /** The cases of a reading study, as ones to learn from. */
  cases(params: Input<'training.cases'>): Omit<JobRequest<Output<'training.cases'>>, 'method'>
  start(params: Input<'training.start'>): Omit<JobRequest<{ runId: string }>, 'method'>
  resume(params: Input<'training.resume'>): Omit<JobRequest<{ runId: string }>, 'method'>
  /** Ends the work of a run; nothing happens to one that is not under way. */
  pause(params: Input<'training.pause'>): void
  /** Writes the model of a finished run as an ONNX file. */
  export(params: Input<'training.export'>): Omit<JobRequest<Output<'training.export'>>, 'method'>
  remove(params: Input<'training.remove'>): Promise<void>
}

/** What a run learns, and where the cases of a reading study lie, if it learns from one. */
interface Order {
  config: TrainingConfig
  files: CaseFiles | null
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
  voxels: VoxelRegistry,
  backend: () => Promise<BackendChoice>,
  toLearn: CasesToLearn,
): TrainingSession {
  const root = join(dataDirectory, 'training', 'runs')
  const folder = openRunFolder(root)
  const underWay = new Map<string, UnderWay>()

  /**
   * Trains in a process of its own until the run ends, is paused or its job is cancelled. A process that dies is replaced
   * by another, which goes on from the last checkpoint; one that has not completed an epoch is not.
   */
  async function trainToTheEnd(runId: string, order: Order, entry: UnderWay, run: JobRun): Promise<void> {
    const epochsDone = async (): Promise<number> =>
      (await folder.list(() => null)).find((each) => each.runId === runId)?.history.length ?? 0
    for (;;) {
      const before = await epochsDone()
      try {
        return await trainInProcess(runId, order, entry, run)
      } catch (thrown) {
        const crashed = thrown instanceof UmbraError && thrown.code === 'tensorflow-crashed'
        if (!crashed || (await epochsDone()) === before) throw thrown
        run.log(`${thrown.message} Going on from the last checkpoint.`)
      }
    }
  }

  async function trainInProcess(
    runId: string,
    { config, files }: Order,
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
      besideWindow: 'windowTraining',
    })
    try {
      const directory = folder.directoryOf(runId)
      const datasets = join(dataDirectory, 'training', 'datasets')
      const { ended } = await tensorFlow.run(
        trainJob,
        { config, directory, datasets, files },
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

  async function exportInProcess(runId: string, run: JobRun): Promise<Output<'training.export'>> {
    const directory = folder.directoryOf(runId)
    const { name } = await folder.config(runId)
    run.onProgress(0, 'comparing the file with the model')
    const tensorFlow = await startTensorFlowProcess('networks', { backend: 'wasm' })
    try {
      const order = { folder: join(directory, 'model'), to: join(directory, `${name}.onnx`) }
      return await tensorFlow.run(exportJob, order, { signal: run.signal })
    } finally {
      tensorFlow.close()
    }
  }

  async function train(runId: string, order: () => Promise<Order>, run: JobRun): Promise<{ runId: string }> {
    if (underWay.has(runId)) throw alreadyRunning(runId, 'This training is already under way.')
    const abort = new AbortController()
    const cancel = (): void => abort.abort()
    run.signal.addEventListener('abort', cancel, { once: true })
    const entry: UnderWay = { abort, work: { progress: 0, stage: '', secondsLeft: null } }
    underWay.set(runId, entry)
    try {
      await trainToTheEnd(runId, await order(), entry, run)
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

  /** Asks the case store what it knows of the data, where a configuration names a reading study. */
  function settle(config: TrainingConfig, session: string | null = null): Order {
    if (config.data.kind !== 'reading-study') return { config, files: null }
    if (session === null) {
      throw new UmbraError({
        code: 'signed-out',
        message: 'The cases of a reading study teach only where its owner is signed in.',
        hint: 'Sign in in Reading, then start or resume the training again.',
      })
    }
    const { choice, files } = toLearn.settle(session, config.data)
    toLearn.note(session, choice)
    return { config: { ...config, data: choice }, files }
  }

  async function casesOf(
    { session, studyId }: Input<'training.cases'>,
    run: JobRun,
  ): Promise<Output<'training.cases'>> {
    const { cases, sources } = toLearn.protocol(session, studyId)
    const surveyed = await surveyCases(cases, {}, run)
    return {
      cases: cases.map(({ key, name }, i) => {
        const { patient, problem } = surveyed[i]
        return { key, name, patient, problem }
      }),
      sources: sources.filter(({ method }) => method !== 'cnn').map(({ key, name }) => ({ key, name })),
    }
  }

  /** The latest that was asked for of each run: those before it are let go. */
  const shown = new Map<string, string>()

  async function example(runId: string): Promise<Output<'training.example'>> {
    const found = await readExample(folder.directoryOf(runId))
    if (!found) return null
    const { epoch, patient, slice, rows, columns, spacing, maps, images } = found
    const id = `example-${runId}-${epoch}`
    const former = shown.get(runId)
    if (former !== undefined && former !== id) voxels.forget(former)
    shown.set(runId, id)
    const definitions = mapDefinitions('cnn')
    const geometry: Geometry = {
      size: [columns, rows, 1],
      spacing: [spacing ?? 1, spacing ?? 1, 1],
      origin: [0, 0, 0],
      direction: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
      frameOfReference: '',
    }
    const frames = 1 + 2 * maps.length
    return {
      epoch,
      patient,
      slice,
      maps: maps.map((name) => ({ name, label: name.toUpperCase(), unit: definitions[name].unit })),
      images: voxels.register(id, { voxels: images, geometry, frames, unit: '' }),
    }
  }

  return {
    example: ({ runId }) => example(runId),
    runs: async () => ({ runs: await folder.list((runId) => underWay.get(runId)?.work ?? null) }),
    models: async () => ({ models: await listModels({ own: join(dataDirectory, 'models'), runs: root }) }),
    presets: async () => ({ presets: await trainingPresets() }),
    cases: (params) => {
      toLearn.protocol(params.session, params.studyId)
      return {
        title: 'Look at the cases of a reading study',
        key: `training.cases ${params.studyId}`,
        work: (run) => casesOf(params, run),
      }
    },
    start: ({ config: text, session }) => {
      const order = settle(parseConfig(text), session)
      const runId = newRunId(order.config.name)
      const create = async (): Promise<Order> => {
        await folder.create(runId, order.config)
        return order
      }
      return { title: `Train ${runId}`, key: `training ${runId}`, work: (run) => train(runId, create, run) }
    },
    resume: ({ runId, session }) => ({
      title: `Train ${runId}`,
      key: `training ${runId}`,
      work: (run) => train(runId, async () => settle(await folder.config(runId), session), run),
    }),
    pause: ({ runId }) => underWay.get(runId)?.abort.abort(),
    export: ({ runId }) => ({
      title: `Export ${runId} as ONNX`,
      key: `training.export ${runId}`,
      work: (run) => exportInProcess(runId, run),
    }),
    remove: async ({ runId }) => {
      if (underWay.has(runId)) throw alreadyRunning(runId, 'A training under way cannot be removed.')
      await folder.remove(runId)
    },
  }
}

const alreadyRunning = (runId: string, message: string): UmbraError =>
  new UmbraError({ code: 'already-running', message, hint: 'Pause it first.', where: runId })
