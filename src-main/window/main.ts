import type { LayersModel, Tensor4D } from '@tensorflow/tfjs'
import { measureConvolution } from '../engine/compute/tensorflow/process/measure'
import { measureJob } from '../engine/compute/tensorflow/process/measureJob'
import { handleJob, serveJobs } from '../engine/compute/tensorflow/process/serveJobs'
import { inferJob, openNetworkJob } from '../engine/prediction/carriedNetwork'
import { connectByPort, provideImmediate } from './line'
import { openInWindow } from './runtime'

let network: LayersModel | null = null

/**
 * The program of the hidden window: what `networks.process.ts` does, as far as it needs no files. The weights come in a
 * message, checked by the engine.
 */
provideImmediate()
serveJobs(
  [
    handleJob(measureJob, async ({ tf }) => ({ gflops: await measureConvolution(tf) })),
    handleJob(openNetworkJob, async ({ tf }, { modelTopology, weightSpecs, weights }) => {
      network?.dispose()
      const weightData = weights.slice().buffer
      network = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }))
      return {}
    }),
    handleJob(inferJob, async ({ tf }, { input, shape }) => {
      if (!network) throw new Error('No network was opened.')
      const frames = tf.tensor4d(input, shape)
      const output = network.predict(frames) as Tensor4D
      const maps = Float32Array.from(await output.data())
      tf.dispose([frames, output])
      return { maps }
    }),
  ],
  openInWindow,
  connectByPort,
)
