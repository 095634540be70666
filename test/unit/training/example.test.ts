import { mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTensorFlow, type TensorFlow } from '../../../src-main/engine/compute/tensorflow'
import { loadModel, localLearner, type Tensor4D } from '../../../src-main/engine/networks'
import { readExample, trainNetwork } from '../../../src-main/engine/training'
import { allSlices, wholeSlice } from '../../../src-main/engine/training/batches'
import { datasetKey } from '../../../src-main/engine/training/dataset'
import { crc32c } from '../../../src-main/engine/training/tensorboard'
import { tinyConfig, tinyDataset } from './tinyData'

const EPOCHS = 13
let tf: TensorFlow
let root: string
let directory: string
let datasets: string

beforeAll(async () => {
  tf = (await openTensorFlow({ backend: 'wasm' })).tf
  root = await mkdtemp(join(tmpdir(), 'umbra-example-'))
  datasets = join(root, 'datasets')
  directory = join(root, 'run')
  const config = tinyConfig({ epochs: EPOCHS })
  await (await tinyDataset(join(datasets, datasetKey(config.data, config.input, config.outputs)))).close()
  await trainNetwork(localLearner(tf), { config, directory, datasets, computedBy: 'a test' })
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe('the example of a run', () => {
  it('is of a patient who judges, and holds the maps of the latest epoch in their units', async () => {
    const example = await readExample(directory)
    if (!example) throw new Error('no example')
    const { validation } = JSON.parse(await readFile(join(directory, 'split.json'), 'utf8'))
    expect(validation).toContain(example.patient)
    expect(example).toMatchObject({ epoch: EPOCHS, maps: ['cbv'] })

    // The last epoch is the best one here, so the model is what made the example.
    const metrics = JSON.parse(await readFile(join(directory, 'metrics.json'), 'utf8')) as {
      epoch: number
      validationLoss: number
    }[]
    const best = metrics.reduce((a, b) => (b.validationLoss < a.validationLoss ? b : a))
    expect(best.epoch).toBe(EPOCHS)
    const { data: choice, input, outputs } = tinyConfig()
    const data = await tinyDataset(join(root, 'again', datasetKey(choice, input, outputs)))
    const slices = allSlices(data.studies.filter(({ patient }) => patient === example.patient))
    const batch = await wholeSlice(data, slices[example.slice - 1], 2)
    const { network } = await loadModel(tf, join(directory, 'model'))
    const frames = tf.tensor4d(batch.input, [1, batch.rows, batch.columns, 4])
    const predicted = (network.predict(frames) as Tensor4D).dataSync()
    const area = batch.rows * batch.columns
    expect(example.images).toHaveLength(3 * area)
    for (let i = 0; i < area; i++) {
      expect(example.images[i]).toBeCloseTo(30 + 20 * batch.input[4 * i], 3)
      const [truth, shown] = [example.images[area + i], example.images[2 * area + i]]
      if (batch.target[i] < 0) expect([truth, shown]).toEqual([NaN, NaN])
      else {
        expect(truth).toBe(batch.target[i])
        expect(shown).toBeCloseTo(predicted[i], 5)
      }
    }
    await data.close()
    network.dispose()
  })

  it('is kept as a picture of the first ten epochs and every tenth', async () => {
    const names = (await readdir(join(directory, 'examples'))).filter((name) => name.endsWith('.png')).sort()
    expect(names).toEqual(Array.from({ length: 10 }, (_, i) => `epoch-${String(i + 1).padStart(4, '0')}.png`))
    const picture = PNG.sync.read(await readFile(join(directory, 'examples', names[0])))
    const colours = new Set<number>()
    for (let i = 0; i < picture.data.length; i += 4) colours.add(picture.data.readUInt32BE(i))
    expect(picture.width).toBeGreaterThan(600)
    expect(colours.size).toBeGreaterThan(50)
  })

  it('is a TensorBoard image: records with their checksums, the picture in the second', async () => {
    const path = join(directory, 'examples', 'events.out.tfevents.0001.umbra')
    const [file, png] = [await readFile(path), await readFile(join(directory, 'examples', 'epoch-0001.png'))]
    const records: Buffer[] = []
    for (let at = 0; at < file.length;) {
      const length = Number(file.readBigUInt64LE(at))
      const data = file.subarray(at + 12, at + 12 + length)
      const crc = crc32c(data)
      expect(file.readUInt32LE(at + 12 + length)).toBe((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0)
      records.push(data)
      at += 16 + length
    }
    expect(records).toHaveLength(2)
    expect(records[1].includes(png)).toBe(true)
    expect(records[1].includes('example')).toBe(true)
  })

  it('is none before the first epoch, and a problem where its file is cut short', async () => {
    expect(await readExample(root)).toBeNull()
    await truncate(join(directory, 'example.maps'), 200)
    await expect(readExample(directory)).rejects.toMatchObject({ code: 'damaged-example' })
  })
})
