import { loadModel, type TensorFlow } from '../networks'
import { openOnnxSession, readOnnxModel } from '../onnx'
import { localPredictor } from './localPredictor'
import type { Predictor } from './predictMaps'

/** A predictor in this process, until it is closed. */
export interface OpenModel extends Predictor {
  close(): Promise<void>
}

/** Opens the model in a folder on TensorFlow. Throws `not-a-model`, `damaged-model`. */
export async function openFolderModel(folder: string, tf: TensorFlow): Promise<OpenModel> {
  const predictor = localPredictor(tf, await loadModel(tf, folder))
  return { ...predictor, close: async () => predictor.close() }
}

/** Opens an ONNX file on ONNX Runtime. Throws `not-a-model`, `damaged-model`, `unsuited-model`. */
export async function openOnnxModel(path: string): Promise<OpenModel & { computedBy: string }> {
  const model = await readOnnxModel(path)
  return { spec: model.spec, ...(await openOnnxSession(model)) }
}
