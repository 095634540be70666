import { handleJob, serveTensorFlow } from '../compute/tensorflow'
import { loadModel } from '../networks'
import { handleTraining } from '../training'
import { localPredictor, type LocalPredictor } from './localPredictor'
import { predictJob } from './predictJob'

let loaded: { key: string; predictor: LocalPredictor } | null = null

/** The program of the process that trains and predicts. */
serveTensorFlow([
  handleTraining,
  handleJob(predictJob, async ({ tf }, { directory, weightsSha256, input, rows, columns }) => {
    const key = `${directory} ${weightsSha256}`
    if (loaded?.key !== key) {
      loaded?.predictor.close()
      loaded = { key, predictor: localPredictor(tf, await loadModel(tf, directory)) }
    }
    return { maps: await loaded.predictor.infer(input, rows, columns) }
  }),
])
