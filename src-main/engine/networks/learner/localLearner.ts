import { UmbraError } from '@contract'
import { outlineOf, partsOf } from '../artifacts'
import { buildNetwork } from '../registry'
import type { LayersModel, Tensor, Tensor4D, TensorFlow } from '../tensorflow'
import type { Images, LearnerSpec, OpenLearner, StoredTensor } from './learner'
import {
  createOptimiser,
  optimiserState,
  restoreOptimiser,
  setLearningRate,
  settleOptimiser,
} from './optimiser'

/** Learners that compute with the TensorFlow of this process. The same on the same backend give the same bits. */
export function localLearner(tf: TensorFlow): OpenLearner {
  return async (spec, from) => {
    const { outputs, timePoints, seed } = spec
    const network = buildNetwork(tf, spec.network, { size: null, timePoints, outputs, seed })
    const optimiser = createOptimiser(tf, spec.optimiser)
    network.compile({ optimizer: optimiser, loss: maskedLoss(tf, spec.lossRegion) })
    let rate = spec.optimiser.learningRate
    const dispose = (): void => {
      optimiser.dispose()
      network.dispose()
    }
    try {
      if (from) {
        restoreWeights(tf, network, from.weights)
        await restoreOptimiser(tf, optimiser, from.optimiser)
      }
    } catch (thrown) {
      dispose()
      throw thrown
    }
    return {
      outline: outlineOf(network),
      step: async (batch, learningRate) => {
        if (learningRate !== rate) setLearningRate(optimiser, learningRate)
        rate = learningRate
        const shape: [number, number, number] = [batch.images, batch.rows, batch.columns]
        const input = tf.tensor4d(batch.input, [...shape, timePoints])
        const target = tf.tensor4d(batch.target, [...shape, outputs])
        const loss = Number(await network.trainOnBatch(input, target))
        tf.dispose([input, target])
        return loss
      },
      predict: (images) => predictImages(tf, network, images),
      state: async () => {
        const { numTensors } = tf.memory()
        settleOptimiser(tf, optimiser)
        const weights = await weightsOf(network)
        return { weights, optimiser: await optimiserState(optimiser), tensors: numTensors }
      },
      restoreWeights: async (weights) => restoreWeights(tf, network, weights),
      parts: () => partsOf(tf, network),
      dispose,
    }
  }
}

/** Puts images through a network: 0..1 [image × row × column × map]. */
export async function predictImages(
  tf: TensorFlow,
  network: LayersModel,
  { images, rows, columns, input }: Images,
): Promise<Float32Array> {
  const timePoints = input.length / (images * rows * columns)
  const frames = tf.tensor4d(input, [images, rows, columns, timePoints])
  const output = network.predict(frames) as Tensor4D
  const maps = await output.data<'float32'>()
  tf.dispose([frames, output])
  return maps
}

/**
 * Mean squared error over the known pixels: targets below 0 are unknown, and count as 0 where `region` is the whole
 * image.
 */
export function maskedLoss(
  tf: TensorFlow,
  region: LearnerSpec['lossRegion'],
): (target: Tensor, output: Tensor) => Tensor {
  return (target, output) => {
    if (region === 'image') return tf.mean(tf.square(tf.sub(tf.maximum(target, 0), output)))
    const known = tf.cast(tf.greaterEqual(target, 0), 'float32')
    const squares = tf.mul(tf.square(tf.sub(target, output)), known)
    return tf.div(tf.sum(squares), tf.maximum(tf.sum(known), 1))
  }
}

async function weightsOf(network: LayersModel): Promise<StoredTensor[]> {
  const values = network.getWeights()
  return Promise.all(
    network.weights.map(async ({ name }, index) => ({
      name,
      shape: values[index].shape,
      values: Float32Array.from(await values[index].data()),
    })),
  )
}

function restoreWeights(tf: TensorFlow, network: LayersModel, weights: readonly StoredTensor[]): void {
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
