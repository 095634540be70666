import { nativeObstacle } from '../../src-main/engine/compute/tensorflow/native/backend'
import { benchNetworkPairs } from './networkPairs'
import type { BenchRow } from './row'

export async function benchNetworks(): Promise<BenchRow[]> {
  const rows: BenchRow[] = []
  const obstacle = nativeObstacle('cpu')
  if (obstacle) console.error(`Left out against Python: no native TensorFlow. ${obstacle.reason}`)
  else rows.push(...(await benchNetworkPairs()))
  return rows
}
