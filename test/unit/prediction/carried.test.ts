import { createHash } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  openTensorFlow,
  startTensorFlowProcess,
  type TensorFlow,
  type TensorFlowProcess,
} from '../../../src-main/engine/compute/tensorflow'
import {
  buildNetwork,
  inferJob,
  inputSpecSchema,
  loadModel,
  networkSchema,
  outlineOf,
  partsOf,
  writeModel,
} from '../../../src-main/engine/networks'
import { carryNetwork } from '../../../src-main/engine/prediction/carryNetwork'
import { localPredictor } from '../../../src-main/engine/prediction'

let tf: TensorFlow
let root: string
let good: string
let child: TensorFlowProcess

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'umbra-carried-model-'))
  good = join(root, 'good')
  tf = (await openTensorFlow({ backend: 'wasm' })).tf
  const network = networkSchema.parse({ name: 'perfusion-unet', depth: 2, width: 4 })
  const built = buildNetwork(tf, network, { size: null, timePoints: 6, outputs: 1, seed: 5 })
  const input = inputSpecSchema.parse({ timePoints: 6 })
  const outputs = [{ map: 'cbv' as const, scale: 8 }]
  const about = { name: 'small', network, input, outputs, created: '', version: '' }
  await writeModel(await partsOf(tf, built), outlineOf(built), about, good)
  built.dispose()
  child = await startTensorFlowProcess('carried', { backend: 'wasm' })
})
afterAll(async () => {
  child.close()
  await rm(root, { recursive: true, force: true })
})

/** A copy of the model with a file of it changed. */
async function changed<T>(file: string, change: (content: T) => void): Promise<string> {
  const folder = await mkdtemp(join(root, 'copy-'))
  await cp(good, folder, { recursive: true })
  const path = join(folder, file)
  if (file.endsWith('.json')) {
    const json = JSON.parse(await readFile(path, 'utf8'))
    change(json)
    await writeFile(path, JSON.stringify(json))
    return folder
  }
  const weights = new Float32Array(Uint8Array.from(await readFile(path)).buffer)
  change(weights as T)
  await writeFile(path, new Uint8Array(weights.buffer))
  const description = join(folder, 'umbra-model.json')
  const spec = JSON.parse(await readFile(description, 'utf8'))
  spec.weightsSha256 = createHash('sha256').update(new Uint8Array(weights.buffer)).digest('hex')
  await writeFile(description, JSON.stringify(spec))
  return folder
}

describe('a network that is carried to where no file can be read', () => {
  it('predicts what it predicts here, slice after slice', async () => {
    const local = localPredictor(tf, await loadModel(tf, good))
    await carryNetwork(child, good)
    for (const phase of [0, 1]) {
      const input = Float32Array.from({ length: 16 * 20 * 6 }, (_, i) => Math.sin(i + phase))
      const here = await local.infer(input, 16, 20)
      const { maps } = await child.run(inferJob, { images: 1, rows: 16, columns: 20, input })
      expect(new Set(here).size).toBeGreaterThan(100)
      expect(maps).toHaveLength(here.length)
      maps.forEach((value, i) => expect(Math.abs(value - here[i])).toBeLessThan(1e-5))
    }
    local.close()
  })

  it('is refused as one that is loaded is, before it goes there or when it is built', async () => {
    const broken: [string, string, (content: never) => void][] = [
      ['damaged-model', 'weights.bin', (weights: Float32Array) => (weights[7] = NaN)],
      [
        'other-network',
        'umbra-model.json',
        (spec: { input: { interval: number } }) => (spec.input.interval = 3),
      ],
      ['other-network', 'umbra-model.json', (spec: { parameters: number }) => spec.parameters++],
      [
        'damaged-model',
        'model.json',
        (model: { modelTopology: { config: { layers: { class_name: string }[] } } }) =>
          (model.modelTopology.config.layers[1].class_name = 'Unheard'),
      ],
    ]
    for (const [code, file, change] of broken) {
      const folder = await changed(file, change)
      const refusal = { code, where: expect.stringContaining(folder) as string }
      await expect(loadModel(tf, folder)).rejects.toMatchObject(refusal)
      await expect(carryNetwork(child, folder)).rejects.toMatchObject(refusal)
    }
  })
})
