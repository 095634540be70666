import { UmbraError } from '../../../src-main/contract'
import { handleJob, serveTensorFlow } from '../../../src-main/engine/compute/tensorflow'
import { countJob, endJob, sumJob } from './probeJobs'

/** A process of the tests: jobs that compute, count, fail, die and hang. */
serveTensorFlow([
  handleJob(sumJob, async ({ tf }, { values }, { tell, onProgress }) => {
    tell({ values: values.length })
    onProgress(0.5, 'Adding')
    return tf.tidy(() => {
      const x = tf.tensor1d(values)
      return { sum: tf.sum(x).dataSync()[0], doubled: new Float32Array(tf.mul(x, 2).dataSync()) }
    })
  }),
  handleJob(countJob, async (_runtime, { steps }, { pause, onProgress }) => {
    for (let step = 0; step < steps; step++) {
      onProgress(step / steps, `Step ${step}`)
      await pause()
    }
    return { steps }
  }),
  handleJob(endJob, async (_runtime, { how }) => {
    if (how === 'crash') process.kill(process.pid, 'SIGSEGV')
    if (how === 'error') {
      throw new UmbraError({ code: 'full', message: 'The disk is full.', hint: 'Free some.' })
    }
    for (;;);
  }),
])
