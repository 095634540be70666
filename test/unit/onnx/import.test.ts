import { createHash } from 'node:crypto'
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { create } from '@bufbuild/protobuf'
import { beforeAll, describe, expect, it } from 'vitest'
import { openTensorFlow, type TensorFlow } from '../../../src-main/engine/compute/tensorflow'
import { outlineOf, partsOf, writeModel } from '../../../src-main/engine/networks'
import { onnxModel, openOnnxSession, readOnnxModel } from '../../../src-main/engine/onnx'
import {
  StringStringEntryProtoSchema,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
} from '../../../src-main/engine/onnx/onnx_pb'
import { exportOnnx, localPredictor } from '../../../src-main/engine/prediction'
import { foreignModel, weigh, weighed, type Dims } from './foreign'
import { inFolder, largestDifference, noise, specOf, trainedUnet, twoMaps } from './networks'

let tf: TensorFlow
beforeAll(async () => {
  tf = (await openTensorFlow({ backend: 'wasm' })).tf
})

const description = { format: 1, name: 'theirs', input: { timePoints: 3 }, outputs: twoMaps }
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Predicts a slice of 4 × 6 pixels with a file in a folder of its own. */
async function use(
  bytes: Uint8Array,
  { about = description as object | null, beside = {} as Record<string, Uint8Array> } = {},
  [rows, columns]: [number, number] = [4, 6],
): Promise<{ input: Float32Array; maps: Float32Array; size?: number[] }> {
  return inFolder(async (folder) => {
    await writeFile(join(folder, 'theirs.onnx'), bytes)
    if (about) await writeFile(join(folder, 'umbra-model.json'), JSON.stringify(about))
    for (const [name, content] of Object.entries(beside)) await writeFile(join(folder, name), content)
    const model = await readOnnxModel(join(folder, 'theirs.onnx'))
    const session = await openOnnxSession(model)
    try {
      const input = noise(rows * columns * model.spec.input.timePoints)
      return { input, maps: await session.infer(input, rows, columns), size: model.spec.size }
    } finally {
      await session.close()
    }
  })
}

const firstToLast = { perm: [0, 2, 3, 1] }
const lastToFirst = { perm: [0, 3, 1, 2] }
/** The same network for images whose channels are first or last, on either side. */
function network(input: Dims | null, output: Dims | null, first: [boolean, boolean]): Uint8Array {
  return foreignModel([['x', input]], [['y', output]], (graph) => {
    const planes = first[0] ? 'x' : graph.operation('Transpose', ['x'], 'planes', lastToFirst)
    const maps = weigh(graph, planes, first[1] ? 'y' : 'maps')
    if (!first[1]) graph.operation('Transpose', [maps], 'y', firstToLast)
  })
}

describe('an ONNX file from Umbra', () => {
  it('is a model without more being said, and predicts what the network does', () =>
    inFolder(async (folder) => {
      const built = trainedUnet(tf)
      const spec = await writeModel(
        await partsOf(tf, built),
        outlineOf(built),
        specOf(built),
        folder,
        '# Card',
      )
      const path = join(folder, 'somewhere else', 'copy.ONNX')
      const result = await exportOnnx(tf, folder, path, { check: true })
      expect(result.largestDifference).toBeLessThan(1e-5)
      const model = await readOnnxModel(path)
      expect(model.spec).toEqual({ ...spec, weightsSha256: sha256(await readFile(path)) })
      const session = await openOnnxSession(model)
      const input = noise(12 * 20 * 6)
      const theirs = await session.infer(input, 12, 20)
      await session.close()
      const ours = await localPredictor(tf, { network: trainedUnet(tf), spec, directory: folder }).infer(
        input,
        12,
        20,
      )
      expect(largestDifference(ours, theirs)).toBeLessThan(1e-5)
    }))

  it('of one size says so', () =>
    inFolder(async (folder) => {
      const built = trainedUnet(tf, { size: [8, 16] })
      await writeFile(join(folder, 'fixed.onnx'), onnxModel(built, specOf(built)))
      expect((await readOnnxModel(join(folder, 'fixed.onnx'))).spec.size).toEqual([8, 16])
    }))

  it('that is cut short, or changed by a bit, is refused as damaged wherever that is', () =>
    inFolder(async (folder) => {
      const built = trainedUnet(tf, { depth: 1, width: 2 })
      const whole = onnxModel(built, specOf(built, { depth: 1, width: 2 }))
      const path = join(folder, 'damaged.onnx')
      for (let share = 0; share < 40; share++) {
        await writeFile(path, whole)
        await truncate(path, Math.floor((whole.length * share) / 40))
        await expect(readOnnxModel(path)).rejects.toMatchObject({ code: 'damaged-model', where: path })
      }
      const kernel = Buffer.from(whole).indexOf('down1_a/kernel')
      const changed = Uint8Array.from(whole)
      changed[kernel + 60] ^= 4
      await writeFile(path, changed)
      await expect(readOnnxModel(path)).rejects.toMatchObject({ code: 'damaged-model', where: path })
    }))
})

