import type { Tensor, Tensor1D, Tensor4D, Scalar } from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { openTensorFlow, type TensorFlow } from '../../../src-main/engine/compute/tensorflow'
import { compareGradient, tensorOf } from './finiteDifferences'

/** float32 sums of some hundred products. */
const EXACT = 2e-5

let tf: TensorFlow
beforeAll(async () => {
  tf = (await openTensorFlow({ backend: 'wasm' })).tf
})

const four = (shape: number[], seed = 1): Tensor4D => tensorOf<Tensor4D>(tf, shape, seed)

/** Gradients of an operation that is linear in each of its inputs, so that large differences are exact. */
function expectLinear(x: Tensor, f: (x: Tensor) => Tensor): void {
  const { error, largest } = compareGradient(tf, x, f, 0.5)
  expect(largest).toBeGreaterThan(0.1)
  expect(error).toBeLessThan(EXACT)
}

describe('the wasm backend trains: convolution', () => {
  const cases: {
    kernel: [number, number]
    stride: number
    dilation: number
    pad: 'same' | 'valid' | number
  }[] = [
    { kernel: [3, 3], stride: 1, dilation: 1, pad: 'same' },
    { kernel: [3, 3], stride: 1, dilation: 1, pad: 'valid' },
    { kernel: [3, 3], stride: 2, dilation: 1, pad: 'same' },
    { kernel: [3, 3], stride: 2, dilation: 1, pad: 'valid' },
    { kernel: [2, 2], stride: 2, dilation: 1, pad: 'valid' },
    { kernel: [2, 2], stride: 1, dilation: 1, pad: 'same' },
    { kernel: [1, 1], stride: 2, dilation: 1, pad: 'same' },
    { kernel: [5, 3], stride: 3, dilation: 1, pad: 'same' },
    { kernel: [7, 7], stride: 2, dilation: 1, pad: 3 },
    { kernel: [3, 3], stride: 1, dilation: 1, pad: 4 },
    { kernel: [3, 3], stride: 1, dilation: 2, pad: 'same' },
    { kernel: [3, 3], stride: 1, dilation: 4, pad: 'same' },
    { kernel: [3, 2], stride: 1, dilation: 3, pad: 'valid' },
  ]
  it.each(cases)('kernel $kernel, stride $stride, dilation $dilation, padding $pad', (each) => {
    const [x, kernel] = [four([2, 9, 8, 3]), four([...each.kernel, 3, 4], 2)]
    const convolve = (input: Tensor, weights: Tensor): Tensor =>
      tf.conv2d(input as Tensor4D, weights as Tensor4D, each.stride, each.pad, 'NHWC', each.dilation)
    expectLinear(x, (input) => convolve(input, kernel))
    expectLinear(kernel, (weights) => convolve(x, weights))
  })

  it.each([
    { kernel: 2, stride: 2, pad: 'same' as const },
    { kernel: 3, stride: 2, pad: 'same' as const },
    { kernel: 4, stride: 2, pad: 'same' as const },
    { kernel: 3, stride: 1, pad: 'same' as const },
  ])('transposed: kernel $kernel, stride $stride', ({ kernel: size, stride, pad }) => {
    const [x, kernel] = [four([2, 5, 4, 3]), four([size, size, 2, 3], 2)]
    const spread = (input: Tensor, weights: Tensor): Tensor =>
      tf.conv2dTranspose(input as Tensor4D, weights as Tensor4D, [2, 5 * stride, 4 * stride, 2], stride, pad)
    expectLinear(x, (input) => spread(input, kernel))
    expectLinear(kernel, (weights) => spread(x, weights))
  })

  it.each([
    { stride: 1, pad: 'same' as const },
    { stride: 2, pad: 'same' as const },
    { stride: 1, pad: 'valid' as const },
  ])('depthwise, stride $stride, padding $pad', ({ stride, pad }) => {
    const [x, kernel] = [four([2, 7, 6, 3]), four([3, 3, 3, 2], 2)]
    const convolve = (input: Tensor, weights: Tensor): Tensor =>
      tf.depthwiseConv2d(input as Tensor4D, weights as Tensor4D, stride, pad)
    expectLinear(x, (input) => convolve(input, kernel))
    expectLinear(kernel, (weights) => convolve(x, weights))
  })
})

