import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { openTensorFlow, type BackendName, type TensorFlow } from '../../src-main/engine/compute/tensorflow'
import { findNativeRuntime } from '../../src-main/engine/compute/tensorflow/native/location'

const file = resolve(__dirname, '../../../shared/data/networks/golden-layers.json')

interface Golden {
  x: unknown
  [layer: string]: unknown
}
type Case = Record<string, never> & { y: number[] }

const backends: BackendName[] = findNativeRuntime('cpu') ? ['wasm', 'native'] : ['wasm']

/** Layers computed in float64 by independent implementations, against TensorFlow.js on each backend of this machine. */
describe.skipIf(!existsSync(file)).each(backends)('layers on %s', (backend) => {
  let tf: TensorFlow
  let golden: Golden
  let x: Tensor4D

  beforeAll(async () => {
    tf = (await openTensorFlow({ backend })).tf
    golden = JSON.parse(readFileSync(file, 'utf8')) as Golden
    x = tf.tensor(golden.x as number[]) as Tensor4D
  })

  const layer = (name: string): Case => golden[name] as Case
  const kernel = (name: string, key: string): Tensor4D => tf.tensor(layer(name)[key]) as Tensor4D
  const vector = (name: string, key: string): Tensor1D => tf.tensor1d(layer(name)[key])

  function expectLayer(name: string, y: Tensor): void {
    const truth = tf.tensor(layer(name).y)
    expect(y.shape).toEqual(truth.shape)
    expect(tf.max(tf.abs(tf.sub(y, truth))).dataSync()[0]).toBeLessThan(3e-6)
  }

  it.each([
    { name: 'conv3_p1', pad: 1, stride: 1, dilation: 1 },
    { name: 'conv3_s2_p1', pad: 1, stride: 2, dilation: 1 },
    { name: 'conv3_d2_p2', pad: 2, stride: 1, dilation: 2 },
    { name: 'conv3_d4_p4', pad: 4, stride: 1, dilation: 4 },
    { name: 'conv7_s2_p3', pad: 3, stride: 2, dilation: 1 },
  ])('$name', ({ name, pad, stride, dilation }) => {
    const sides: [number, number] = [pad, pad]
    const framed = tf.pad(x, [[0, 0], sides, sides, [0, 0]])
    expectLayer(name, tf.conv2d(framed, kernel(name, 'kernel_hwio'), stride, 'valid', 'NHWC', dilation))
  })

  it('convT2_s2 and convT4_s2_p1', () => {
    for (const name of ['convT2_s2', 'convT4_s2_p1']) {
      expectLayer(name, tf.conv2dTranspose(x, kernel(name, 'kernel_hwOI_tfjs'), [2, 12, 12, 5], 2, 'same'))
    }
  })

  it('maximum and average pooling', () => {
    expectLayer('maxpool2_s2', tf.maxPool(x, 2, 2, 'valid'))
    const odd = tf.slice(x, [0, 0, 0, 0], [2, 5, 5, 4]) as Tensor4D
    expectLayer('avgpool2_ceil', tf.avgPool(odd, 2, 2, 'same'))
    expectLayer('avgpool3_s1_p1_exclude_pad', tf.avgPool(x, 3, 1, 'same'))
  })

  it('resizing', () => {
    expectLayer('bilinear_x2_align_true', tf.image.resizeBilinear(x, [12, 12], true))
    expectLayer('bilinear_x2_align_false_halfpixel', tf.image.resizeBilinear(x, [12, 12], false, true))
    expectLayer('bilinear_to_9x7_align_true', tf.image.resizeBilinear(x, [9, 7], true))
    expectLayer('nearest_x2', tf.image.resizeNearestNeighbor(x, [12, 12]))
  })

  it('batch normalisation, in evaluation and in training', () => {
    const name = 'batchnorm_eval_eps1e-5'
    const [mean, variance, gamma, beta] = ['mean', 'var', 'gamma', 'beta'].map((key) => vector(name, key))
    expectLayer(name, tf.batchNorm4d(x, mean, variance, beta, gamma, 1e-5))
    const moments = tf.moments(x, [0, 1, 2])
    const [batchMean, batchVariance] = [moments.mean, moments.variance] as Tensor1D[]
    expectLayer('batchnorm_train_eps1e-5', tf.batchNorm4d(x, batchMean, batchVariance, beta, gamma, 1e-5))
  })

  it('leaky and parametric rectifiers', () => {
    expectLayer('leaky_0.1', tf.leakyRelu(x, 0.1))
    expectLayer('prelu_per_channel', tf.prelu(x as Tensor, vector('prelu_per_channel', 'alpha')))
  })
})
