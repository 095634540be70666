import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EpochRecord } from '@contract'
import { openTensorFlow, type TensorFlow } from '../../../src-main/engine/compute/tensorflow'
import { loadModel, localLearner } from '../../../src-main/engine/networks'
import { trainNetwork, type TrainingResult } from '../../../src-main/engine/training'
import { readCheckpoint } from '../../../src-main/engine/training/checkpoint'
import { datasetKey } from '../../../src-main/engine/training/dataset'
import { tinyConfig, tinyDataset } from './tinyData'

let tf: TensorFlow
let root: string
let datasets: string
beforeAll(async () => {
  tf = (await openTensorFlow({ backend: 'wasm' })).tf
  root = await mkdtemp(join(tmpdir(), 'umbra-training-'))
  datasets = join(root, 'datasets')
  const { data, input, outputs } = tinyConfig()
  await (await tinyDataset(join(datasets, datasetKey(data, input, outputs)))).close()
})
afterAll(() => rm(root, { recursive: true, force: true }))

let runs = 0
const newRun = (): string => join(root, `run-${++runs}`)

function train(
  directory: string,
  change: Record<string, unknown> = {},
  options: { signal?: AbortSignal; onEpoch?: (record: EpochRecord) => void } = {},
): Promise<TrainingResult> {
  const { signal, onEpoch } = options
  const request = { config: tinyConfig(change), directory, datasets, computedBy: 'a test', onEpoch }
  return trainNetwork(localLearner(tf), request, { signal })
}

const weightsOf = async (directory: string, which = 'last'): Promise<number[][]> => {
  const checkpoint = await readCheckpoint(join(directory, `${which}.checkpoint`))
  return checkpoint?.weights.map(({ values }) => Array.from(values)) ?? []
}

/** Stops a run in the middle of an epoch, between two steps, as a kill does as far as files are concerned. */
async function stopIn(directory: string, epoch: number, change: Record<string, unknown>): Promise<void> {
  const abort = new AbortController()
  const request = { config: tinyConfig(change), directory, datasets, computedBy: 'a test' }
  let steps = 0
  await expect(
    trainNetwork(localLearner(tf), request, {
      signal: abort.signal,
      onProgress: (_, stage) => {
        if (stage.startsWith(`Epoch ${epoch},`) && ++steps === 2) abort.abort()
      },
    }),
  ).rejects.toThrow(/abort/i)
}

