import { startTensorFlowProcess, type ProcessOptions, type TensorFlowProcess } from '../compute/tensorflow'
import { inferJob, type ModelSpec } from '../networks'
import { isOnnxFile } from '../onnx'
import { carryNetwork } from './carryNetwork'
import { describeModel } from './modelFolder'
import { predictJob } from './predictJob'
import type { Predictor } from './predictMaps'

/** A predictor whose TensorFlow runs in a process of its own, which ends with `close`. */
export interface RemotePredictor extends Predictor {
  close(): void
}

/**
 * Starts the process that predicts with a model, given by its folder or its ONNX file. Throws `not-a-model`,
 * `damaged-model`, `unsuited-model`, `backend-unavailable`; a prediction throws `tensorflow-crashed` when the process dies.
 */
export async function openRemotePredictor(
  model: string,
  options: ProcessOptions = {},
): Promise<RemotePredictor> {
  const spec = await describeModel(model)
  // ONNX Runtime computes by itself; the backend that is always there is enough to start with.
  const backend = isOnnxFile(model) ? 'wasm' : options.backend
  const child = await startTensorFlowProcess('networks', { ...options, backend })
  if (!child.readsFiles) return carriedPredictor(child, model, spec)
  return {
    spec,
    infer: async (input, rows, columns) => {
      const order = { model, weightsSha256: spec.weightsSha256, input, rows, columns }
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
    await carryNetwork(child, directory)
  } catch (thrown) {
    child.close()
    throw thrown
  }
  return {
    spec,
    infer: async (input, rows, columns) =>
      (await child.run(inferJob, { images: 1, rows, columns, input })).maps,
    close: () => child.close(),
  }
}
