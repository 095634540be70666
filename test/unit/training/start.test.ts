import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTensorFlow, type TensorFlow } from '../../../src-main/engine/compute/tensorflow'
import { loadModel, localLearner } from '../../../src-main/engine/networks'
import { exportOnnx } from '../../../src-main/engine/prediction/exportOnnx'
import { trainNetwork, type TrainingResult } from '../../../src-main/engine/training'
import { readCheckpoint } from '../../../src-main/engine/training/checkpoint'
import { datasetKey } from '../../../src-main/engine/training/dataset'
import { tinyConfig, tinyDataset } from './tinyData'

const network = { name: 'perfusion-unet', depth: 1, width: 4, batchNormalisation: true }
let tf: TensorFlow
let root: string
let datasets: string
/** The run whose model others begin from. */
let first: TrainingResult
let runs = 0
const newRun = (): string => join(root, `run-${++runs}`)

function train(
  directory: string,
  change: Record<string, unknown> = {},
  options: { signal?: AbortSignal; onProgress?: (progress: number, stage: string) => void } = {},
): Promise<TrainingResult> {
  const config = tinyConfig({ network, ...change })
  return trainNetwork(localLearner(tf), { config, directory, datasets, computedBy: 'a test' }, options)
}

async function weightsOf(directory: string): Promise<number[][]> {
  const checkpoint = await readCheckpoint(join(directory, 'last.checkpoint'))
  return checkpoint?.weights.map(({ values }) => Array.from(values)) ?? []
}

beforeAll(async () => {
  tf = (await openTensorFlow({ backend: 'wasm' })).tf
  root = await mkdtemp(join(tmpdir(), 'umbra-start-'))
  datasets = join(root, 'datasets')
  const { data, input, outputs } = tinyConfig()
  await (await tinyDataset(join(datasets, datasetKey(data, input, outputs)))).close()
  first = await train(newRun(), { name: 'first', epochs: 12 })
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe('a run that starts from a model', () => {
  it('begins with its weights: steps too small to matter leave them, and it is better at once', async () => {
    const optimiser = { name: 'sgd', learningRate: 1e-30, momentum: 0 }
    const plateau = { lowest: 0 }
    const run = newRun()
    const { best } = await train(run, { start: first.model, optimiser, plateau, epochs: 1 })
    const { network: before } = await loadModel(tf, first.model)
    const { network: after } = await loadModel(tf, join(run, 'model'))
    // All but the moments that batch normalisation keeps of what it has seen.
    const learnt = (model: typeof before): number[][] =>
      model.trainableWeights.map((weight) => Array.from(weight.read().dataSync()))
    expect(learnt(after)).toEqual(learnt(before))
    const fresh = await train(newRun(), { optimiser, plateau, epochs: 1 })
    expect(best.validationLoss).toBeLessThan(fresh.best.validationLoss)
    before.dispose()
    after.dispose()
  })

  it('may name a run as well as its model, and says in its card what it began from', async () => {
    const run = newRun()
    await train(run, { start: first.directory, name: 'second', epochs: 1 })
    const card = await readFile(join(run, 'model', 'README.md'), 'utf8')
    const { weightsSha256 } = JSON.parse(await readFile(join(first.model, 'umbra-model.json'), 'utf8')) as {
      weightsSha256: string
    }
    expect(card).toContain('It began from the weights of first')
    expect(card).toContain(weightsSha256)
    expect(await readFile(join(first.model, 'README.md'), 'utf8')).not.toContain('It began from')
  })

  it('stopped and gone on with, ends in the same bits, though that model is gone by then', async () => {
    const start = join(root, 'moved')
    await cp(first.model, start, { recursive: true })
    const [whole, stopped] = [newRun(), newRun()]
    await train(whole, { start })
    for (const epoch of [1, 3]) {
      const abort = new AbortController()
      let steps = 0
      const onProgress = (_: number, stage: string): void => {
        if (stage.startsWith(`Epoch ${epoch},`) && ++steps === 2) abort.abort()
      }
      await expect(train(stopped, { start }, { signal: abort.signal, onProgress })).rejects.toThrow(/abort/i)
    }
    await rm(start, { recursive: true })
    await train(stopped, { start })
    expect(await weightsOf(stopped)).toEqual(await weightsOf(whole))
    expect(await readFile(join(stopped, 'model', 'README.md'), 'utf8')).toContain('the weights of first')
  })

  it('is another run than one from fresh weights', async () => {
    const run = newRun()
    await train(run, { epochs: 1 })
    await expect(train(run, { start: first.model, epochs: 1 })).rejects.toMatchObject({ code: 'other-run' })
  })
})

describe('a model to start from is refused', () => {
  it.each([
    ['of another width', { network: { ...network, width: 6 } }, 'its network.width is 4, not 6'],
    ['of other maps', { outputs: [{ map: 'ttp', scale: 1 }] }, 'cbv (1 is 1), not ttp (1 is 1)'],
    ['whose maps have another scale', { outputs: [{ map: 'cbv', scale: 8 }] }, '(1 is 1), not cbv (1 is 8)'],
    [
      'normalised in another way',
      { input: { timePoints: 4, spacing: null, lead: 5 } },
      'its input.lead is 3, not 5',
    ],
  ])('%s, with what differs', async (_, change, difference) => {
    const refused = train(newRun(), { start: first.model, ...change })
    await expect(refused).rejects.toMatchObject({
      code: 'start-differs',
      message: expect.stringContaining(difference) as string,
      where: first.model,
    })
  })

  it('as an ONNX file', async () => {
    const file = join(root, 'first.onnx')
    await exportOnnx(tf, first.model, file)
    await expect(train(newRun(), { start: file })).rejects.toMatchObject({ code: 'start-onnx' })
  })

  it('that is not there, or damaged', async () => {
    const damaged = join(root, 'damaged')
    await cp(first.model, damaged, { recursive: true })
    await writeFile(join(damaged, 'weights.bin'), Buffer.alloc(100))
    await expect(train(newRun(), { start: damaged })).rejects.toMatchObject({ code: 'damaged-model' })
    await expect(train(newRun(), { start: join(root, 'none') })).rejects.toMatchObject({
      code: 'no-such-model',
    })
  })
})
