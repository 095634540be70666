import type { NamedTensorMap, Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs'
import type { TensorFlow } from './library'

/** Kernels that only some backends have; without them the library's own operations compute the same. */
export const TRAIN_BATCH_NORM = 'TrainBatchNorm'
export const TRAIN_BATCH_NORM_GRADIENT = 'TrainBatchNormGradient'
export const RELU_GRADIENT = 'ReluGradient'

type Gradients = Record<string, () => Tensor>

/** What the layer of TensorFlow.js holds. */
interface BatchNormalisationLayer {
  axis: number
  momentum: number
  epsilon: number
  gamma: LayerVariable | null
  beta: LayerVariable | null
  movingMean: LayerVariable
  movingVariance: LayerVariable
  call(inputs: Tensor | Tensor[], options: { training?: boolean }): Tensor | Tensor[]
}
interface LayerVariable {
  read(): Tensor1D
  write(value: Tensor): void
}

/** `moving` approaches `value` by 1 − momentum. */
function approach(tf: TensorFlow, moving: LayerVariable, value: Tensor, momentum: number): void {
  moving.write(tf.add(tf.mul(moving.read(), momentum), tf.mul(value, 1 - momentum)))
}

function registerGradients(tf: TensorFlow): void {
  const run = <T>(name: string, inputs: Record<string, Tensor>, attributes = {}): T =>
    tf.engine().runKernel(name, inputs as unknown as NamedTensorMap, attributes) as unknown as T

  tf.registerGradient({
    kernelName: TRAIN_BATCH_NORM,
    inputsToSave: ['x', 'gamma'],
    outputsToSave: [false, false, false, true, true, true],
    gradFunc: (dys, [x, gamma, mean, variance, reserve], attributes): Gradients => {
      const dy = (dys as Tensor[])[0]
      const inputs = { dy, x, gamma, mean, variance, reserve }
      const [dx, dgamma, dbeta] = run<Tensor[]>(TRAIN_BATCH_NORM_GRADIENT, inputs, attributes)
      return { x: () => dx, gamma: () => dgamma, beta: () => dbeta }
    },
  })

  const relu = tf.getGradient('Relu')
  tf.unregisterGradient('Relu')
  tf.registerGradient({
    kernelName: 'Relu',
    // The output, which the next layer keeps too, and not the input, which then can go.
    outputsToSave: [true],
    gradFunc: (dy, saved, attributes): Gradients => {
      if (!tf.getKernel(RELU_GRADIENT, tf.getBackend())) return relu.gradFunc(dy, saved, attributes)
      return { x: () => run<Tensor>(RELU_GRADIENT, { dy: dy as Tensor, y: saved[0] }) }
    },
  })
}

/**
 * Lets training use one kernel for what TensorFlow.js does in many where the backend has it: batch normalisation by the
 * batch's own moments with its gradient, and the gradient of the rectifier. The values are the same.
 */
export function fuseTraining(tf: TensorFlow): void {
  registerGradients(tf)
  const layer = Object.getPrototypeOf(tf.layers.batchNormalization()) as BatchNormalisationLayer
  const { call } = layer
  layer.call = function (inputs, options) {
    const { axis, gamma, beta, epsilon, momentum } = this
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as Tensor4D
    const lastAxis = axis === -1 || axis === x.rank - 1
    const fits = options.training && x.rank === 4 && lastAxis && gamma && beta
    if (!fits || !tf.getKernel(TRAIN_BATCH_NORM, tf.getBackend())) return call.call(this, inputs, options)
    return tf.tidy(() => {
      const tensors = { x, gamma: gamma.read(), beta: beta.read() } as unknown as NamedTensorMap
      const [y, mean, variance] = tf.engine().runKernel(TRAIN_BATCH_NORM, tensors, { epsilon }) as Tensor[]
      const count = x.size / x.shape[3]
      approach(tf, this.movingMean, mean, momentum)
      // The kernel's variance is that of a sample; the layer keeps that of the batch.
      approach(tf, this.movingVariance, tf.mul(variance, (count - 1) / count), momentum)
      return y
    })
  }
}
