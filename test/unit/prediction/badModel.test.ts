import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTensorFlow } from '../../../src-main/engine/compute/tensorflow'
import {
  buildNetwork,
  inputSpecSchema,
  networkSchema,
  outlineOf,
  partsOf,
  writeModel,
  type ModelSpec,
} from '../../../src-main/engine/networks'
import {
  makePhantom,
  phantomOptions,
  phantomSeries,
  writePhantomStudy,
} from '../../../src-main/engine/phantom'
import { predictMaps, type Predictor } from '../../../src-main/engine/prediction'
import type { VolumeSeries } from '../../../src-main/engine/volume'
import { umbra } from '../../command'

const TIME_POINTS = 8
let root: string
let study: string
let good: string
let series: VolumeSeries
let copies = 0

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'umbra-bad-model-'))
  const phantom = await makePhantom(
    phantomOptions({ size: 64, slices: 1, thickness: 10, interval: 2, volumes: 24, noise: 3 }),
  )
  series = await phantomSeries(phantom)
  await writePhantomStudy(phantom, join(root, 'study'))
  study = join(root, 'study', 'dicom')
  good = join(root, 'good')
  await writeSmallModel(good, TIME_POINTS, TIME_POINTS)
})
afterAll(() => rm(root, { recursive: true, force: true }))

async function writeSmallModel(directory: string, channels: number, described: number): Promise<void> {
  const { tf } = await openTensorFlow({ backend: 'wasm' })
  const network = networkSchema.parse({
    name: 'perfusion-unet',
    depth: 1,
    width: 2,
    batchNormalisation: false,
  })
  const outputs: ModelSpec['outputs'] = [{ map: 'cbv', scale: 8 }]
  const built = buildNetwork(tf, network, { size: null, timePoints: channels, outputs: 1, seed: 5 })
  const input = inputSpecSchema.parse({ timePoints: described, interval: 4, spacing: 5 })
  await writeModel(
    await partsOf(tf, built),
    outlineOf(built),
    { name: 'small', network, input, outputs, created: '', version: '' },
    directory,
  )
  built.dispose()
}

async function copyOf(change: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(root, `copy-${++copies}`)
  await cp(good, folder, { recursive: true })
  await change(folder)
  return folder
}

/** Changes fields of a JSON file of the model. */
async function edit(path: string, change: (json: Record<string, never>) => void): Promise<void> {
  const json = JSON.parse(await readFile(path, 'utf8'))
  change(json)
  await writeFile(path, JSON.stringify(json))
}

/** Weights changed on purpose: their hash is made to fit. */
async function changeWeights(folder: string, change: (weights: Float32Array) => void): Promise<void> {
  const content = await readFile(join(folder, 'weights.bin'))
  const weights = new Float32Array(
    content.buffer.slice(content.byteOffset, content.byteOffset + content.length),
  )
  change(weights)
  const changed = Buffer.from(weights.buffer)
  await writeFile(join(folder, 'weights.bin'), changed)
  const sha256 = createHash('sha256').update(changed).digest('hex')
  await edit(
    join(folder, 'umbra-model.json'),
    (json: Record<string, unknown>) => (json.weightsSha256 = sha256),
  )
}

const predict = (model: string): ReturnType<typeof umbra> =>
  umbra('predict', model, study, '-o', join(root, 'maps'), '--backend', 'wasm')

/** A model that cannot be used: exit code 1, what is wrong, and what to do. */
async function expectRefusal(model: string, message: RegExp): Promise<void> {
  const { code, err } = await predict(model)
  expect(err).toMatch(message)
  expect(err).toMatch(/^ {2}at: /m)
  expect(err).toMatch(/^ {2}try: /m)
  expect(code).toBe(1)
}

it('a whole model predicts', async () => {
  const { code, err, out } = await predict(good)
  expect(err).toContain('Network small')
  expect(out).toContain('Written to')
  expect(code).toBe(0)
})

describe('a model for another number of time points', () => {
  it('is refused when its description does not fit its network', async () => {
    const folder = join(root, 'other-time-points')
    await writeSmallModel(folder, TIME_POINTS, TIME_POINTS + 1)
    await expectRefusal(folder, /takes 8 time points and makes 1 maps; its description says 9 and 1/)
  })

  it('is refused when it is TensorFlow.js’ but not described as Umbra needs it', async () => {
    const folder = await copyOf((copy) => rm(join(copy, 'umbra-model.json')))
    await expectRefusal(folder, /TensorFlow\.js model without umbra-model\.json/)
  })

  it('warns when the scan is shorter than the network’s time', async () => {
    const result = await predictMaps(standIn(0.5, { interval: 10 }), series)
    expect(result.warnings.map(({ code }) => code)).toContain('network-scan-short')
  })
})

