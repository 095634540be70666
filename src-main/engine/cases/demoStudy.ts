import { createHash } from 'node:crypto'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { Run } from '../compute/run'
import { runInWorker } from '../compute/workerRun'
import { demoCases } from '../phantom'

/**
 * The DICOM folder of the demonstration study, a digital head phantom with an infarct, made on first use, in a worker,
 * under a name that stands for this version and its options. A cancelled run leaves nothing. `number`: which of
 * `demoCases`.
 */
export async function demoStudy(directory: string, run: Run = {}, number = 0): Promise<string> {
  const parts = JSON.stringify([__UMBRA_VERSION__, demoCases[number]])
  const folder = join(directory, createHash('sha256').update(parts).digest('hex').slice(0, 12))
  const present = await access(folder).then(
    () => true,
    () => false,
  )
  if (!present) await runInWorker('phantom', 'makeDemoStudy', [folder, number], run)
  return join(folder, 'dicom')
}
