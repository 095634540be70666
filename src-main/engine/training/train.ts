import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { UmbraError, type EpochRecord, type Warning } from '@contract'
import { programIdentity } from '../compute/programIdentity'
import { partOfRun, type Run } from '../compute/run'
import { writeFileAtomically } from '../files/atomic'
import { replaceFolder, restoreFolder } from '../files/replaceFolder'
import { networkStride, writeModel, type Learner, type LearnerSpec, type OpenLearner } from '../networks'
import { allSlices, epochOrder, type SliceChoice } from './batches'
import type { DatasetCache } from './cache'
import { readCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint'
import type { TrainingConfig } from './config'
import { lesionWarnings, refusePatientInBoth } from './dataChecks'
import { buildDataset } from './dataset'
import { chooseExample, predictExample, writeExample } from './example'
import { historyCsv } from './history'
import { createTrainer, type Trainer } from './loop'
import { modelCard } from './modelCard'
import { resumeRun } from './resume'
import { holdRun } from './runLock'
import { checkSplit, readSplit, splitPatients, SPLIT_FILE, type Split } from './split'
import { readStart, startOf, writeStart, type StartModel } from './startModel'
import type { CaseFiles } from './storedCases'
import { eventFile } from './tensorboard'

/** In the folder of a run: why it ended. Not there while it goes on, or can. */
export const ENDED_FILE = 'ended.json'

export interface TrainingRequest {
  config: TrainingConfig
  /** Gets config.json, split.json, metrics.csv, events, checkpoints, `model/` and, when all is done, ended.json. */
  directory: string
  /** Where prepared data sets are kept; several runs share one. */
  datasets: string
  /** Where the cases of a reading study lie, for a configuration that names one. */
  files?: CaseFiles | null
  /** Says what computes, for the card: "tensorflow 2.15.1, 2 threads". */
  computedBy: string
  onEpoch?: (record: EpochRecord, timeLeft: number | null) => void
  /** What is wrong with data or folder, but can be gone on with; also in warnings.json. */
  onWarning?: (warning: Warning) => void
}

export interface TrainingResult {
  directory: string
  model: string
  epochs: number
  bestEpoch: number
  best: EpochRecord
  ended: string
  parameters: number
}

/**
 * Runs or resumes a training. A folder that holds a run of the same configuration goes on from its last checkpoint, or
 * where that is damaged from its best; one of another configuration is refused (`other-run`). Cancelling, a kill and a
 * full disk keep everything up to the last whole epoch; who teaches and who judges stays as it was. What computes is the
 * learner, here or elsewhere; data and folder are read and written here. One process at a time trains in a folder
 * (`run-in-use`). Throws what `buildDataset`, `checkSplit` and `readStart` throw, `damaged-checkpoint`,
 * `training-diverged`, `write-failed`, and what the learner throws.
 */
export async function trainNetwork(
  openLearner: OpenLearner,
  request: TrainingRequest,
  run: Run = {},
): Promise<TrainingResult> {
  const { config, directory } = request
  if (config.split.patients) refusePatientInBoth(config.split.patients)
  const configKey = keyOf(config)
  const folder = await holdRun(directory)
  try {
    return await trainInFolder(openLearner, request, configKey, run)
  } finally {
    await folder.release()
  }
}

async function trainInFolder(
  openLearner: OpenLearner,
  request: TrainingRequest,
  configKey: string,
  run: Run,
): Promise<TrainingResult> {
  const { config, directory } = request
  await restoreFolder(join(directory, 'model'))
  const { from: resume, warnings } = await resumeRun(directory, configKey)
  // Before the data are prepared, which takes long.
  const start = resume || config.start === null ? null : await readStart(config.start, config)
  const data = await buildDataset(
    request.datasets,
    config.data,
    config.input,
    config.outputs,
    partOfRun(run, 0, resume ? 0.02 : 0.3),
    request.files,
  )
  try {
    const split = (resume && (await readSplit(directory))) ?? chooseSplit(config, data)
    checkSplit(split, data.studies)
    await rm(join(directory, ENDED_FILE), { force: true })
    await describeRun(request, split)
    if (start) await writeStart(directory, start.about)
    await warn(request, [...warnings, ...skippedWarnings(data), ...lesionWarnings(split, data.studies)])
    const slicesOf = (patients: string[]): SliceChoice[] =>
      allSlices(data.studies.filter(({ patient }) => patients.includes(patient)))
    const validation = epochOrder(slicesOf(split.validation), config.split.seed, 0).slice(
      0,
      config.validationSlices ?? undefined,
    )
    const stride = networkStride(config.network)
    const shown = await chooseExample(data, validation)
    const training = slicesOf(split.training)
    const learner = await openLearner(learnerSpec(config), resume ?? start?.from ?? null)
    const trainer = createTrainer({ learner, data, training, validation, config, configKey, stride, resume })
    const showExample = async ({ epoch, time }: EpochRecord): Promise<void> => {
      if (!shown) return
      const example = await predictExample(learner, data, shown, { epoch, stride })
      await writeExample(directory, example, time)
    }
    try {
      const begun = config.start === null ? null : (start?.about ?? (await startOf(directory)))
      const work: Training = { learner, trainer, request, split, start: begun }
      await runEpochs(work, showExample, partOfRun(run, resume ? 0.02 : 0.3, 1))
      return await finish(work)
    } catch (thrown) {
      throw withEpochKept(thrown, trainer.state.epoch)
    } finally {
      learner.dispose()
    }
  } finally {
    await data.close()
  }
}

/** A run's parts, once its data are there. */
interface Training {
  learner: Learner
  trainer: Trainer
  request: TrainingRequest
  split: Split
  /** What it began from, where that was a model. */
  start: StartModel | null
}

async function warn({ directory, onWarning }: TrainingRequest, warnings: Warning[]): Promise<void> {
  await writeFileAtomically(join(directory, 'warnings.json'), `${JSON.stringify(warnings, null, 2)}\n`)
  for (const warning of warnings) onWarning?.(warning)
}

function skippedWarnings({ skipped }: DatasetCache): Warning[] {
  return skipped.map(({ patient, reason }) => ({
    code: 'patient-skipped',
    message: `${patient} is left out: ${reason}`,
  }))
}

/** A full disk ends a run, but not what it has learnt. */
function withEpochKept(thrown: unknown, epoch: number): unknown {
  if (!(thrown instanceof UmbraError) || thrown.code !== 'write-failed') return thrown
  const { code, message, hint, where } = thrown
  const kept =
    epoch > 1 ? ` What was learnt up to epoch ${epoch - 1} is kept: the run goes on from there.` : ''
  return new UmbraError({ code, message: `${message}${kept}`, hint, where })
}

/** The network of a configuration takes any multiple of its stride. */
function learnerSpec({ network, input, outputs, seed, optimiser, lossRegion }: TrainingConfig): LearnerSpec {
  return { network, timePoints: input.timePoints, outputs: outputs.length, seed, optimiser, lossRegion }
}

/** What decides the weights; how long a run may last does not. */
function keyOf(config: TrainingConfig): string {
  const { epochs: _epochs, minutes: _minutes, name: _name, start, ...rest } = config
  // Without `start` as before there was one: a run that was begun then goes on.
  const decisive = start === null ? rest : { ...rest, start }
  return createHash('sha256').update(JSON.stringify(decisive)).digest('hex')
}

function chooseSplit(config: TrainingConfig, data: DatasetCache): Split {
  const { patients, ...choice } = config.split
  return (
    patients ??
    splitPatients(
      data.studies.map(({ patient }) => patient),
      choice,
    )
  )
}

async function describeRun({ config, directory, computedBy }: TrainingRequest, split: Split): Promise<void> {
  const about = { version: __UMBRA_VERSION__, program: await programIdentity(), computedBy }
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
  await writeFileAtomically(join(directory, 'config.json'), json(config))
  await writeFileAtomically(join(directory, SPLIT_FILE), json(split))
  await writeFileAtomically(join(directory, 'code.json'), json(about))
}

async function runEpochs(
  work: Training,
  showExample: (record: EpochRecord) => Promise<void>,
  run: Run,
): Promise<void> {
  const { trainer, request } = work
  const { config, directory } = request
  for (;;) {
    const { epoch, elapsed } = trainer.state
    const byEpochs = epoch / config.epochs
    const byTime = config.minutes === null ? 0 : elapsed / (60 * config.minutes)
    const [from, to] = [Math.max(byEpochs, byTime), Math.max((epoch + 1) / config.epochs, byTime)]
    const record = await trainer.next(partOfRun(run, Math.min(from, 1), Math.min(to, 1)))
    if (record === null) return
    const { state } = trainer
    await keep(state, directory)
    await showExample(record)
    if (state.bestEpoch === state.epoch) {
      await writeRunModel(work, record, 'it goes on: this is the best so far')
    }
    const perEpoch = state.elapsed / state.epoch
    const left = (config.epochs - state.epoch) * perEpoch
    const allowed = config.minutes === null ? left : 60 * config.minutes - state.elapsed
    request.onEpoch?.(record, Math.max(0, Math.min(left, allowed)))
  }
}

/** Best before last: a kill in between costs nothing, since the epoch is then run again. */
async function keep(state: Checkpoint, directory: string): Promise<void> {
  if (state.bestEpoch === state.epoch) await writeCheckpoint(join(directory, 'best.checkpoint'), state)
  await writeCheckpoint(join(directory, 'last.checkpoint'), state)
  await writeHistory(state, directory)
}

async function writeHistory(state: Checkpoint, directory: string): Promise<void> {
  await writeFileAtomically(join(directory, 'metrics.csv'), historyCsv(state.history))
  await writeFileAtomically(join(directory, 'metrics.json'), JSON.stringify(state.history))
  await writeFileAtomically(join(directory, 'events.out.tfevents.0.umbra'), eventFile(state.history))
}

async function finish(work: Training): Promise<TrainingResult> {
  const { learner, trainer, request } = work
  const { directory } = request
  const ended = trainer.ended() ?? 'it was cancelled'
  await writeHistory(trainer.state, directory)
  const best = await readCheckpoint(join(directory, 'best.checkpoint'))
  if (!best) {
    throw new UmbraError({ code: 'no-epoch', message: 'Not one epoch was finished.', where: directory })
  }
  await learner.restoreWeights(best.weights)
  const record = best.history[best.history.length - 1]
  const model = await writeRunModel(work, record, ended)
  await writeFileAtomically(join(directory, ENDED_FILE), `${JSON.stringify({ ended })}\n`)
  return {
    directory,
    model,
    epochs: trainer.state.epoch,
    bestEpoch: best.epoch,
    best: record,
    ended,
    parameters: learner.outline.parameters,
  }
}

/** Writes the network as it is now, with its card, into the run's `model` folder. */
async function writeRunModel(work: Training, best: EpochRecord, ended: string): Promise<string> {
  const { learner, trainer, request, split, start } = work
  const { config, directory, computedBy } = request
  const model = join(directory, 'model')
  const { history } = trainer.state
  const { outline } = learner
  const { parameters } = outline
  const card = modelCard({ config, start, split, best, history, ended, parameters, computedBy })
  const { name, network, input, outputs } = config
  const created = new Date().toISOString()
  const about = { name, network, input, outputs, created, version: __UMBRA_VERSION__ }
  const parts = await learner.parts()
  await replaceFolder(model, async (next) => {
    await writeModel(parts, outline, about, next, card)
  })
  return model
}
