import { cp, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Warning } from '@contract'
import { openTensorFlow, type TensorFlow } from '../../../src-main/engine/compute/tensorflow'
import { loadModel, localLearner } from '../../../src-main/engine/networks'
import { trainNetwork, type TrainingResult } from '../../../src-main/engine/training'
import { readCheckpoint } from '../../../src-main/engine/training/checkpoint'
import { datasetKey } from '../../../src-main/engine/training/dataset'
import { tinyConfig, tinyDataset } from './tinyData'

const EPOCHS = 5
let tf: TensorFlow
let root: string
let datasets: string
/** A run of three epochs, whose best is not its last. */
let begun: string
/** The weights that an undisturbed run of all epochs ends with. */
let expected: number[][]
let directory: string
let runs = 0

/** The rate is so high that later epochs are worse than the first. */
const change = { optimiser: { name: 'sgd', learningRate: 40, momentum: 0.9 }, seed: 5 }

function train(folder: string, epochs: number, warnings: Warning[] = []): Promise<TrainingResult> {
  const request = {
    config: tinyConfig({ ...change, epochs }),
    directory: folder,
    datasets,
    computedBy: 'a test',
  }
  return trainNetwork(localLearner(tf), { ...request, onWarning: (warning) => warnings.push(warning) })
}

const weightsOf = async (folder: string, which: 'last' | 'best'): Promise<number[][]> =>
  ((await readCheckpoint(join(folder, `${which}.checkpoint`)))?.weights ?? []).map(({ values }) =>
    Array.from(values),
  )

beforeAll(async () => {
  tf = (await openTensorFlow({ backend: 'wasm' })).tf
  root = await mkdtemp(join(tmpdir(), 'umbra-checkpoints-'))
  datasets = join(root, 'datasets')
  const { data, input, outputs } = tinyConfig()
  await (await tinyDataset(join(datasets, datasetKey(data, input, outputs)))).close()
  const whole = join(root, 'whole')
  await train(whole, EPOCHS)
  expected = await weightsOf(whole, 'last')
  expect(await weightsOf(whole, 'best')).not.toEqual(expected)
  begun = join(root, 'begun')
  const { bestEpoch, epochs } = await train(begun, 3)
  expect([epochs, bestEpoch < 3]).toEqual([3, true])
})
afterAll(() => rm(root, { recursive: true, force: true }))
beforeEach(async () => {
  directory = join(root, `run-${++runs}`)
  await cp(begun, directory, { recursive: true })
})

const cutShort = async (name: string): Promise<void> => {
  const path = join(directory, name)
  await truncate(path, (await readFile(path)).length - 7)
}

describe('a damaged last checkpoint', () => {
  it('that is cut short: the run goes on from its best epoch, says so, and ends in the same bits', async () => {
    await cutShort('last.checkpoint')
    const warnings: Warning[] = []
    await train(directory, EPOCHS, warnings)
    expect(warnings[0]).toMatchObject({ code: 'last-checkpoint-damaged' })
    expect(warnings[0].message).toMatch(/goes on from its best epoch, [12]\./)
    expect(await weightsOf(directory, 'last')).toEqual(expected)
  })

  it('that has one changed bit, or is empty, counts as damaged', async () => {
    const path = join(directory, 'last.checkpoint')
    const content = await readFile(path)
    content[content.length >> 1] ^= 1
    for (const damaged of [content, Buffer.alloc(0)]) {
      await writeFile(path, damaged)
      await expect(readCheckpoint(path)).rejects.toMatchObject({ code: 'damaged-checkpoint', where: path })
    }
  })

  it('that is missing: the run goes on from its best epoch', async () => {
    await rm(join(directory, 'last.checkpoint'))
    await train(directory, EPOCHS)
    expect(await weightsOf(directory, 'last')).toEqual(expected)
  })

  it('beside a damaged best one cannot be gone on from: told with the file and the remedy', async () => {
    await cutShort('last.checkpoint')
    await cutShort('best.checkpoint')
    await expect(train(directory, EPOCHS)).rejects.toMatchObject({
      code: 'damaged-checkpoint',
      where: join(directory, 'last.checkpoint'),
      hint: expect.stringContaining('delete it'),
    })
  })
})

describe('a damaged best checkpoint', () => {
  it('is told, and the training ends in the same bits', async () => {
    await cutShort('best.checkpoint')
    const warnings: Warning[] = []
    const { model } = await train(directory, EPOCHS, warnings)
    expect(warnings[0]).toMatchObject({ code: 'best-checkpoint-damaged' })
    expect(await weightsOf(directory, 'last')).toEqual(expected)
    const { network } = await loadModel(tf, model)
    network.dispose()
  })
})

describe('what a kill leaves', () => {
  it('half-written is taken away when the run goes on', async () => {
    const left = join(directory, '.last.checkpoint.0123456789ab.part')
    await writeFile(left, 'half')
    await train(directory, EPOCHS)
    expect((await readdir(directory)).filter((name) => name.endsWith('.part'))).toEqual([])
    expect(await weightsOf(directory, 'last')).toEqual(expected)
  })

  it('between two models is put right: there is always one that loads', async () => {
    const model = join(directory, 'model')
    await cp(model, `${model}.next`, { recursive: true })
    await rename(model, `${model}.former`)
    const { network } = await loadModel(tf, (await train(directory, EPOCHS)).model)
    network.dispose()
    expect((await readdir(directory)).filter((name) => name.startsWith('model'))).toEqual(['model'])
  })

  it('after the last epoch but before its figures are written: they are written then', async () => {
    await train(directory, EPOCHS)
    await rm(join(directory, 'metrics.csv'))
    await train(directory, EPOCHS)
    expect((await readFile(join(directory, 'metrics.csv'), 'utf8')).trim().split('\n')).toHaveLength(
      1 + EPOCHS,
    )
  })
})
