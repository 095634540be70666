import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { EpochRecord } from '@contract'
import {
  openTensorFlow,
  startTensorFlowProcess,
  type ProcessOptions,
  type TensorFlowProcess,
} from '../../../src-main/engine/compute/tensorflow'
import { carriedLearner, localLearner, type OpenLearner } from '../../../src-main/engine/networks'
import { trainNetwork, type TrainingResult } from '../../../src-main/engine/training'
import { readCheckpoint, type Checkpoint } from '../../../src-main/engine/training/checkpoint'
import { datasetKey } from '../../../src-main/engine/training/dataset'
import { softwareGpu } from '../../softwareGpu'
import { tinyConfig, tinyDataset } from './tinyData'

/** A network with batch normalisation, whose moving moments are weights that no gradient changes. */
const change = {
  network: { name: 'perfusion-unet', depth: 1, width: 4, batchNormalisation: true },
  augmentation: { noise: 0.1 },
}
let root: string
let datasets: string
let here: OpenLearner
let runs = 0
const children: TensorFlowProcess[] = []

beforeAll(async () => {
  here = localLearner((await openTensorFlow({ backend: 'wasm' })).tf)
  root = await mkdtemp(join(tmpdir(), 'umbra-carried-'))
  datasets = join(root, 'datasets')
  const { data, input, outputs } = tinyConfig()
  await (await tinyDataset(join(datasets, datasetKey(data, input, outputs)))).close()
})
afterAll(() => rm(root, { recursive: true, force: true }))
afterEach(() => children.splice(0).forEach((child) => child.close()))

const newRun = (): string => join(root, `run-${++runs}`)

async function elsewhere(options: ProcessOptions = { backend: 'wasm' }): Promise<TensorFlowProcess> {
  const child = await startTensorFlowProcess('carried', options)
  children.push(child)
  return child
}

function train(
  openLearner: OpenLearner,
  directory: string,
  more: object = {},
  onEpoch?: (record: EpochRecord) => void,
  signal?: AbortSignal,
): Promise<TrainingResult> {
  const config = tinyConfig({ ...change, ...more })
  return trainNetwork(openLearner, { config, directory, datasets, computedBy: 'a test', onEpoch }, { signal })
}

async function last(directory: string): Promise<Checkpoint> {
  const checkpoint = await readCheckpoint(join(directory, 'last.checkpoint'))
  if (!checkpoint) throw new Error('no checkpoint')
  return checkpoint
}

/** TensorFlow.js numbers the names of a process's networks. */
const valuesOf = (tensors: Checkpoint['weights']): object[] =>
  tensors.map(({ shape, values }) => ({ shape, values }))

const losses = ({ history }: Checkpoint): number[] =>
  history.flatMap(({ trainingLoss, validationLoss }) => [trainingLoss, validationLoss])

describe('a training whose steps are done elsewhere, by messages', () => {
  it.each([
    ['Adam', { name: 'adam', learningRate: 0.01 }],
    ['SGD with momentum', { name: 'sgd', learningRate: 0.05, momentum: 0.9 }],
  ])('has the same losses, and writes the same bits as one in this process: %s', async (_, optimiser) => {
    const [local, carried] = [newRun(), newRun()]
    await train(here, local, { optimiser })
    const result = await train(carriedLearner(await elsewhere()), carried, { optimiser })
    const [a, b] = [await last(local), await last(carried)]
    expect(losses(b)).toEqual(losses(a))
    expect(valuesOf(b.weights)).toEqual(valuesOf(a.weights))
    expect(valuesOf(b.optimiser)).toEqual(valuesOf(a.optimiser))
    expect(result.parameters).toBe(a.weights.reduce((sum, { values }) => sum + values.length, 0))
    for (const file of ['model/weights.bin', 'example.maps']) {
      expect(await readFile(join(carried, file)), file).toEqual(await readFile(join(local, file)))
    }
  })

  it('keeps memory flat there: as many tensors after the last epoch as after the first', async () => {
    const tensors: number[] = []
    await train(carriedLearner(await elsewhere()), newRun(), { epochs: 5 }, (record) =>
      tensors.push(record.tensors),
    )
    expect(new Set(tensors).size).toBe(1)
  })

  it('that is stopped here, and whose steps end there at any moment, goes on and ends in the same bits', async () => {
    const [whole, broken] = [newRun(), newRun()]
    await train(here, whole, { epochs: 6 })

    const first = await elsewhere()
    const kill = ({ epoch }: EpochRecord): unknown =>
      epoch === 2 && process.kill(Number(first.pid), 'SIGKILL')
    const reasons = first.lost
    await expect(train(carriedLearner(first), broken, { epochs: 6 }, kill)).rejects.toMatchObject({
      code: 'tensorflow-crashed',
    })
    expect(await reasons).toContain('SIGKILL')
    expect((await last(broken)).epoch).toBe(2)

    const abort = new AbortController()
    const stop = ({ epoch }: EpochRecord): unknown => epoch === 4 && abort.abort()
    const second = carriedLearner(await elsewhere())
    await expect(train(second, broken, { epochs: 6 }, stop, abort.signal)).rejects.toThrow(/abort/i)
    expect((await last(broken)).epoch).toBe(4)

    // The process that was cancelled goes on to serve: the next learner takes the place of the last.
    await train(second, broken, { epochs: 6 })
    const [a, b] = [await last(whole), await last(broken)]
    expect(valuesOf(b.weights)).toEqual(valuesOf(a.weights))
    expect(losses(b)).toEqual(losses(a))
  })

  it('says what it says here of a loss that is no number any more', async () => {
    const optimiser = { name: 'sgd', learningRate: 1e30, momentum: 0 }
    const training = train(carriedLearner(await elsewhere()), newRun(), { optimiser })
    await expect(training).rejects.toMatchObject({ code: 'training-diverged' })
  })

  it('refuses a batch that is none before it is sent', async () => {
    const child = await elsewhere()
    const { network, optimiser, lossRegion } = tinyConfig(change)
    const spec = { network, timePoints: 4, outputs: 1, seed: 1, optimiser, lossRegion }
    const learner = await carriedLearner(child)(spec, null)
    const images = { images: 1, rows: 2, columns: 2 }
    await expect(learner.predict({ ...images, input: new Float32Array(15) })).rejects.toThrow('whole images')
    expect(await learner.predict({ ...images, input: new Float32Array(16) })).toHaveLength(4)
    await expect(
      learner.restoreWeights([{ name: 'a', shape: [2, 2], values: new Float32Array(3) }]),
    ).rejects.toThrow('as many values')
    await expect(
      learner.restoreWeights([{ name: 'a', shape: [2], values: new Float32Array(2) }]),
    ).rejects.toMatchObject({ code: 'other-network' })
  })
})

const gpu = softwareGpu()

it.skipIf(gpu === null || !process.env.UMBRA_LONG)(
  'a training by WebGPU, on a GPU in software, has the losses of one by WebAssembly',
  async () => {
    const [wasm, webgpu] = [newRun(), newRun()]
    await train(here, wasm, { epochs: 2 })
    const child = await elsewhere({ backend: 'webgpu', environment: gpu ?? {} })
    await train(carriedLearner(child), webgpu, { epochs: 2 })
    const expected = losses(await last(wasm))
    losses(await last(webgpu)).forEach((loss, i) => {
      expect(Math.abs(loss - expected[i]) / expected[i]).toBeLessThan(1e-3)
    })
  },
  120_000,
)
