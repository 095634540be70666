import { startTensorFlowProcess, type ProcessOptions, type TensorFlowProcess } from '../compute/tensorflow'
import { readModelSpec, type ModelSpec } from '../networks'
import { inferJob, openNetworkJob } from './carriedNetwork'
import { carryNetwork } from './carryNetwork'
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
  if (!child.readsFiles) return carriedPredictor(child, directory, spec)
  return {
    spec,
    infer: async (input, rows, columns) => {
      const order = { directory, weightsSha256: spec.weightsSha256, input, rows, columns }
      return (await child.run(predictJob, order)).maps
    },
    close: () => child.close(),
  }
}

/** For a hidden window: the weights are carried there once. */
async function carriedPredictor(
  child: TensorFlowProcess,
  directory: string,
  spec: ModelSpec,
): Promise<RemotePredictor> {
  try {
    await child.run(openNetworkJob, await carryNetwork(directory, spec))
  } catch (thrown) {
    child.close()
    throw thrown
  }
  return {
    spec,
    infer: async (input, rows, columns) => {
      const shape: [1, number, number, number] = [1, rows, columns, spec.input.timePoints]
      return (await child.run(inferJob, { input, shape })).maps
    },
    close: () => child.close(),
  }
}
