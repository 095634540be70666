import type { PerfusionModel, Tensor4D, TensorFlow } from '../networks'
import type { Predictor } from './predictMaps'

/** A loaded model that computes in this process. */
export function localPredictor(tf: TensorFlow, { network, spec }: PerfusionModel): Predictor {
  return {
    spec,
    infer: async (input, rows, columns) => {
      const frames = tf.tensor4d(input, [1, rows, columns, spec.input.timePoints])
      const output = network.predict(frames) as Tensor4D
      const maps = await output.data()
      tf.dispose([frames, output])
      return Float32Array.from(maps)
    },
  }
}
