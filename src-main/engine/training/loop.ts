import { UmbraError, type EpochRecord } from '@contract'
import { stopIfCancelled, type Run } from '../compute/run'
import type { LayersModel, Optimizer, Tensor, TensorFlow } from '../networks'
import { mixSeeds } from '../phantom'
import { epochOrder, windowBatch, type SliceChoice } from './batches'
import type { DatasetCache } from './cache'
import type { Checkpoint, StoredTensor } from './checkpoint'
import type { TrainingConfig } from './config'
import {
  createOptimiser,
  optimiserState,
  restoreOptimiser,
  setLearningRate,
  settleOptimiser,
} from './optimiser'
import { afterEpoch } from './plateau'
import { judge } from './validation'

/** A training under way. */
export interface Trainer {
  network: LayersModel
  /** As after its last whole epoch. */
  state: Checkpoint
  /** One more epoch; null when there is nothing more to do, with the reason. */
  next(run?: Run): Promise<EpochRecord | null>
  ended: () => string | null
  dispose(): void
}

interface TrainerParts {
  tf: TensorFlow
  network: LayersModel
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
 * Mean squared error over the known pixels: targets below 0 are unknown, and count as 0 where `region` is the whole
 * image.
 */
export function maskedLoss(
  tf: TensorFlow,
  region: TrainingConfig['lossRegion'],
): (target: Tensor, output: Tensor) => Tensor {
  return (target, output) => {
    if (region === 'image') return tf.mean(tf.square(tf.sub(tf.maximum(target, 0), output)))
    const known = tf.cast(tf.greaterEqual(target, 0), 'float32')
    const squares = tf.mul(tf.square(tf.sub(target, output)), known)
    return tf.div(tf.sum(squares), tf.maximum(tf.sum(known), 1))
  }
}

/**
 * Trains epoch by epoch: slices in a seeded order, windows from them, one step of the optimiser a batch, then the
 * validation slices, the learning rate by their loss. The state after an epoch depends on configuration, data and
 * backend alone: a run that is killed and resumed ends in the same weights.
 */
export async function createTrainer(parts: TrainerParts): Promise<Trainer> {
  const { tf, network, config, resume } = parts
  const optimiser = createOptimiser(tf, config.optimiser)
  network.compile({ optimizer: optimiser, loss: maskedLoss(tf, config.lossRegion) })
  const state: Checkpoint = resume ?? {
    configKey: parts.configKey,
    epoch: 0,
    learningRate: config.optimiser.learningRate,
    bestLoss: Infinity,
    bestEpoch: 0,
    stalled: 0,
    plateauLoss: Infinity,
    elapsed: 0,
    history: [],
    weights: await networkWeights(network),
    optimiser: [],
  }
  if (resume) {
    restoreWeights(tf, network, resume.weights)
    await restoreOptimiser(tf, optimiser, resume.optimiser)
  }
  const trainer: Trainer = {
    network,
    state,
    ended: () => reasonToEnd(trainer.state, config),
    next: async (run = {}) => {
      if (trainer.ended() !== null) return null
      const record = await trainEpoch(parts, optimiser, trainer.state, run)
      trainer.state = await stateAfter(tf, network, optimiser, trainer.state, record, config)
      return record
    },
    dispose: () => {
      optimiser.dispose()
      network.dispose()
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
  optimiser: Optimizer,
  state: Checkpoint,
  run: Run,
): Promise<EpochRecord> {
  const { tf, network, data, config } = parts
  const start = performance.now()
  const epoch = state.epoch + 1
  setLearningRate(optimiser, state.learningRate)
  const order = epochOrder(parts.training, config.seed, epoch).slice(0, config.slicesPerEpoch ?? undefined)
  const steps = Math.ceil(order.length / config.batch)
  let loss = 0
  for (let step = 0; step < steps; step++) {
    stopIfCancelled(run)
    const chosen = order.slice(step * config.batch, (step + 1) * config.batch)
    const seeds = [mixSeeds(config.seed, 0xa06), epoch, step]
    const batch = await windowBatch(data, chosen, config.window, config.augmentation, seeds)
    const shape: [number, number, number] = [batch.images, batch.rows, batch.columns]
    const input = tf.tensor4d(batch.input, [...shape, data.input.timePoints])
    const target = tf.tensor4d(batch.target, [...shape, data.outputs.length])
    const stepLoss = Number(await network.trainOnBatch(input, target))
    tf.dispose([input, target])
    if (!Number.isFinite(stepLoss)) throw diverged(epoch, step + 1, state.learningRate)
    loss += stepLoss / steps
    run.onProgress?.((step + 1) / (steps + 1), `Epoch ${epoch}, loss ${stepLoss.toExponential(2)}`)
    // A message can arrive, a cancelling be seen, between two steps.
    await new Promise(setImmediate)
  }
  const judgement = await judge(
    tf,
    network,
    data,
    parts.validation,
    { stride: parts.stride, lossRegion: config.lossRegion },
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
    tensors: tf.memory().numTensors,
  }
}

async function stateAfter(
  tf: TensorFlow,
  network: LayersModel,
  optimiser: Optimizer,
  state: Checkpoint,
  record: EpochRecord,
  config: TrainingConfig,
): Promise<Checkpoint> {
  const better = record.validationLoss < state.bestLoss
  const plateau = afterEpoch(state, record.validationLoss, config.plateau)
  settleOptimiser(tf, optimiser)
  return {
    ...state,
    ...plateau,
    epoch: record.epoch,
    bestLoss: better ? record.validationLoss : state.bestLoss,
    bestEpoch: better ? record.epoch : state.bestEpoch,
    elapsed: state.elapsed + record.seconds,
    history: [...state.history, record],
    weights: await networkWeights(network),
    optimiser: await optimiserState(optimiser),
  }
}

async function networkWeights(network: LayersModel): Promise<StoredTensor[]> {
  const values = network.getWeights()
  return Promise.all(
    network.weights.map(async ({ name }, index) => ({
      name,
      shape: values[index].shape,
      values: Float32Array.from(await values[index].data()),
    })),
  )
}

/** Throws `other-network` where the weights are another network's. */
export function restoreWeights(tf: TensorFlow, network: LayersModel, weights: readonly StoredTensor[]): void {
  const fits =
    weights.length === network.weights.length &&
    network.getWeights().every(({ shape }, index) => `${shape}` === `${weights[index].shape}`)
  if (!fits) {
    throw new UmbraError({
      code: 'other-network',
      message: 'The weights belong to a network of another size.',
      hint: 'Go on with the configuration that the run began with.',
    })
  }
  const tensors = weights.map(({ values, shape }) => tf.tensor(values, shape))
  network.setWeights(tensors)
  tf.dispose(tensors)
}

function diverged(epoch: number, step: number, rate: number): UmbraError {
  return new UmbraError({
    code: 'training-diverged',
    message: `The loss is no number any more (epoch ${epoch}, step ${step}, learning rate ${rate}).`,
    hint: 'Choose a smaller learning rate. The last checkpoint is whole.',
  })
}
