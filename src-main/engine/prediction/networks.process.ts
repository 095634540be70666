import { handleJob, serveTensorFlow } from '../compute/tensorflow'
import { loadModel } from '../networks'
import { handleTraining } from '../training'
import { localPredictor } from './localPredictor'
import { predictJob } from './predictJob'
import type { Predictor } from './predictMaps'

let loaded: { key: string; predictor: Predictor; dispose(): void } | null = null

/** The program of the process that trains and predicts. */
serveTensorFlow([
  handleTraining,
  handleJob(predictJob, async ({ tf }, { directory, weightsSha256, input, rows, columns }) => {
    const key = `${directory} ${weightsSha256}`
    if (loaded?.key !== key) {
      loaded?.dispose()
      const model = await loadModel(tf, directory)
      loaded = { key, predictor: localPredictor(tf, model), dispose: () => model.network.dispose() }
    }
    return { maps: await loaded.predictor.infer(input, rows, columns) }
  }),
])
