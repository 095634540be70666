import type { TensorFlowProcess } from '../compute/tensorflow'
import { checkNetwork, openNetworkJob, readModel } from '../networks'

/**
 * Opens the model of a folder where no file can be read: what is in it goes there in one message. Throws what
 * `loadModel` throws.
 */
export async function carryNetwork(child: Pick<TensorFlowProcess, 'run'>, directory: string): Promise<void> {
  const { spec, parts } = await readModel(directory)
  const outline = await child.run(openNetworkJob, { parts, where: directory })
  checkNetwork(outline, spec, directory)
}
