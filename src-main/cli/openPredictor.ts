import { describeRuntime, openTensorFlow, type BackendName } from '../engine/compute/tensorflow'
import { loadModel } from '../engine/networks'
import { localPredictor, modelFolder, type Predictor } from '../engine/prediction'

/** Loads a model by folder or name on the wanted backend, and says on stderr what computes. */
export async function openPredictor(
  model: string,
  { backend }: { backend?: BackendName },
): Promise<{ predictor: Predictor; computedBy: string; close(): Promise<void> }> {
  const folder = await modelFolder(model)
  const runtime = await openTensorFlow({ backend })
  const loaded = await loadModel(runtime.tf, folder)
  const computedBy = describeRuntime(runtime)
  process.stderr.write(
    `Network ${loaded.spec.name} (${loaded.spec.parameters} parameters) on ${computedBy}\n`,
  )
  const predictor = localPredictor(runtime.tf, loaded)
  return {
    predictor,
    computedBy,
    close: async () => {
      predictor.close()
      await runtime.dispose()
    },
  }
}
