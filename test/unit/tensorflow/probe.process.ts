import { UmbraError } from '../../../src-main/contract'
import { handleJob, serveTensorFlow } from '../../../src-main/engine/compute/tensorflow'
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs'
import { buildNetwork, maskedLoss } from '../../../src-main/engine/networks'
import { countJob, endJob, gradientsJob, sumJob } from './probeJobs'

/** A process of the tests: jobs that compute, count, fail, die and hang. */
serveTensorFlow([
  handleJob(sumJob, async ({ tf }, { values }, { tell, onProgress }) => {
    tell({ values: values.length })
    onProgress(0.5, 'Adding')
    const x = tf.tensor1d(values)
    const [sum, doubled] = await Promise.all([tf.sum(x).data(), tf.mul(x, 2).data()])
    return { sum: sum[0], doubled: new Float32Array(doubled) }
  }),
  handleJob(countJob, async (_runtime, { steps }, { pause, onProgress }) => {
    for (let step = 0; step < steps; step++) {
      onProgress(step / steps, `Step ${step}`)
      await pause()
    }
    return { steps }
  }),
  handleJob(gradientsJob, async ({ tf }, { network: choice, shape, outputs, input, target }) => {
    const [, rows, columns, timePoints] = shape
    const network = buildNetwork(tf, choice, { size: [rows, columns], timePoints, outputs, seed: 11 })
    const frames = tf.tensor4d(input, shape)
    const maps = tf.tensor4d(target, [shape[0], rows, columns, outputs])
    const lossOf = maskedLoss(tf, 'known')
    const variables = network.trainableWeights.map((weight) => weight.read() as Variable)
    const { value, grads } = tf.variableGrads(
      () => lossOf(maps, network.apply(frames, { training: true }) as Tensor) as Scalar,
      variables,
    )
    const gradients = await Promise.all(
      network.trainableWeights.map(async (weight, index) => ({
        weight: weight.originalName,
        values: new Float32Array(await grads[variables[index].name].data()),
      })),
    )
    return { loss: (await value.data())[0], gradients }
  }),
  handleJob(endJob, async ({ tf }, { how }) => {
    if (how === 'lose-gpu') {
      const { device } = tf.backend() as unknown as { device: { destroy(): void } }
      const x = tf.tensor1d([1, 2])
      device.destroy()
      await tf.mul(x, 2).data()
    }
    if (how === 'exceed-gpu') {
      await tf
        .mul(tf.zeros([2 ** 29]), 2)
        .slice(0, 1)
        .data()
    }
    if (how === 'crash') process.kill(process.pid, 'SIGSEGV')
    if (how === 'error') {
      throw new UmbraError({ code: 'full', message: 'The disk is full.', hint: 'Free some.' })
    }
    for (;;);
  }),
])
