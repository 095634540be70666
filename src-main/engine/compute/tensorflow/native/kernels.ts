import type { KernelBackend, KernelConfig, Tensor, TensorInfo } from '@tensorflow/tfjs'
import { RELU_GRADIENT, TRAIN_BATCH_NORM, TRAIN_BATCH_NORM_GRADIENT } from '../fusedTraining'
import type { TensorFlow } from '../library'

interface Attribute {
  name: string
  type: number
  value: unknown
}

/** What the kernels use of the backend of tfjs-node. */
interface NodeBackend extends KernelBackend {
  binding: Record<'TF_ATTR_TYPE' | 'TF_ATTR_FLOAT' | 'TF_ATTR_STRING' | 'TF_ATTR_BOOL' | 'TF_FLOAT', number>
  executeMultipleOutputs(
    name: string,
    attributes: Attribute[],
    inputs: TensorInfo[],
    outputs: number,
  ): Tensor[]
}

type Inputs = Record<string, TensorInfo>
type Kernel = (
  inputs: Inputs,
  attributes: { epsilon: number },
  backend: NodeBackend,
) => TensorInfo | TensorInfo[]

function kernelsOf(tf: TensorFlow): Record<string, Kernel> {
  const batchNorm = ({ binding }: NodeBackend, epsilon: number): Attribute[] => [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'U', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'epsilon', type: binding.TF_ATTR_FLOAT, value: epsilon },
    { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
    { name: 'is_training', type: binding.TF_ATTR_BOOL, value: true },
  ]
  return {
    [TRAIN_BATCH_NORM]: ({ x, gamma, beta }, { epsilon }, backend) => {
      const empty = tf.tensor1d([], 'float32')
      const inputs = [x, gamma, beta, empty, empty]
      const outputs = backend.executeMultipleOutputs(
        'FusedBatchNormV3',
        batchNorm(backend, epsilon),
        inputs,
        6,
      )
      empty.dispose()
      return outputs
    },
    [TRAIN_BATCH_NORM_GRADIENT]: ({ dy, x, gamma, mean, variance, reserve }, { epsilon }, backend) => {
      const inputs = [dy, x, gamma, mean, variance, reserve]
      const attributes = batchNorm(backend, epsilon)
      const outputs = backend.executeMultipleOutputs('FusedBatchNormGradV3', attributes, inputs, 5)
      tf.dispose(outputs.slice(3))
      return outputs.slice(0, 3)
    },
    [RELU_GRADIENT]: ({ dy, y }, _, backend) => {
      const type = [{ name: 'T', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT }]
      return backend.executeMultipleOutputs('ReluGrad', type, [dy, y], 1)[0]
    },
  }
}

/** Gives the native backend the kernels of libtensorflow that tfjs-node leaves out and training is faster with. */
export function registerNativeKernels(tf: TensorFlow): void {
  for (const [kernelName, kernel] of Object.entries(kernelsOf(tf))) {
    const config: KernelConfig = {
      kernelName,
      backendName: 'tensorflow',
      kernelFunc: ({ inputs, attrs, backend }) =>
        kernel(inputs as Inputs, attrs as unknown as { epsilon: number }, backend as NodeBackend),
    }
    tf.registerKernel(config)
  }
}
