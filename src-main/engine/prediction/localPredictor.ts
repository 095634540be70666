import { foldNetwork, type PerfusionModel, type Tensor4D, type TensorFlow } from '../networks'
import type { Predictor } from './predictMaps'

/** A predictor that holds the weights of its model until `close`. */
export interface LocalPredictor extends Predictor {
  close(): void
}

/** A loaded model that computes in this process; the model is the predictor's from then on. */
export function localPredictor(tf: TensorFlow, model: PerfusionModel): LocalPredictor {
  const { spec } = model
  const network = foldNetwork(tf, model.network)
  return {
    spec,
    infer: async (input, rows, columns) => {
      const frames = tf.tensor4d(input, [1, rows, columns, spec.input.timePoints])
      const output = network.predict(frames) as Tensor4D
      const maps = await output.data()
      tf.dispose([frames, output])
      return Float32Array.from(maps)
    },
    close: () => network.dispose(),
  }
}
