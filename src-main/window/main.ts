import type { LayersModel } from '@tensorflow/tfjs'
import { measureConvolution } from '../engine/compute/tensorflow/process/measure'
import { measureJob } from '../engine/compute/tensorflow/process/measureJob'
import { handleJob, serveJobs } from '../engine/compute/tensorflow/process/serveJobs'
import { networkFrom, outlineOf } from '../engine/networks/artifacts'
import { learnerHandlers } from '../engine/networks/learner/learnerHandlers'
import { predictImages } from '../engine/networks/learner/localLearner'
import { inferJob, openNetworkJob } from '../engine/networks/networkJobs'
import { connectByPort, provideImmediate } from './line'
import { openInWindow } from './runtime'

let network: LayersModel | null = null

/**
 * The program of the hidden window: what `networks.process.ts` does, without its files. Weights and batches come in
 * messages, checked by the process that sends them.
 */
provideImmediate()
serveJobs(
  [
    handleJob(measureJob, async ({ tf }) => ({ gflops: await measureConvolution(tf) })),
    handleJob(openNetworkJob, async ({ tf }, { parts, where }) => {
      network?.dispose()
      network = await networkFrom(tf, parts, where)
      return outlineOf(network)
    }),
    handleJob(inferJob, async ({ tf }, images) => {
      if (!network) throw new Error('No network was opened.')
      return { maps: await predictImages(tf, network, images) }
    }),
    ...learnerHandlers(),
  ],
  openInWindow,
  connectByPort,
)