describe('a training run', () => {
  it('learns, and writes a model that loads with its card', async () => {
    const directory = newRun()
    const result = await train(directory, { epochs: 30 })
    const rows = (await readFile(join(directory, 'metrics.csv'), 'utf8')).trim().split('\n')
    expect(rows).toHaveLength(31)
    expect(result.best.correlation.cbv).toBeGreaterThan(0.9)
    const { network, spec } = await loadModel(tf, result.model)
    expect(spec.outputs).toEqual([{ map: 'cbv', scale: 1 }])
    expect(network.getWeights().map((weight) => Array.from(weight.dataSync()))).toEqual(
      await weightsOf(directory, 'best'),
    )
    expect(await readFile(join(result.model, 'README.md'), 'utf8')).toContain('Research use only')
    network.dispose()
  })

  it('gives the same weights twice with the same seed, others with another', async () => {
    const [one, two, other] = [newRun(), newRun(), newRun()]
    await train(one)
    await train(two)
    await train(other, { seed: 4 })
    expect(await weightsOf(two)).toEqual(await weightsOf(one))
    expect(await weightsOf(other)).not.toEqual(await weightsOf(one))
  })

  it.each([
    ['Adam', { name: 'adam', learningRate: 0.01 }, false],
    ['SGD with momentum', { name: 'sgd', learningRate: 0.05, momentum: 0.9 }, true],
    ['plain SGD', { name: 'sgd', learningRate: 0.05, momentum: 0 }, false],
    ['RMSprop', { name: 'rmsprop' }, false],
  ])(
    'stopped within an epoch and gone on with, ends in the same bits: %s',
    async (_, optimiser, batchNormalisation) => {
      const network = { name: 'perfusion-unet', depth: 1, width: 4, batchNormalisation }
      const change = { optimiser, network, augmentation: { noise: 0.1 } }
      const [whole, stopped] = [newRun(), newRun()]
      await train(whole, change)
      await stopIn(stopped, 2, change)
      await stopIn(stopped, 3, change)
      await train(stopped, change)
      expect(await weightsOf(stopped)).toEqual(await weightsOf(whole))
      const [a, b] = await Promise.all(
        [whole, stopped].map((run) => readCheckpoint(join(run, 'last.checkpoint'))),
      )
      expect(b?.optimiser.map(({ values }) => values)).toEqual(a?.optimiser.map(({ values }) => values))
      expect(b?.history.map(({ validationLoss }) => validationLoss)).toEqual(
        a?.history.map(({ validationLoss }) => validationLoss),
      )
    },
  )

  it('keeps memory flat: as many tensors after the last epoch as after the first', async () => {
    const directory = newRun()
    const tensors: number[] = []
    const network = { name: 'perfusion-unet', depth: 1, width: 4, batchNormalisation: true }
    await train(directory, { network, epochs: 6 }, { onEpoch: (record) => tensors.push(record.tensors) })
    expect(new Set(tensors.slice(1)).size).toBe(1)
  })

  it('leaves no tensors behind when it has ended', async () => {
    const before = tf.memory().numTensors
    await train(newRun())
    expect(tf.memory().numTensors).toBe(before)
  })

  it('cuts the learning rate on a plateau, and ends when it waits too long', async () => {
    const directory = newRun()
    const optimiser = { name: 'sgd', learningRate: 1e-9, momentum: 0 }
    const result = await train(directory, {
      optimiser,
      epochs: 20,
      plateau: { factor: 0.5, patience: 2, least: 0.01, lowest: 0 },
      earlyStopping: 8,
    })
    expect(result.epochs).toBeLessThan(20)
    expect(result.ended).toContain('has not fallen')
    const { history } = (await readCheckpoint(join(directory, 'last.checkpoint'))) ?? { history: [] }
    expect(history[0].learningRate).toBe(1e-9)
    expect(history[history.length - 1].learningRate).toBeLessThan(1e-9)
  })
})

describe('bad input', () => {
  it('refuses a patient who both teaches and judges', async () => {
    const patients = { training: ['patient-0', 'patient-1'], validation: ['patient-1'] }
    await expect(train(newRun(), { split: { patients } })).rejects.toMatchObject({ code: 'patient-in-both' })
  })

  it('refuses a folder with a run of another configuration', async () => {
    const directory = newRun()
    await train(directory, { epochs: 1 })
    await expect(train(directory, { batch: 3 })).rejects.toMatchObject({ code: 'other-run' })
    await expect(train(directory, { epochs: 2 })).resolves.toMatchObject({ epochs: 2 })
  })

  it('says that a data set is damaged', async () => {
    const elsewhere = join(root, 'elsewhere')
    const { data, input, outputs } = tinyConfig()
    const folder = join(elsewhere, datasetKey(data, input, outputs))
    const dataset = await tinyDataset(folder)
    await dataset.close()
    await truncate(join(folder, dataset.studies[0].file), 100)
    const request = { config: tinyConfig(), directory: newRun(), datasets: elsewhere, computedBy: 'a test' }
    await expect(trainNetwork(localLearner(tf), request)).rejects.toMatchObject({ code: 'damaged-dataset' })
  })

  it('says that a model is damaged', async () => {
    const { model } = await train(newRun(), { epochs: 1 })
    const weights = join(model, 'weights.bin')
    const content = await readFile(weights)
    content[10] ^= 1
    await writeFile(weights, content)
    await expect(loadModel(tf, model)).rejects.toMatchObject({ code: 'damaged-model', where: weights })
    await expect(loadModel(tf, root)).rejects.toMatchObject({ code: 'not-a-model' })
  })

  it('stops with the step at which the loss is no number any more', async () => {
    const optimiser = { name: 'sgd', learningRate: 1e30, momentum: 0 }
    await expect(train(newRun(), { optimiser })).rejects.toMatchObject({ code: 'training-diverged' })
  })
})
