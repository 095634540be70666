import { readFile } from 'node:fs/promises'
import { trainingConfigText, type TrainingPreset } from '@contract'
import { resourcePath } from '../files/resources'
import { readModelSpec } from '../networks'
import { DEFAULT_MODEL } from '../prediction'
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

/** The model that comes with Umbra, taught on by further patients: fewer of them and fewer epochs are enough. */
async function furtherTraining(): Promise<TrainingConfigInput> {
  const { network, input, outputs } = await readModelSpec(resourcePath('models', DEFAULT_MODEL))
  if (network.name === 'onnx') throw new TypeError('The model that comes with Umbra is no ONNX file.')
  return {
    name: 'further',
    data: { kind: 'cohort', patients: 12, seed: 11, size: 256, slices: 2, thickness: 8 },
    start: DEFAULT_MODEL,
    network,
    input,
    outputs,
    split: { validation: 3 },
    window: [144, 144],
    batch: 2,
    epochs: 10,
    optimiser: { name: 'adam', learningRate: 0.0003 },
    plateau: { factor: 0.5, patience: 2 },
  }
}

/** Configurations to begin from, the quickest first. */
export async function trainingPresets(): Promise<TrainingPreset[]> {
  const fresh = await readFile(resourcePath('models/perfusion-unet-small.base.config.json'), 'utf8')
  return [
    {
      title: 'First try',
      description:
        'A very small network on six small phantoms: minutes on any machine. To see how training works.',
      config: trainingConfigText(tryOut),
    },
    {
      title: 'Further training',
      description:
        "Begins from the weights of Umbra's network instead of fresh ones: for few patients. Put your own into data.",
      config: trainingConfigText(await furtherTraining()),
    },
    {
      title: 'Small network',
      description:
        'The network that comes with Umbra, from fresh weights: about two hours on two processor cores.',
      config: fresh,
    },
    {
      title: 'As in the paper',
      description:
        'The network of the paper on 115 generated patients of 512 × 512 pixels, 89 time points. Needs a GPU and days.',
      config: trainingConfigText(paper),
    },
  ]
}