describe('an ONNX file of another program', () => {
  it.each<[string, Dims | null, Dims | null, [boolean, boolean]]>([
    ['channels first, of any size', ['n', 3, 'h', 'w'], ['n', 2, 'h', 'w'], [true, true]],
    ['channels last, of any size', [null, null, null, 3], ['n', 'h', 'w', 2], [false, false]],
    ['channels first into channels last', [1, 3, 'h', 'w'], [1, 'h', 'w', 2], [true, false]],
    ['channels last, an output without shape', [1, 'h', 'w', 3], null, [false, false]],
    ['channels first, of one size', [1, 3, 4, 6], [1, 2, 4, 6], [true, true]],
  ])('with a description beside it predicts: %s', async (_, input, output, first) => {
    const used = await use(network(input, output, first))
    expect(largestDifference(used.maps, weighed(used.input))).toBeLessThan(1e-6)
    expect(used.size).toEqual(input?.[2] === 4 ? [4, 6] : undefined)
  })

  it('may tell in its description where its channels are, where the file does not', async () => {
    const bytes = network(['a', 'b', 'c', 'd'], null, [true, true])
    await expect(use(bytes)).rejects.toMatchObject({
      code: 'unsuited-model',
      message: expect.stringMatching(/free × free × free × free/),
    })
    const about = { ...description, network: { name: 'onnx', layout: 'channels-first' } }
    const used = await use(bytes, { about })
    expect(largestDifference(used.maps, weighed(used.input))).toBeLessThan(1e-6)
  })

  it('has a description by its own name, or refuses to be guessed at', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'theirs.onnx')
      await writeFile(path, network(['n', 3, 'h', 'w'], ['n', 2, 'h', 'w'], [true, true]))
      await expect(readOnnxModel(path)).rejects.toMatchObject({
        code: 'not-a-model',
        hint: expect.stringMatching(/theirs\.umbra-model\.json/),
      })
      const about = join(folder, 'theirs.umbra-model.json')
      await writeFile(about, JSON.stringify({ ...description, outputs: [] }))
      await expect(readOnnxModel(path)).rejects.toMatchObject({
        code: 'damaged-model',
        message: expect.stringMatching(/outputs/),
        where: about,
      })
      await writeFile(about, JSON.stringify(description))
      const { spec } = await readOnnxModel(path)
      expect(spec).toMatchObject({ name: 'theirs', parameters: 8, network: { name: 'onnx', stride: 1 } })
      expect(spec.weightsSha256).toBe(sha256(await readFile(path)))
    }))

  it('keeps its numbers beside it, and only there', async () => {
    const data = new Uint8Array(new Float32Array([0.5, -0.25, 0.125, 0.1, 0.2, 0.3]).buffer)
    const outside = (location: string): Uint8Array =>
      foreignModel(
        [['x', ['n', 3, 'h', 'w']]],
        [['y', ['n', 2, 'h', 'w']]],
        (graph) => weigh(graph, 'x', 'y'),
        (model) => {
          const kernel = model.graph?.initializer[0]
          if (!kernel) return
          Object.assign(kernel, { rawData: new Uint8Array(), dataLocation: DataLocation.EXTERNAL })
          kernel.externalData = [create(StringStringEntryProtoSchema, { key: 'location', value: location })]
        },
      )
    const used = await use(outside('theirs.data'), { beside: { 'theirs.data': data } })
    expect(largestDifference(used.maps, weighed(used.input))).toBeLessThan(1e-6)
    await expect(use(outside('theirs.data'))).rejects.toMatchObject({
      code: 'damaged-model',
      message: expect.stringMatching(/theirs\.data/),
    })
    for (const place of ['../theirs.data', '/etc/hostname', 'a/../../theirs.data', '']) {
      await expect(use(outside(place))).rejects.toMatchObject({
        code: 'damaged-model',
        message: expect.stringMatching(/outside its folder/),
      })
    }
  })
})

