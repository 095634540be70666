import { readFile } from 'node:fs/promises'
import { trainingConfigText, type TrainingPreset } from '@contract'
import { resourcePath } from '../files/resources'
import type { TrainingConfigInput } from './config'

const tryOut: TrainingConfigInput = {
  name: 'first-try',
  data: { kind: 'cohort', patients: 6, seed: 7, size: 96, slices: 2, thickness: 8 },
  network: { name: 'perfusion-unet', depth: 3, width: 8, widest: 32, batchNormalisation: false },
  input: { spacing: 2 },
  split: { validation: 2 },
  window: [64, 64],
  batch: 2,
  epochs: 30,
  optimiser: { name: 'adam', learningRate: 0.004 },
}

const paper: TrainingConfigInput = {
  name: 'paper',
  data: { kind: 'cohort', patients: 115, seed: 1, size: 512, slices: 8, thickness: 5 },
  network: { name: 'perfusion-unet', depth: 4, width: 64, widest: null, batchNormalisation: true },
  input: {
    timePoints: 89,
    interval: 0.5,
    origin: 'first-frame',
    values: 'window',
    spacing: null,
    filter: { spatial: 3, range: 20 },
  },
  split: { validation: 15 },
  lossRegion: 'image',
}

/** Configurations to begin from, the quickest first. */
export async function trainingPresets(): Promise<TrainingPreset[]> {
  const bundled = await readFile(resourcePath('models/perfusion-unet-small.config.json'), 'utf8')
  return [
    {
      title: 'First try',
      description:
        'A very small network on six small phantoms: minutes on any machine. To see how training works.',
      config: trainingConfigText(tryOut),
    },
    {
      title: 'Small network',
      description:
        'The configuration of the network that comes with Umbra: about two hours on two processor cores.',
      config: bundled,
    },
    {
      title: 'As in the paper',
      description:
        'The network of the paper on 115 generated patients of 512 × 512 pixels, 89 time points. Needs a GPU and days.',
      config: trainingConfigText(paper),
    },
  ]
}
