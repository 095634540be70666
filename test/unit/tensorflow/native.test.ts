import type { Tensor, Tensor4D, Variable } from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import {
  openTensorFlow,
  type BackendName,
  type TensorFlow,
} from '../../../src-main/engine/compute/tensorflow'
import { findNativeRuntime } from '../../../src-main/engine/compute/tensorflow/native/location'
import { compareGradient, numbers, tensorOf } from './finiteDifferences'

type Layer = (x: Tensor4D) => Tensor4D

/** A U-Net of two stages: convolutions, batch normalisation, both poolings, transposed convolution, concatenation. */
function makeNetwork(tf: TensorFlow): { variables: Variable[]; predict: Layer } {
  const variables: Variable[] = []
  const variable = (shape: number[], scale: number, offset = 0): Variable => {
    const size = shape.reduce((product, each) => product * each, 1)
    const values = numbers(size, variables.length + 1).map((value) => value * scale + offset)
    const made = tf.variable(tf.tensor(values, shape))
    variables.push(made)
    return made
  }
  const convolution = (inputs: number, outputs: number): Layer => {
    const kernel = variable([3, 3, inputs, outputs], Math.sqrt(2 / (9 * inputs)))
    const [gamma, beta] = [variable([outputs], 0.2, 1), variable([outputs], 0.2)]
    return (x) => {
      const y = tf.conv2d(x, kernel as unknown as Tensor4D, 1, 'same')
      const { mean, variance } = tf.moments(y, [0, 1, 2])
      return tf.relu(tf.batchNorm(y, mean as never, variance as never, beta as never, gamma as never))
    }
  }
  const [first, second, middle, last] = [
    convolution(6, 8),
    convolution(8, 16),
    convolution(16, 16),
    convolution(24, 8),
  ]
  const up = variable([2, 2, 16, 16], 0.3)
  const head = variable([1, 1, 16, 3], 0.3)
  const predict: Layer = (x) => {
    const full = first(x)
    const half = second(tf.avgPool(full, 2, 2, 'same'))
    const quarter = middle(tf.maxPool(half, 2, 2, 'same'))
    const [batch, height, width] = half.shape
    const risen = tf.conv2dTranspose(
      quarter,
      up as unknown as Tensor4D,
      [batch, height, width, 16],
      2,
      'same',
    )
    const wide = tf.image.resizeBilinear(risen, [full.shape[1], full.shape[2]])
    const joined = last(tf.concat([full, wide], 3))
    return tf.sigmoid(tf.conv2d(tf.concat([joined, full], 3), head as unknown as Tensor4D, 1, 'same'))
  }
  return { variables, predict }
}

interface Course {
  output: Float32Array
  gradients: Float32Array[]
  losses: number[]
}

/** The output, the gradients of a mean squared error, and the losses of five training steps, on one backend. */
async function course(backend: BackendName): Promise<Course> {
  const { tf } = await openTensorFlow({ backend })
  const { variables, predict } = makeNetwork(tf)
  const x = tensorOf<Tensor4D>(tf, [2, 32, 24, 6], 91)
  const y = tf.abs(tensorOf<Tensor4D>(tf, [2, 32, 24, 3], 92))
  const loss = (): Tensor => tf.losses.meanSquaredError(y, predict(x))
  const output = tf.tidy(() => predict(x).dataSync<'float32'>().slice())
  const { grads } = tf.variableGrads(loss as never, variables)
  const gradients = variables.map(({ name }) => grads[name].dataSync<'float32'>().slice())
  const optimizer = tf.train.adam(0.01)
  const losses = Array.from({ length: 5 }, () => {
    const cost = optimizer.minimize(loss as never, true, variables)
    return cost?.dataSync()[0] ?? Number.NaN
  })
  return { output, gradients, losses }
}

const largest = (values: Float32Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
const difference = (a: Float32Array, b: Float32Array): number => largest(a.map((value, i) => value - b[i]))

/** `npm run setup:tensorflow` makes these run. */
describe.skipIf(!findNativeRuntime('cpu'))('native TensorFlow', () => {
  it('gives the same output, gradients and course of training as wasm', async () => {
    const [wasm, native] = [await course('wasm'), await course('native')]
    expect(difference(wasm.output, native.output)).toBeLessThan(1e-4)
    wasm.gradients.forEach((gradient, i) => {
      expect(difference(gradient, native.gradients[i])).toBeLessThan(1e-3 * largest(native.gradients[i]))
    })
    wasm.losses.forEach((loss, i) => expect(loss).toBeCloseTo(native.losses[i], 4))
    expect(native.losses[4]).toBeLessThan(native.losses[0])
  })

  it('is TensorFlow 2, on this machine’s processor, and all of TensorFlow.js is one engine', async () => {
    const { tf, version, device, threads, backend } = await openTensorFlow({ backend: 'native' })
    expect(version).toMatch(/^2\.\d+\.\d+$/)
    expect(device).not.toBe('')
    expect(threads).toBeGreaterThan(0)
    expect(backend).toBe('native')
    expect(tf.getBackend()).toBe('tensorflow')
    expect(tf.layers.dense({ units: 1 }).getClassName()).toBe('Dense')
    expect((tf.tensor([1, 2]).square().arraySync() as number[])[1]).toBe(4)
  })

  it('has right gradients of dilated convolution and half-pixel resizing too', async () => {
    const { tf } = await openTensorFlow({ backend: 'native' })
    const [x, kernel] = [tensorOf<Tensor4D>(tf, [2, 9, 8, 3]), tensorOf<Tensor4D>(tf, [3, 3, 3, 4], 2)]
    const convolve = (input: Tensor, weights: Tensor): Tensor =>
      tf.conv2d(input as Tensor4D, weights as Tensor4D, 1, 'same', 'NHWC', 2)
    expect(compareGradient(tf, x, (input) => convolve(input, kernel), 0.5).error).toBeLessThan(2e-5)
    expect(compareGradient(tf, kernel, (weights) => convolve(x, weights), 0.5).error).toBeLessThan(2e-5)
    const resize = (input: Tensor): Tensor =>
      tf.image.resizeBilinear(input as Tensor4D, [13, 16], false, true)
    expect(compareGradient(tf, x, resize, 0.5).error).toBeLessThan(2e-5)
  })
})

describe('choosing a backend', () => {
  it('names the remedy when CUDA is not to be had', async () => {
    const wanted = openTensorFlow({ backend: 'cuda' })
    if (findNativeRuntime('cuda')) return void wanted.catch(() => undefined)
    await expect(wanted).rejects.toMatchObject({
      code: 'backend-unavailable',
      hint: expect.stringMatching(/setup:tensorflow|wasm/) as string,
    })
  })

  it('always finds one', async () => {
    const { backend, tf } = await openTensorFlow()
    expect(['cuda', 'native', 'wasm', 'webgpu']).toContain(backend)
    expect(tf.tensor([3]).dataSync()[0]).toBe(3)
  })
})