describe('an ONNX file that does not suit its description is refused, saying what it has and what is needed', () => {
  const pass = (
    inputs: Parameters<typeof foreignModel>[0],
    outputs: Parameters<typeof foreignModel>[1],
  ): Uint8Array => foreignModel(inputs, outputs, (graph) => weigh(graph, 'x', 'y'))
  const maps: Dims = ['n', 2, 'h', 'w']

  it.each<[string, Uint8Array, RegExp]>([
    [
      'time points',
      pass([['x', ['n', 28, 'h', 'w']]], [['y', maps]]),
      /takes free × 28 × free × free; .*3 time points/,
    ],
    ['maps', pass([['x', ['n', 3, 'h', 'w']]], [['y', ['n', 4, 5, 6]]]), /makes free × 4 × 5 × 6; .*2 maps/],
    ['dimensions', pass([['x', ['n', 3, 'd', 'h', 'w']]], [['y', maps]]), /5 dimensions/],
    [
      'type',
      pass([['x', ['n', 3, 'h', 'w'], DataType.FLOAT16]], [['y', maps]]),
      /float16; it must be of float32/,
    ],
    ['slices at once', pass([['x', [8, 3, 'h', 'w']]], [['y', maps]]), /8 slices at once/],
    ['one side fixed', pass([['x', ['n', 3, 64, 'w']]], [['y', maps]]), /both be fixed or both be free/],
    [
      'inputs',
      pass(
        [
          ['x', ['n', 3, 'h', 'w']],
          ['arterial_input', ['n', 3]],
        ],
        [['y', maps]],
      ),
      /2 inputs \(x, arterial_input\)/,
    ],
    [
      'outputs',
      pass(
        [['x', ['n', 3, 'h', 'w']]],
        [
          ['y', maps],
          ['z', maps],
        ],
      ),
      /2 outputs \(y, z\)/,
    ],
  ])('%s', async (_, bytes, message) => {
    await expect(use(bytes)).rejects.toMatchObject({
      code: 'unsuited-model',
      message: expect.stringMatching(message),
    })
  })

  it('old files that list their numbers among the inputs are no matter', async () => {
    const bytes = pass(
      [
        ['x', ['n', 3, 'h', 'w']],
        ['weights', [2, 3, 1, 1]],
        ['biases', [2]],
      ],
      [['y', maps]],
    )
    const used = await use(bytes)
    expect(largestDifference(used.maps, weighed(used.input))).toBeLessThan(1e-6)
  })

  it('an operator that nobody knows', async () => {
    const bytes = foreignModel([['x', ['n', 3, 'h', 'w']]], [['y', maps]], (graph) =>
      graph.operation('Guess', ['x'], 'y'),
    )
    await expect(use(bytes)).rejects.toMatchObject({
      code: 'unsuited-model',
      message: expect.stringMatching(/Guess/),
    })
  })

  it('maps of another size than the image', async () => {
    const half = (graph: Parameters<typeof weigh>[0]): unknown =>
      graph.operation('AveragePool', [weigh(graph, 'x', 'maps')], 'y', {
        kernel_shape: [2, 2],
        strides: [2, 2],
      })
    const bytes = foreignModel([['x', ['n', 3, 'h', 'w']]], [['y', ['n', 2, 'p', 'q']]], half)
    await expect(use(bytes)).rejects.toMatchObject({
      message: expect.stringMatching(/makes 1 × 2 × 2 × 3 of 1 × 3 × 4 × 6; it must make/),
    })
  })

  it.each([
    ['nothing', new Uint8Array()],
    ['text', Buffer.from('<!DOCTYPE html><html>404</html>')],
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
  ])('%s instead of a network', async (_, bytes) => {
    await expect(use(bytes)).rejects.toMatchObject({ code: 'damaged-model' })
  })

  it('a folder, a file that is not there', () =>
    inFolder(async (folder) => {
      await mkdir(join(folder, 'folder.onnx'))
      for (const name of ['folder.onnx', 'missing.onnx']) {
        await expect(readOnnxModel(join(folder, name))).rejects.toMatchObject({ code: 'damaged-model' })
      }
    }))
})
