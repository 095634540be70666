import {
  packSlice,
  writeIndex,
  writeStudy,
  openDataset,
  type DatasetCache,
} from '../../../src-main/engine/training/cache'
import { trainingConfig, type TrainingConfig } from '../../../src-main/engine/training'
import { randomStream, uniform } from '../../../src-main/engine/phantom'

export const ROWS = 18
export const COLUMNS = 14
export const TIME_POINTS = 4

/** A learnable toy: the map is the mean of the channels, known in all but the first row. */
export async function tinyDataset(directory: string, patients = 4): Promise<DatasetCache> {
  const studies = []
  for (let p = 0; p < patients; p++) {
    const random = randomStream(p + 1)
    const slices = Array.from({ length: 3 }, () => {
      const input = Float32Array.from({ length: ROWS * COLUMNS * TIME_POINTS }, () => uniform(random))
      const target = Float32Array.from({ length: ROWS * COLUMNS }, (_, i) => {
        if (i < COLUMNS) return -1
        let sum = 0
        for (let t = 0; t < TIME_POINTS; t++) sum += input[i * TIME_POINTS + t] / TIME_POINTS
        return sum
      })
      return packSlice({ rows: ROWS, columns: COLUMNS, input, target })
    })
    const patient = `patient-${p}`
    studies.push(
      await writeStudy(directory, { patient, study: patient, rows: ROWS, columns: COLUMNS }, slices),
    )
  }
  const { input, outputs } = tinyConfig()
  await writeIndex(directory, { input, outputs, studies })
  return openDataset(directory)
}

/** The data of this configuration stands for `tinyDataset`; a test puts it where the run looks for it. */
export function tinyConfig(change: Record<string, unknown> = {}): TrainingConfig {
  return trainingConfig({
    name: 'tiny',
    data: { kind: 'cohort', patients: 4, seed: 9 },
    input: { timePoints: TIME_POINTS, spacing: null },
    outputs: [{ map: 'cbv', scale: 1 }],
    network: { name: 'perfusion-unet', depth: 1, width: 4, batchNormalisation: false },
    split: { validation: 1 },
    window: [12, 12],
    batch: 2,
    epochs: 4,
    optimiser: { name: 'adam', learningRate: 0.01 },
    earlyStopping: null,
    seed: 3,
    ...change,
  })
}