describe('the wasm backend trains: pooling', () => {
  const cases = [
    { size: 2, stride: 2, pad: 'valid' as const },
    { size: 2, stride: 2, pad: 'same' as const },
    { size: 3, stride: 1, pad: 'same' as const },
    { size: 3, stride: 2, pad: 'same' as const },
    { size: 3, stride: 2, pad: 'valid' as const },
  ]
  it.each(cases)('average of $size, stride $stride, $pad', ({ size, stride, pad }) => {
    expectLinear(four([2, 7, 5, 3]), (x) => tf.avgPool(x as Tensor4D, size, stride, pad))
  })

  it.each(cases)('maximum of $size, stride $stride, $pad, of negative numbers', ({ size, stride, pad }) => {
    const x = tf.sub(four([2, 7, 5, 3]), 3)
    const { error, largest } = compareGradient(
      tf,
      x,
      (input) => tf.maxPool(input as Tensor4D, size, stride, pad),
      1e-3,
      210,
    )
    expect(largest).toBeGreaterThan(0.1)
    expect(error).toBeLessThan(2e-3)
  })

  it('gives the gradient of equal maxima to the first of them, as TensorFlow does', () => {
    const x = tf.tensor4d([-1, -1, -1, -1], [1, 2, 2, 1])
    const gradient = tf.grad((input) => tf.sum(tf.maxPool(input as Tensor4D, 2, 2, 'valid')))(x)
    expect([...gradient.dataSync()]).toEqual([1, 0, 0, 0])
  })
})

describe('the wasm backend trains: normalisation, resizing, selection', () => {
  it('batch normalisation over its batch', () => {
    const [x, scale] = [four([2, 4, 3, 3]), tf.tensor1d([0.7, 1.2, -0.5])]
    const normalise = (input: Tensor, gamma: Tensor): Tensor => {
      const { mean, variance } = tf.moments(input, [0, 1, 2])
      const [m, v, s] = [mean, variance, gamma] as Tensor1D[]
      return tf.batchNorm4d(input as Tensor4D, m, v, tf.zerosLike(s), s, 1e-3)
    }
    expect(compareGradient(tf, x, (input) => normalise(input, scale), 1e-2).error).toBeLessThan(1e-3)
    expectLinear(scale, (gamma) => normalise(x, gamma))
  })

  it.each([
    { aligned: false, half: false },
    { aligned: true, half: false },
    { aligned: false, half: true },
  ])('bilinear resizing, corners aligned $aligned, half-pixel centres $half', ({ aligned, half }) => {
    for (const size of [
      [12, 10],
      [9, 7],
      [4, 3],
    ] as [number, number][]) {
      expectLinear(four([2, 6, 5, 3]), (x) => tf.image.resizeBilinear(x as Tensor4D, size, aligned, half))
    }
  })

  it('nearest resizing of a batch', () => {
    expectLinear(four([2, 4, 3, 3]), (x) => tf.image.resizeNearestNeighbor(x as Tensor4D, [8, 6]))
  })

  it('gathering rows, one of them twice', () => {
    const rows = tf.tensor1d([2, 0, 2], 'int32')
    expectLinear(tensorOf(tf, [4, 5]), (x) => tf.gather(x, rows))
  })
})

describe('the wasm backend itself', () => {
  it('computes the maximum of negative numbers', () => {
    const x = tf.tensor4d([-4, -3, -2, -5], [1, 2, 2, 1])
    expect([...tf.maxPool(x, 2, 2, 'valid').dataSync()]).toEqual([-2])
  })

  it('tiles along every axis, numbers of every kind', () => {
    const x = tf.tensor3d([1, 2, 3, 4, 5, 6], [2, 1, 3], 'int32')
    const along = (axis: number, times: number, values: Tensor): Tensor =>
      tf.concat(Array<Tensor>(times).fill(values), axis)
    const expected = along(0, 3, along(1, 2, along(2, 2, x)))
    const tiled = tf.tile(x, [3, 2, 2])
    expect(tiled.shape).toEqual([6, 2, 6])
    expect(tiled.dtype).toBe('int32')
    expect([...tiled.dataSync()]).toEqual([...expected.dataSync()])
    expect([...tf.tile(tf.tensor1d([true, false], 'bool'), [2]).dataSync()]).toEqual([1, 0, 1, 0])
  })

  it('keeps no tensor over training steps', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', inputShape: [8, 8, 2] }),
        tf.layers.batchNormalization(),
        tf.layers.averagePooling2d({ poolSize: 2 }),
        tf.layers.conv2dTranspose({ filters: 1, kernelSize: 2, strides: 2 }),
      ],
    })
    const optimizer = tf.train.sgd(0.01)
    const [x, y] = [four([2, 8, 8, 2]), four([2, 8, 8, 1])]
    const step = (): number =>
      tf.tidy(() => {
        const cost = optimizer.minimize(
          () => tf.losses.meanSquaredError(y, model.apply(x) as Tensor) as Scalar,
          true,
        )
        return cost?.dataSync()[0] ?? Number.NaN
      })
    const first = step()
    const before = tf.memory().numTensors
    for (let i = 0; i < 20; i++) step()
    expect(tf.memory().numTensors).toBe(before)
    expect(step()).toBeLessThan(first)
  })

  it('adds no handler of uncaught errors to the process', () => {
    const ours = process.listeners('uncaughtException').map(String)
    expect(ours.filter((text) => text.includes('ExitStatus'))).toEqual([])
  })
})
