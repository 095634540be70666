import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openArtefactStore } from '../../../src-main/engine/pipeline'

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'umbra-artefacts-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

const none = new Set<string>()
const bytes = (length: number) => ({ json: null, arrays: { voxels: new Uint8Array(length) } })

it('gives back what was kept, bit for bit', async () => {
  const store = openArtefactStore(join(scratch, 'same'))
  const arrays = {
    a: Int16Array.of(-1, 2, 32767),
    b: Float32Array.of(0.1, -0),
    c: Float64Array.of(Math.PI),
    d: Uint8Array.of(255),
  }
  await store.save('key', { json: { some: ['words'] }, arrays }, none)
  const found = await store.find('key')
  expect(found?.json).toEqual({ some: ['words'] })
  for (const [name, array] of Object.entries(arrays)) expect(await found?.read(name)).toEqual(array)
  await expect(found?.read('e')).rejects.toThrow('no array e')
  expect(await store.find('other')).toBeNull()
})

it('lets the least recently used go, but nothing that the run needs', async () => {
  const folder = join(scratch, 'limited')
  const store = openArtefactStore(folder, 2500)
  for (const [index, key] of ['one', 'two', 'three'].entries()) {
    const needed = key === 'three' ? new Set(['one']) : none
    if (key === 'three') {
      for (const [age, old] of ['one', 'two'].entries()) {
        const then = new Date(Date.now() - 100_000 + 1000 * age)
        await utimes(join(folder, old, 'artefact.json'), then, then)
      }
    }
    await store.save(key, bytes(1000 + index), needed)
  }
  expect((await readdir(folder)).sort()).toEqual(['one', 'three', 'two'].filter((key) => key !== 'two'))
})

it('refuses what is larger than all it may keep, and keeps the rest', async () => {
  const store = openArtefactStore(join(scratch, 'large'), 1500)
  await store.save('small', bytes(1000), none)
  await expect(store.save('large', bytes(2000), none)).rejects.toMatchObject({ code: 'too-large-to-keep' })
  expect(await store.find('small')).not.toBeNull()
})

it('takes no half-written result for a whole one', async () => {
  const folder = join(scratch, 'killed')
  const store = openArtefactStore(folder)
  await mkdir(join(folder, 'key.0123.part'), { recursive: true })
  await mkdir(join(folder, 'key'))
  expect(await store.find('key')).toBeNull()
  await store.save('key', bytes(10), none)
  expect(await store.find('key')).not.toBeNull()
})
