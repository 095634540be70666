import { startTensorFlowProcess, type ProcessOptions } from '../compute/tensorflow'
import { readModelSpec } from '../networks'
import { predictJob } from './predictJob'
import type { Predictor } from './predictMaps'

/** A predictor whose TensorFlow runs in a process of its own, which ends with `close`. */
export interface RemotePredictor extends Predictor {
  close(): void
}

/**
 * Starts the process that predicts with the model in `directory`. Throws `not-a-model`, `damaged-model`,
 * `backend-unavailable`; a prediction throws `tensorflow-crashed` when the process dies.
 */
export async function openRemotePredictor(
  directory: string,
  options: ProcessOptions = {},
): Promise<RemotePredictor> {
  const spec = await readModelSpec(directory)
  const child = await startTensorFlowProcess('networks', options)
  return {
    spec,
    infer: async (input, rows, columns) => {
      const order = { directory, weightsSha256: spec.weightsSha256, input, rows, columns }
      return (await child.run(predictJob, order)).maps
    },
    close: () => child.close(),
  }
}
