import { handleJob, type JobHandler } from '../../compute/tensorflow/process/serveJobs'
import type { Learner } from './learner'
import { learnerJobs } from './learnerJobs'
import { localLearner } from './localLearner'

/** The work of `learnerJobs`, where the network computes: a hidden window. */
export function learnerHandlers(): JobHandler[] {
  let opened: Learner | null = null
  const learner = (): Learner => {
    if (!opened) throw new Error('No learner was opened.')
    return opened
  }
  return [
    handleJob(learnerJobs.open, async ({ tf }, { spec, from }) => {
      opened?.dispose()
      opened = null
      opened = await localLearner(tf)(spec, from)
      return opened.outline
    }),
    handleJob(learnerJobs.step, async (_runtime, { batch, learningRate }) => ({
      loss: await learner().step(batch, learningRate),
    })),
    handleJob(learnerJobs.predict, async (_runtime, images) => ({ maps: await learner().predict(images) })),
    handleJob(learnerJobs.state, () => learner().state()),
    handleJob(learnerJobs.restoreWeights, async (_runtime, { weights }) => {
      await learner().restoreWeights(weights)
      return {}
    }),
    handleJob(learnerJobs.parts, () => learner().parts()),
  ]
}
