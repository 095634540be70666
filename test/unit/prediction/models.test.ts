import { copyFile, cp, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine, type Engine } from '../../../src-main/engine/engine'
import { resourcePath } from '../../../src-main/engine/files/resources'
import { openTensorFlow } from '../../../src-main/engine/compute/tensorflow'
import {
  describeModel,
  exportOnnx,
  findModel,
  openFolderModel,
  openOnnxModel,
  openRemotePredictor,
} from '../../../src-main/engine/prediction'
import { clientOf } from '../engine/client'
import { largestDifference, noise } from '../onnx/networks'

const bundled = resourcePath('models', 'perfusion-unet-small')
let root: string
let file: string
let engine: Engine

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'umbra-models-'))
  file = join(root, 'models', 'small.onnx')
  const { tf } = await openTensorFlow({ backend: 'wasm' })
  await exportOnnx(tf, bundled, file)
  engine = createEngine({ dataDirectory: root })
})
afterAll(async () => {
  await engine.close()
  await rm(root, { recursive: true, force: true })
})

describe('a model may be a folder or an ONNX file', () => {
  it('found by path, by the folder of a run, by the name of one that comes with Umbra', async () => {
    expect(await findModel(file)).toBe(file)
    expect(await findModel('perfusion-unet-small')).toBe(bundled)
    const run = join(root, 'run')
    await cp(bundled, join(run, 'model'), { recursive: true })
    await copyFile(file, join(run, 'exported.onnx'))
    expect(await findModel(run)).toBe(join(run, 'model'))
    const folder = join(root, 'described')
    await mkdir(folder)
    await copyFile(file, join(folder, 'theirs.onnx'))
    await copyFile(join(bundled, 'umbra-model.json'), join(folder, 'umbra-model.json'))
    expect(await findModel(folder)).toBe(join(folder, 'theirs.onnx'))
    await expect(findModel(join(root, 'none.onnx'))).rejects.toMatchObject({ code: 'no-such-model' })
  })

  it('listed by the engine from the models of its data folder, without those that cannot be used', async () => {
    const client = clientOf(engine)
    await writeFile(join(root, 'models', 'notes.txt'), 'no model')
    await copyFile(file, join(root, 'models', 'cut.onnx'))
    await truncate(join(root, 'models', 'cut.onnx'), 100_000)
    const { models } = await client.call('models.list', {})
    expect(models.map(({ model, origin }) => [model, origin])).toEqual([
      ['perfusion-unet-small', 'umbra'],
      [file, 'added'],
    ])
    expect(models[1]).toMatchObject({ name: 'perfusion-unet-small', maps: models[0].maps })
    expect(models[1].weightsSha256).not.toBe(models[0].weightsSha256)
    await rm(join(root, 'models', 'cut.onnx'))
    await copyFile(file, join(root, 'models', 'another.onnx'))
    expect((await client.call('models.list', {})).models).toHaveLength(3)
  })

  it('predicts the same in the process of the networks, by ONNX Runtime and by TensorFlow', async () => {
    const { tf } = await openTensorFlow({ backend: 'wasm' })
    const [rows, columns] = [48, 64]
    const input = noise(rows * columns * (await describeModel(file)).input.timePoints)
    const folder = await openFolderModel(bundled, tf)
    const expected = await folder.infer(input, rows, columns)
    await folder.close()
    const here = await openOnnxModel(file)
    expect(here.computedBy).toMatch(/^ONNX Runtime \d+\.\d+/)
    expect(largestDifference(expected, await here.infer(input, rows, columns))).toBeLessThan(1e-5)
    await here.close()
    const remote = await openRemotePredictor(file)
    try {
      expect(largestDifference(expected, await remote.infer(input, rows, columns))).toBeLessThan(1e-5)
      await expect(remote.infer(input.subarray(28), 1, columns * rows - 1)).rejects.toMatchObject({
        code: 'unsuited-model',
        where: file,
      })
    } finally {
      remote.close()
    }
  })
})
