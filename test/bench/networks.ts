import { nativeObstacle } from '../../src-main/engine/compute/tensorflow/native/backend'
import { benchNetworkPairs } from './networkPairs'
import type { BenchRow } from './row'
import { benchWholeStudy } from './wholeStudy'

/** Networks: the bundled one on a whole study, and the paper's against the same in Python TensorFlow. */
export async function benchNetworks(): Promise<BenchRow[]> {
  const obstacle = nativeObstacle('cpu')
  if (obstacle) {
    console.error(`Left out: the rows of native TensorFlow. ${obstacle.reason} ${obstacle.remedy}`)
    return benchWholeStudy(['wasm'])
  }
  return [...(await benchWholeStudy(['native', 'wasm'])), ...(await benchNetworkPairs())]
}
