import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTensorFlow } from '../../../src-main/engine/compute/tensorflow'
import {
  buildNetwork,
  inputSpecSchema,
  loadModel,
  networkSchema,
  outlineOf,
  partsOf,
  writeModel,
} from '../../../src-main/engine/networks'
import { localPredictor, openRemotePredictor } from '../../../src-main/engine/prediction'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'umbra-model-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

it('a network predicts in a process of its own what it predicts in this one', async () => {
  const { tf } = await openTensorFlow({ backend: 'wasm' })
  const network = networkSchema.parse({
    name: 'perfusion-unet',
    depth: 2,
    width: 4,
    batchNormalisation: false,
  })
  const input = inputSpecSchema.parse({ timePoints: 6 })
  const outputs = [{ map: 'cbv' as const, scale: 8 }]
  const built = buildNetwork(tf, network, { size: null, timePoints: 6, outputs: 1, seed: 5 })
  await writeModel(
    await partsOf(tf, built),
    outlineOf(built),
    { name: 'small', network, input, outputs, created: '', version: '' },
    directory,
  )
  const local = localPredictor(tf, await loadModel(tf, directory))
  const slice = Float32Array.from({ length: 16 * 20 * 6 }, (_, i) => Math.sin(i))
  const here = await local.infer(slice, 16, 20)
  const remote = await openRemotePredictor(directory, { backend: 'wasm' })
  try {
    const there = await remote.infer(slice, 16, 20)
    expect(there).toHaveLength(16 * 20)
    expect(Array.from(there)).toEqual(Array.from(here))
    expect(new Set(here).size).toBeGreaterThan(100)
  } finally {
    remote.close()
  }
})
