import { z } from 'zod'
import type { Optimizer, TensorFlow } from '../tensorflow'
import type { StoredTensor } from './learner'

export const optimiserSchema = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('sgd'),
    learningRate: z.number().positive().default(0.1),
    momentum: z.number().min(0).max(0.999).default(0),
  }),
  z.strictObject({
    name: z.literal('adam'),
    learningRate: z.number().positive().default(1e-3),
    beta1: z.number().min(0).max(0.9999).default(0.9),
    beta2: z.number().min(0).max(0.99999).default(0.999),
    epsilon: z.number().positive().default(1e-7),
  }),
  z.strictObject({
    name: z.literal('rmsprop'),
    learningRate: z.number().positive().default(1e-3),
    decay: z.number().min(0).max(0.9999).default(0.9),
  }),
])
export type OptimiserChoice = z.output<typeof optimiserSchema>

/** What TensorFlow.js keeps to itself of an optimiser. */
interface Inside {
  learningRate: number
  beta1?: number
  beta2?: number
  iterations_?: number
  accBeta1?: { assign(value: unknown): void }
  accBeta2?: { assign(value: unknown): void }
}

export function createOptimiser(tf: TensorFlow, choice: OptimiserChoice): Optimizer {
  switch (choice.name) {
    case 'sgd':
      return choice.momentum > 0
        ? tf.train.momentum(choice.learningRate, choice.momentum)
        : tf.train.sgd(choice.learningRate)
    case 'adam':
      return tf.train.adam(choice.learningRate, choice.beta1, choice.beta2, choice.epsilon)
    case 'rmsprop':
      return tf.train.rmsprop(choice.learningRate, choice.decay)
  }
}

export function setLearningRate(optimiser: Optimizer, rate: number): void {
  const settable = optimiser as Optimizer & { setLearningRate?: (rate: number) => void }
  if (settable.setLearningRate) settable.setLearningRate(rate)
  else (optimiser as unknown as Inside).learningRate = rate
}

/**
 * Adam multiplies its powers of β on and on, but a resumed one raises β to the step's number, which differs in the last
 * bit. A run that goes on takes the same value at every checkpoint, so that both go on alike.
 */
export function settleOptimiser(tf: TensorFlow, optimiser: Optimizer): void {
  const inside = optimiser as unknown as Inside
  const { accBeta1, accBeta2, beta1, beta2 } = inside
  if (!accBeta1 || !accBeta2 || beta1 === undefined || beta2 === undefined) return
  const steps = (inside.iterations_ ?? 0) + 1
  tf.tidy(() => {
    accBeta1.assign(tf.scalar(Math.fround(beta1 ** steps)))
    accBeta2.assign(tf.scalar(Math.fround(beta2 ** steps)))
  })
}

export async function optimiserState(optimiser: Optimizer): Promise<StoredTensor[]> {
  const state: StoredTensor[] = []
  for (const { name, tensor } of await optimiser.getWeights()) {
    state.push({ name, shape: tensor.shape, values: Float32Array.from(await tensor.data()) })
    // The count of steps is a tensor made for the occasion; the others are the optimiser's own.
    if (name === 'iter') tensor.dispose()
  }
  return state
}

export async function restoreOptimiser(
  tf: TensorFlow,
  optimiser: Optimizer,
  state: readonly StoredTensor[],
): Promise<void> {
  if (state.length === 0) return
  const named = state.map(({ name, shape, values }) => ({
    name,
    tensor: name === 'iter' ? tf.scalar(values[0], 'int32') : tf.tensor(values, shape),
  }))
  await optimiser.setWeights(named as unknown as Parameters<Optimizer['setWeights']>[0])
  settleOptimiser(tf, optimiser)
  for (const { tensor } of named) tensor.dispose()
}
