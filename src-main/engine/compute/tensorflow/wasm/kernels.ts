import type { KernelConfig, KernelFunc, Tensor4D, TensorInfo } from '@tensorflow/tfjs'
import { inputGradient, kernelGradient } from '../convolutionGradients'
import type { TensorFlow } from '../library'
import { depthwiseInputGradient, depthwiseKernelGradient } from './depthwise'
import { floats, makeZeros, type WasmBackend } from './heap'
import { averagePoolGradient, maxPoolGradient } from './pooling'
import { tile } from './tile'

type Shape4 = [number, number, number, number]
type Pad =
  'same' | 'valid' | number | [[number, number], [number, number], [number, number], [number, number]]

/** What the attributes of the kernels below hold, by kernel. */
interface Attributes {
  strides: [number, number] | number
  pad: Pad
  dilations: [number, number] | number
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
  dataFormat?: 'NHWC' | 'NCHW'
  filterShape: Shape4
  inputShape: Shape4
  filterSize: [number, number] | number
  numSegments: number
  reps: number[]
}

type Kernel = (inputs: Record<string, TensorInfo>, attributes: Attributes, backend: WasmBackend) => TensorInfo

function segmentSum(
  backend: WasmBackend,
  x: TensorInfo,
  segments: TensorInfo,
  numSegments: number,
): TensorInfo {
  const [rows, ...rest] = x.shape
  const sums = makeZeros(backend, [numSegments, ...rest])
  const length = rest.reduce((product, size) => product * size, 1)
  const [from, to] = [floats(backend, x), floats(backend, sums)]
  const segmentOf = backend.typedArrayFromHeap(segments)
  for (let row = 0; row < rows; row++) {
    const segment = segmentOf[row]
    if (segment < 0 || segment >= numSegments) continue
    for (let i = 0; i < length; i++) to[segment * length + i] += from[row * length + i]
  }
  return sums
}

function kernelsOf(tf: TensorFlow): Record<string, Kernel> {
  const convolution = (x: Shape4, kernel: Shape4, { strides, pad, dimRoundingMode }: Attributes) =>
    tf.backend_util.computeConv2DInfo(x, kernel, strides, 1, pad, dimRoundingMode)
  const depthwise = (x: Shape4, kernel: Shape4, { strides, dilations, pad, dimRoundingMode }: Attributes) =>
    tf.backend_util.computeConv2DInfo(x, kernel, strides, dilations ?? 1, pad, dimRoundingMode, true)
  const pooling = (x: number[], { filterSize, strides, pad, dimRoundingMode }: Attributes) =>
    tf.backend_util.computePool2DInfo(x as Shape4, filterSize, strides, 1, pad, dimRoundingMode)

  return {
    Conv2DBackpropFilter: ({ x, dy }, attributes) =>
      kernelGradient(
        tf,
        x as Tensor4D,
        dy as Tensor4D,
        convolution(x.shape as Shape4, attributes.filterShape, attributes),
      ),
    Conv2DBackpropInput: ({ dy, filter }, attributes) =>
      inputGradient(
        tf,
        dy as Tensor4D,
        filter as Tensor4D,
        convolution(attributes.inputShape, filter.shape as Shape4, attributes),
      ),
    DepthwiseConv2dNativeBackpropInput: ({ dy, filter }, attributes, backend) =>
      depthwiseInputGradient(
        backend,
        dy,
        filter,
        depthwise(attributes.inputShape, filter.shape as Shape4, attributes),
      ),
    DepthwiseConv2dNativeBackpropFilter: ({ x, dy }, attributes, backend) =>
      depthwiseKernelGradient(
        backend,
        x,
        dy,
        attributes.filterShape,
        depthwise(x.shape as Shape4, attributes.filterShape, attributes),
      ),
    AvgPoolGrad: ({ dy, input }, attributes, backend) =>
      averagePoolGradient(backend, dy, pooling(input.shape, attributes)),
    MaxPoolGrad: ({ dy, input }, attributes, backend) =>
      maxPoolGradient(backend, dy, input, pooling(input.shape, attributes)),
    Tile: ({ x }, { reps }, backend) => tile(backend, x, reps),
    UnsortedSegmentSum: ({ x, segmentIds }, { numSegments }, backend) =>
      segmentSum(backend, x, segmentIds, numSegments),
  }
}

/**
 * Gives the wasm backend the kernels it lacks for training (tensorflow/tfjs issue 8474) and replaces those of its own
 * that are wrong (pooling gradients) or slow (the input's gradient: 12 against 0.8 GFLOP/s; tiling).
 */
export function registerWasmKernels(tf: TensorFlow): void {
  for (const [kernelName, kernel] of Object.entries(kernelsOf(tf))) {
    if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm')
    const kernelFunc = (({ inputs, attrs, backend }) =>
      kernel(
        inputs as Record<string, TensorInfo>,
        attrs as unknown as Attributes,
        backend as WasmBackend,
      )) as KernelFunc
    const config: KernelConfig = { kernelName, backendName: 'wasm', kernelFunc }
    tf.registerKernel(config)
  }
}
