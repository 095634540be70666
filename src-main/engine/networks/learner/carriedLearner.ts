import type { TensorFlowProcess } from '../../compute/tensorflow'
import type { OpenLearner } from './learner'
import { learnerJobs } from './learnerJobs'

/**
 * Learners that compute in a process or a hidden window, which has `learnerHandlers`. A network, its batches and its
 * weights go there and back as messages. It has one learner: the next that is opened takes the place of the last, and
 * its end ends it.
 */
export function carriedLearner(child: Pick<TensorFlowProcess, 'run'>): OpenLearner {
  return async (spec, from) => ({
    outline: await child.run(learnerJobs.open, { spec, from }),
    step: async (batch, learningRate) => (await child.run(learnerJobs.step, { batch, learningRate })).loss,
    predict: async (images) => (await child.run(learnerJobs.predict, images)).maps,
    state: () => child.run(learnerJobs.state, {}),
    restoreWeights: async (weights) =>
      void (await child.run(learnerJobs.restoreWeights, { weights: [...weights] })),
    parts: () => child.run(learnerJobs.parts, {}),
    dispose: () => undefined,
  })
}
