import { UmbraError, type EpochRecord } from '@contract'
import { stopIfCancelled, type Run } from '../compute/run'
import type { Learner } from '../networks'
import { mixSeeds } from '../phantom'
import { epochOrder, windowBatch, type SliceChoice } from './batches'
import type { DatasetCache } from './cache'
import type { Checkpoint } from './checkpoint'
import type { TrainingConfig } from './config'
import { afterEpoch } from './plateau'
import { judge } from './validation'

/** A training under way. */
export interface Trainer {
  /** As after its last whole epoch. */
  state: Checkpoint
  /** One more epoch; null when there is nothing more to do, with the reason. */
  next(run?: Run): Promise<EpochRecord | null>
  ended: () => string | null
}

interface TrainerParts {
  /** With the weights of `resume`, where the run goes on. */
  learner: Learner
  data: DatasetCache
  training: SliceChoice[]
  validation: SliceChoice[]
  config: TrainingConfig
  configKey: string
  stride: number
  /** Goes on from here. */
  resume: Checkpoint | null
}

/**
 * Trains epoch by epoch: slices in a seeded order, windows from them, one step of the optimiser a batch, then the
 * validation slices, the learning rate by their loss. The state after an epoch depends on configuration, data and
 * backend alone: a run that is killed and resumed ends in the same weights.
 */
export function createTrainer(parts: TrainerParts): Trainer {
  const { learner, config, resume } = parts
  const begin: Checkpoint = {
    configKey: parts.configKey,
    epoch: 0,
    learningRate: config.optimiser.learningRate,
    bestLoss: Infinity,
    bestEpoch: 0,
    stalled: 0,
    plateauLoss: Infinity,
    elapsed: 0,
    history: [],
    // The learner has them; nothing is kept before the first epoch.
    weights: [],
    optimiser: [],
  }
  const trainer: Trainer = {
    state: resume ?? begin,
    ended: () => reasonToEnd(trainer.state, config),
    next: async (run = {}) => {
      if (trainer.ended() !== null) return null
      const figures = await trainEpoch(parts, trainer.state, run)
      const { tensors, ...learnt } = await learner.state()
      const record = { ...figures, tensors }
      trainer.state = stateAfter({ ...trainer.state, ...learnt }, record, config)
      return record
    },
  }
  return trainer
}

function reasonToEnd(state: Checkpoint, config: TrainingConfig): string | null {
  if (state.epoch >= config.epochs) return `all ${config.epochs} epochs are done`
  if (state.learningRate < config.plateau.lowest) return 'the learning rate has become too small to matter'
  if (config.minutes !== null && state.elapsed >= 60 * config.minutes) {
    return `the ${config.minutes} minutes are over`
  }
  const waited = state.epoch - state.bestEpoch
  if (config.earlyStopping !== null && waited >= config.earlyStopping) {
    return `the validation loss has not fallen for ${waited} epochs`
  }
  return null
}

async function trainEpoch(
  parts: TrainerParts,
  state: Checkpoint,
  run: Run,
): Promise<Omit<EpochRecord, 'tensors'>> {
  const { learner, data, config } = parts
  const start = performance.now()
  const epoch = state.epoch + 1
  const order = epochOrder(parts.training, config.seed, epoch).slice(0, config.slicesPerEpoch ?? undefined)
  const steps = Math.ceil(order.length / config.batch)
  let loss = 0
  for (let step = 0; step < steps; step++) {
    stopIfCancelled(run)
    const chosen = order.slice(step * config.batch, (step + 1) * config.batch)
    const seeds = [mixSeeds(config.seed, 0xa06), epoch, step]
    const batch = await windowBatch(data, chosen, config.window, config.augmentation, seeds)
    const stepLoss = await learner.step(batch, state.learningRate)
    if (!Number.isFinite(stepLoss)) throw diverged(epoch, step + 1, state.learningRate)
    loss += stepLoss / steps
    run.onProgress?.((step + 1) / (steps + 1), `Epoch ${epoch}, loss ${stepLoss.toExponential(2)}`)
    // A message can arrive, a cancelling be seen, between two steps.
    await new Promise(setImmediate)
  }
  const { stride } = parts
  const judgement = await judge(
    learner,
    data,
    parts.validation,
    { stride, lossRegion: config.lossRegion },
    run,
  )
  return {
    epoch,
    time: Date.now(),
    seconds: (performance.now() - start) / 1000,
    steps,
    learningRate: state.learningRate,
    trainingLoss: loss,
    validationLoss: judgement.loss,
    correlation: judgement.correlation,
  }
}

/** The state before an epoch, with the weights after it, and its figures. */
function stateAfter(state: Checkpoint, record: EpochRecord, config: TrainingConfig): Checkpoint {
  const better = record.validationLoss < state.bestLoss
  return {
    ...state,
    ...afterEpoch(state, record.validationLoss, config.plateau),
    epoch: record.epoch,
    bestLoss: better ? record.validationLoss : state.bestLoss,
    bestEpoch: better ? record.epoch : state.bestEpoch,
    elapsed: state.elapsed + record.seconds,
    history: [...state.history, record],
  }
}

function diverged(epoch: number, step: number, rate: number): UmbraError {
  return new UmbraError({
    code: 'training-diverged',
    message: `The loss is no number any more (epoch ${epoch}, step ${step}, learning rate ${rate}).`,
    hint: 'Choose a smaller learning rate. The last checkpoint is whole.',
  })
}
