import { UmbraError } from '@contract'
import { describeRuntime, openTensorFlow, type BackendName } from '../engine/compute/tensorflow'
import { isOnnxFile } from '../engine/onnx'
import { findModel, openFolderModel, openOnnxModel, type OpenModel } from '../engine/prediction'

interface OpenPredictor {
  predictor: OpenModel
  computedBy: string
  close(): Promise<void>
}

/** Loads a model by folder, ONNX file or name, on the wanted backend, and says on stderr what computes. */
export async function openPredictor(
  named: string,
  { backend }: { backend?: BackendName },
): Promise<OpenPredictor> {
  const path = await findModel(named)
  const opened = isOnnxFile(path) ? await openFile(path, backend) : await openFolder(path, backend)
  const { name, parameters } = opened.predictor.spec
  process.stderr.write(`Network ${name} (${parameters} parameters) on ${opened.computedBy}\n`)
  return opened
}

async function openFile(path: string, backend: BackendName | undefined): Promise<OpenPredictor> {
  if (backend !== undefined) {
    throw new UmbraError({
      code: 'usage',
      message: 'An ONNX file is computed by ONNX Runtime, not by a backend of TensorFlow.',
      hint: 'Leave --backend away.',
      where: path,
    })
  }
  const predictor = await openOnnxModel(path)
  return { predictor, computedBy: predictor.computedBy, close: () => predictor.close() }
}

async function openFolder(path: string, backend: BackendName | undefined): Promise<OpenPredictor> {
  const runtime = await openTensorFlow({ backend })
  const predictor = await openFolderModel(path, runtime.tf)
  return {
    predictor,
    computedBy: describeRuntime(runtime),
    close: async () => {
      await predictor.close()
      await runtime.dispose()
    },
  }
}
