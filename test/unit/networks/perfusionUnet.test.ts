import type { Tensor4D } from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { openTensorFlow, type TensorFlow } from '../../../src-main/engine/compute/tensorflow'
import { buildNetwork, maskedLoss, networkSchema, networkStride } from '../../../src-main/engine/networks'

let tf: TensorFlow
beforeAll(async () => {
  tf = (await openTensorFlow({ backend: 'wasm' })).tf
})

const shape = { size: null, timePoints: 89, outputs: 1, seed: 1 }

describe('the network of the paper', () => {
  it('has the 31,104,833 parameters of the authors’ public code, 31,093,057 of them trainable', () => {
    const network = buildNetwork(tf, networkSchema.parse({ name: 'perfusion-unet' }), {
      ...shape,
      size: [512, 512],
    })
    expect(network.countParams()).toBe(31_104_833)
    const trainable = network.trainableWeights.reduce(
      (sum, { shape: sides }) => sum + sides.reduce<number>((product, side) => product * (side ?? 1), 1),
      0,
    )
    expect(trainable).toBe(31_093_057)
    expect(network.outputs[0].shape).toEqual([null, 512, 512, 1])
    network.dispose()
  })

  it('pools by the average, four times, and never by the maximum', () => {
    const network = buildNetwork(tf, networkSchema.parse({ name: 'perfusion-unet', width: 4 }), shape)
    const classes = network.layers.map((layer) => layer.getClassName())
    expect(classes.filter((name) => name === 'AveragePooling2D')).toHaveLength(4)
    expect(classes.filter((name) => name.startsWith('MaxPooling'))).toHaveLength(0)
    expect(networkStride(networkSchema.parse({ name: 'perfusion-unet' }))).toBe(16)
    network.dispose()
  })

  it('keeps its maps within 0 and 1, one channel for each', () => {
    const choice = networkSchema.parse({ name: 'perfusion-unet', depth: 2, width: 4 })
    const network = buildNetwork(tf, choice, { ...shape, timePoints: 5, outputs: 3 })
    const input = tf.randomNormal([2, 8, 12, 5], 0, 50, 'float32', 3) as Tensor4D
    const output = network.predict(input) as Tensor4D
    expect(output.shape).toEqual([2, 8, 12, 3])
    const values = output.dataSync()
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...values)).toBeLessThanOrEqual(1)
    tf.dispose([input, output])
    network.dispose()
  })

  it('starts from the same weights with the same seed, and from others with another', () => {
    const choice = networkSchema.parse({ name: 'perfusion-unet', depth: 1, width: 2 })
    const weights = [1, 1, 2].map((seed) => {
      const network = buildNetwork(tf, choice, { ...shape, timePoints: 3, seed })
      const values = Array.from(network.getWeights()[0].dataSync())
      network.dispose()
      return values
    })
    expect(weights[1]).toEqual(weights[0])
    expect(weights[2]).not.toEqual(weights[0])
  })

  it('refuses a size that its stages cannot halve', () => {
    const choice = networkSchema.parse({ name: 'perfusion-unet', width: 2 })
    expect(() => buildNetwork(tf, choice, { ...shape, size: [200, 200] })).toThrow(/multiples of 16/)
  })
})

describe('the gradient of the loss', () => {
  it.each([false, true])('is that of finite differences, batch normalisation %s', (batchNormalisation) => {
    const choice = networkSchema.parse({ name: 'perfusion-unet', depth: 2, width: 2, batchNormalisation })
    const network = buildNetwork(tf, choice, { ...shape, timePoints: 3, outputs: 2 })
    const input = tf.randomNormal([2, 8, 8, 3], 0, 1, 'float32', 7) as Tensor4D
    const target = tf.randomUniform([2, 8, 8, 2], -0.3, 1, 'float32', 8) as Tensor4D
    const loss = (): number =>
      tf.tidy(
        () =>
          maskedLoss(tf, 'known')(target, network.apply(input, { training: true }) as Tensor4D).dataSync()[0],
      )
    const { grads } = tf.variableGrads(() =>
      maskedLoss(tf, 'known')(target, network.apply(input, { training: true }) as Tensor4D).asScalar(),
    )
    const checked = network.trainableWeights.filter(({ name }) =>
      /(down1_a|bottleneck_b|up1_narrow|maps)\/kernel/.test(name),
    )
    expect(checked).toHaveLength(4)
    for (const weight of checked) {
      const values = weight.read().dataSync().slice()
      const gradient = Object.entries(grads)
        .find(([name]) => name.startsWith(weight.name))?.[1]
        .dataSync()
      if (!gradient) throw new Error(`no gradient of ${weight.name}`)
      const sizes = Array.from(gradient, Math.abs)
      const largest = sizes.indexOf(Math.max(...sizes))
      const step = 2e-3
      const at = (shift: number): number => {
        const moved = values.slice()
        moved[largest] += shift
        const tensor = tf.tensor(moved, weight.shape as number[])
        weight.write(tensor)
        tensor.dispose()
        return loss()
      }
      const difference = (at(step) - at(-step)) / (2 * step)
      at(0)
      expect(Math.abs(difference - gradient[largest])).toBeLessThan(0.03 * Math.abs(gradient[largest]) + 2e-5)
    }
    tf.dispose([input, target])
    network.dispose()
  })

  it('leaves unknown pixels out', () => {
    const output = tf.tensor([0.5, 0.5, 0.5])
    const known = (target: number[]): number =>
      maskedLoss(tf, 'known')(tf.tensor(target), output).dataSync()[0]
    expect(known([0.7, -1, -1])).toBeCloseTo(0.04, 6)
    expect(known([-1, -1, -1])).toBe(0)
    const image = maskedLoss(tf, 'image')(tf.tensor([0.7, -1, -1]), output).dataSync()[0]
    expect(image).toBeCloseTo((0.04 + 0.25 + 0.25) / 3, 6)
  })
})
