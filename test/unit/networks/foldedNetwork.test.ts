import type { Tensor, Tensor4D } from '@tensorflow/tfjs'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  openTensorFlow,
  type BackendName,
  type TensorFlow,
} from '../../../src-main/engine/compute/tensorflow'
import { findNativeRuntime } from '../../../src-main/engine/compute/tensorflow/native/location'
import { buildNetwork, foldNetwork } from '../../../src-main/engine/networks'

const backends: BackendName[] = findNativeRuntime('cpu') ? ['wasm', 'native'] : ['wasm']

describe.each(backends)('a network folded for prediction, on %s', (backend) => {
  let tf: TensorFlow
  beforeAll(async () => {
    tf = (await openTensorFlow({ backend })).tf
  })
  afterEach(() => tf.disposeVariables())

  const random = (shape: number[], low: number, high: number, seed: number): Tensor =>
    tf.randomUniform(shape, low, high, 'float32', seed)
  const largest = (a: Tensor, b: Tensor): number => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0])

  /** As after a training: no weight has its first value. */
  function shakeWeights(network: ReturnType<typeof buildNetwork>): void {
    const weights = network.getWeights()
    network.setWeights(
      weights.map((weight, i) =>
        network.weights[i].name.includes('variance')
          ? random(weight.shape, 0.2, 3, i)
          : tf.add(weight, random(weight.shape, -0.1, 0.1, i)),
      ),
    )
  }

  it.each([true, false])('gives the same maps (batch normalisation: %s)', (batchNormalisation) => {
    const choice = { name: 'perfusion-unet' as const, depth: 2, width: 6, widest: null, batchNormalisation }
    const network = buildNetwork(tf, choice, { size: null, timePoints: 5, outputs: 2, seed: 3 })
    shakeWeights(network)
    const frames = random([1, 16, 20, 5], -1, 1, 99) as Tensor4D
    const before = network.predict(frames) as Tensor
    const folded = foldNetwork(tf, network)
    const after = folded.predict(frames) as Tensor
    expect(after.shape).toEqual(before.shape)
    expect(Math.max(...before.dataSync()) - Math.min(...before.dataSync())).toBeGreaterThan(0.05)
    expect(largest(before, after)).toBeLessThan(2e-6)
    const kinds = folded.layers.map((layer) => layer.getClassName())
    expect(kinds).not.toContain('BatchNormalization')
    expect(kinds).not.toContain('ReLU')
  })

  it('leaves no tensors behind', () => {
    const choice = {
      name: 'perfusion-unet' as const,
      depth: 1,
      width: 4,
      widest: null,
      batchNormalisation: true,
    }
    const before = tf.memory().numTensors
    foldNetwork(tf, buildNetwork(tf, choice, { size: null, timePoints: 3, outputs: 1, seed: 3 })).dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('keeps a normalisation whose input is read elsewhere too, and a rectifier with a ceiling', () => {
    const input = tf.input({ shape: [8, 8, 3] })
    const convolved = tf.layers
      .conv2d({ filters: 4, kernelSize: 3, padding: 'same', useBias: false })
      .apply(input)
    const normalised = tf.layers.batchNormalization({ scale: false }).apply(convolved)
    const joined = tf.layers.add().apply([convolved, normalised] as never) as never
    const last = tf.layers.conv2d({ filters: 2, kernelSize: 1 }).apply(joined)
    const capped = tf.layers.reLU({ maxValue: 0.5 }).apply(last) as never
    const network = tf.model({ inputs: input, outputs: capped })
    const x = random([2, 8, 8, 3], -1, 1, 5)
    const before = network.predict(x) as Tensor
    const folded = foldNetwork(tf, network)
    expect(largest(before, folded.predict(x) as Tensor)).toBeLessThan(1e-6)
    expect(folded.layers.map((layer) => layer.getClassName())).toContain('BatchNormalization')
    expect(folded.layers.map((layer) => layer.getClassName())).toContain('ReLU')
  })
})