describe('wrong normalisation', () => {
  it.each([
    ['a window that is upside down', { lower: 100, upper: 0 }, {}, /upper end of the window/],
    ['values that are not known', { values: 'raw' }, {}, /input\.values/],
    ['a scale of 0', {}, { scale: 0 }, /outputs\.0\.scale/],
    ['a scale that no map has', {}, { scale: 1e9 }, /outputs\.0\.scale/],
  ])('is refused: %s', async (_, input, output, message) => {
    const folder = await copyOf((copy) =>
      edit(join(copy, 'umbra-model.json'), (json: Record<string, unknown>) => {
        Object.assign(json.input as object, input)
        Object.assign((json.outputs as object[])[0], output)
      }),
    )
    await expectRefusal(folder, message)
  })

  it.each([
    ['another interval', { interval: 1 }],
    ['another window', { upper: 80 }],
  ])('is told from what the network was trained with: %s', async (_, input) => {
    const folder = await copyOf((copy) =>
      edit(join(copy, 'umbra-model.json'), (json: Record<string, unknown>) =>
        Object.assign(json.input as object, input),
      ),
    )
    await expectRefusal(folder, /another normalisation than the one the network was trained with/)
  })

  it('is told from the weights of another model', async () => {
    const folder = await copyOf((copy) => changeWeights(copy, (weights) => (weights[0] += 1)))
    await writeFile(join(folder, 'umbra-model.json'), await readFile(join(good, 'umbra-model.json')))
    await expectRefusal(folder, /not those that were written/)
  })

  it.each([
    [0, 'prediction-constant'],
    [0.999, 'prediction-saturated'],
    [0.0005, 'prediction-saturated'],
  ])('shows in maps that are all %s: a warning with a remedy', async (value, code) => {
    const { warnings } = await predictMaps(standIn(value), series)
    const warning = warnings.find((each) => each.code === code)
    expect(warning?.message).toContain('CBV')
    expect(warning?.hint).toContain('umbra-model.json')
  })

  it('says nothing of maps as they are meant to be', async () => {
    const { warnings } = await predictMaps(standIn(0.5, {}, 0.4), series)
    expect(warnings.map(({ code }) => code).filter((code) => /prediction|window/.test(code))).toEqual([])
  })

  it('shows in a window that leaves the brain out', async () => {
    const window = { values: 'window' as const, lower: 900, upper: 1000 }
    const { warnings } = await predictMaps(standIn(0.5, window, 0.4), series)
    expect(warnings.find(({ code }) => code === 'window-unfit')?.message).toMatch(/100 % of the brain/)
  })
})

describe('damaged weights', () => {
  it('are told when they are cut short', async () => {
    const folder = await copyOf((copy) => truncate(join(copy, 'weights.bin'), 100))
    await expectRefusal(folder, /cut short: 100 of \d+ bytes/)
  })

  it('are told when one bit has changed', async () => {
    const folder = await copyOf(async (copy) => {
      const content = await readFile(join(copy, 'weights.bin'))
      content[17] ^= 4
      await writeFile(join(copy, 'weights.bin'), content)
    })
    await expectRefusal(folder, /not those that were written/)
  })

  it('are told when they are missing', async () => {
    const folder = await copyOf((copy) => rm(join(copy, 'weights.bin')))
    await expectRefusal(folder, /A file of the model cannot be read.*weights\.bin/)
  })

  it.each([NaN, Infinity, -Infinity])('are told when one of them is %s', async (value) => {
    const folder = await copyOf((copy) => changeWeights(copy, (weights) => (weights[20] = value)))
    await expectRefusal(folder, /weights of the model hold values that are no numbers \(down1_a/)
  })
})

describe('a damaged description', () => {
  it.each(['model.json', 'umbra-model.json'])('is told when %s is cut short', async (file) => {
    const folder = await copyOf((copy) => truncate(join(copy, file), 60))
    await expectRefusal(folder, /damaged or cut short/)
  })

  it.each(['model.json', 'umbra-model.json'])(
    'is told when %s is not the JSON that is meant',
    async (file) => {
      const folder = await copyOf((copy) =>
        writeFile(join(copy, file), '{"format": 1, "weightsManifest": [null]}'),
      )
      await expectRefusal(folder, /cannot be (used|read)/)
    },
  )

  it('is told when the network cannot be built', async () => {
    const folder = await copyOf((copy) =>
      edit(join(copy, 'model.json'), (json: Record<string, unknown>) => {
        const topology = json.modelTopology as { config: { layers: { class_name: string }[] } }
        topology.config.layers[1].class_name = 'Unheard'
      }),
    )
    await expectRefusal(folder, /network in model\.json cannot be built/)
  })

  it('of a newer format asks for a newer Umbra', async () => {
    const folder = await copyOf((copy) =>
      edit(join(copy, 'umbra-model.json'), (json: Record<string, unknown>) => (json.format = 2)),
    )
    await expectRefusal(folder, /format 2; this version of Umbra reads format 1/)
  })

  it('is not taken for a model where there is only a run without an epoch, or nothing', async () => {
    const folder = join(root, 'empty-run')
    await mkdir(folder)
    await writeFile(join(folder, 'config.json'), '{}')
    await writeFile(join(folder, 'split.json'), '{}')
    await expectRefusal(folder, /no model yet/)
    await expectRefusal(join(root, 'nowhere'), /There is no model/)
  })
})

describe('NaN in data', () => {
  it('of the series is told before a network sees it', async () => {
    await expect(predictMaps(standIn(0.5), { ...series, slope: NaN })).rejects.toMatchObject({
      code: 'nan-in-data',
    })
  })

  it('out of the network is told', async () => {
    await expect(predictMaps(standIn(NaN), series)).rejects.toMatchObject({ code: 'prediction-not-finite' })
  })
})

/** A network that gives `value`, within ± `spread` from pixel to pixel. */
function standIn(value: number, input: object = {}, spread = value === 0 ? 0 : 0.0009): Predictor {
  const spec: ModelSpec = {
    format: 1,
    name: 'stand-in',
    network: networkSchema.parse({ name: 'perfusion-unet', depth: 1 }),
    input: inputSpecSchema.parse({ timePoints: 10, interval: 3, spacing: null, ...input }),
    outputs: [{ map: 'cbv', scale: 8 }],
    weightsSha256: '',
    parameters: 0,
    created: '',
    version: '',
  }
  const infer = async (_: Float32Array, rows: number, columns: number): Promise<Float32Array> =>
    Float32Array.from({ length: rows * columns }, (__, i) => value + spread * Math.sin(i))
  return { spec, infer }
}
