import { handleJob, type JobHandler } from '../compute/tensorflow/process/serveJobs'
import { networkFrom, outlineOf } from './artifacts'
import { predictImages } from './learner/localLearner'
import { inferJob, openNetworkJob } from './networkJobs'
import type { LayersModel } from './tensorflow'

/** The work of `openNetworkJob` and `inferJob`, where the network computes: a hidden window. */
export function networkHandlers(): JobHandler[] {
  let network: LayersModel | null = null
  return [
    handleJob(openNetworkJob, async ({ tf }, { parts, where }) => {
      network?.dispose()
      network = null
      network = await networkFrom(tf, parts, where)
      return outlineOf(network)
    }),
    handleJob(inferJob, async ({ tf }, images) => {
      if (!network) throw new Error('No network was opened.')
      return { maps: await predictImages(tf, network, images) }
    }),
  ]
}
