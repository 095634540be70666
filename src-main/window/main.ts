import { measureConvolution } from '../engine/compute/tensorflow/process/measure'
import { measureJob } from '../engine/compute/tensorflow/process/measureJob'
import { handleJob, serveJobs } from '../engine/compute/tensorflow/process/serveJobs'
import { learnerHandlers } from '../engine/networks/learner/learnerHandlers'
import { networkHandlers } from '../engine/networks/networkHandlers'
import { connectByPort, provideImmediate } from './line'
import { openInWindow } from './runtime'

/**
 * The program of the hidden window: what `networks.process.ts` does, without its files. Weights and batches come in
 * messages, from the process that has read and checked them.
 */
provideImmediate()
serveJobs(
  [
    handleJob(measureJob, async ({ tf }) => ({ gflops: await measureConvolution(tf) })),
    ...networkHandlers(),
    ...learnerHandlers(),
  ],
  openInWindow,
  connectByPort,
)
