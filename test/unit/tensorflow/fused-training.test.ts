import { describe, expect, it } from 'vitest'
import { openTensorFlow, type BackendName } from '../../../src-main/engine/compute/tensorflow'
import { findNativeRuntime } from '../../../src-main/engine/compute/tensorflow/native/location'
import { buildNetwork } from '../../../src-main/engine/networks'

interface Trained {
  losses: number[]
  weights: { name: string; values: Float32Array }[]
  /** Left over by a step after the first. */
  tensors: number
}

const choice = { name: 'perfusion-unet' as const, depth: 2, width: 4, widest: null, batchNormalisation: true }
const wave = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(1.7 * i) ** 2)

/** Four steps of a small network with batch normalisation on two images. */
async function train(backend: BackendName): Promise<Trained> {
  const { tf } = await openTensorFlow({ backend })
  const network = buildNetwork(tf, choice, { size: null, timePoints: 3, outputs: 1, seed: 4 })
  network.compile({ optimizer: tf.train.sgd(0.2), loss: 'meanSquaredError' })
  const x = tf.tensor4d(wave(2 * 12 * 16 * 3), [2, 12, 16, 3])
  const y = tf.tensor4d(wave(2 * 12 * 16), [2, 12, 16, 1])
  const losses: number[] = []
  let tensors = 0
  for (let step = 0; step < 4; step++) {
    const before = tf.memory().numTensors
    losses.push(Number(await network.trainOnBatch(x, y)))
    tensors = tf.memory().numTensors - before
  }
  const weights = network.weights.map(({ name }, i) => ({
    name,
    values: Float32Array.from(network.getWeights()[i].dataSync()),
  }))
  tf.dispose([x, y])
  network.dispose()
  return { losses, weights, tensors }
}

describe.skipIf(!findNativeRuntime('cpu'))('training with fused kernels', () => {
  it('learns what the operations of TensorFlow.js learn, moving moments included', async () => {
    const composed = await train('wasm')
    const fused = await train('native')
    expect(composed.losses[3]).toBeLessThan(composed.losses[0])
    fused.losses.forEach((loss, step) => expect(loss).toBeCloseTo(composed.losses[step], 5))
    const endings = composed.weights.map(({ name }) => name.split('/').pop()!.replace(/_\d+$/, ''))
    expect(endings).toContain('moving_variance')
    fused.weights.forEach(({ values }, i) => {
      const largest = values.reduce(
        (most, value, k) => Math.max(most, Math.abs(value - composed.weights[i].values[k])),
        0,
      )
      expect(largest, composed.weights[i].name).toBeLessThan(2e-4)
    })
    expect(fused.tensors).toBe(0)
  })
})
