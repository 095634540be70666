import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { UmbraError } from '@contract'
import { openTensorFlow, type TensorFlow } from '../../../src-main/engine/compute/tensorflow'
import { loadModel, localLearner } from '../../../src-main/engine/networks'
import { trainNetwork, type TrainingResult } from '../../../src-main/engine/training'
import { readCheckpoint } from '../../../src-main/engine/training/checkpoint'
import { datasetKey } from '../../../src-main/engine/training/dataset'
import { tinyTraining } from '../../tinyTraining'
import { umbra } from '../../command'
import { tinyConfig, tinyDataset } from './tinyData'

const BLOCK = 4096
const DISK_KB = 1024

/** A disk of its own in memory; null where this user may not mount one. */
function mountSmallDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'umbra-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_KB}k`, 'none', folder], { stdio: 'ignore' })
    return folder
  } catch {
    return null
  }
}
const disk = mountSmallDisk()

/** Fills the disk until `free` bytes are left. */
async function fillUp(free: number): Promise<void> {
  const path = join(disk ?? '', 'ballast')
  await rm(path, { force: true })
  const { bavail, bsize } = await statfs(disk ?? '')
  await writeFile(path, Buffer.alloc(Math.max(0, bavail * bsize - free)))
}
const makeRoom = (): Promise<void> => rm(join(disk ?? '', 'ballast'), { force: true })

describe.skipIf(disk === null)('a full disk', () => {
  let tf: TensorFlow
  let root: string
  beforeAll(async () => {
    tf = (await openTensorFlow({ backend: 'wasm' })).tf
    root = await mkdtemp(join(tmpdir(), 'umbra-full-disk-'))
  })
  afterAll(async () => {
    await rm(root, { recursive: true, force: true })
    execFileSync('umount', [disk ?? ''])
    await rm(disk ?? '', { recursive: true, force: true })
  })

  it('at any file of a run: it is told, nothing is half-written, and the run ends in the same bits', async () => {
    const datasets = join(root, 'datasets')
    const config = tinyConfig({ epochs: 2 })
    await (await tinyDataset(join(datasets, datasetKey(config.data, config.input, config.outputs)))).close()
    const train = (directory: string): Promise<TrainingResult> =>
      trainNetwork(localLearner(tf), { config, directory, datasets, computedBy: 'a test' })
    const weights = async (directory: string): Promise<Float32Array[] | undefined> =>
      (await readCheckpoint(join(directory, 'last.checkpoint')))?.weights.map(({ values }) => values)
    const undisturbed = join(root, 'undisturbed')
    await train(undisturbed)
    const expected = await weights(undisturbed)

    const filled = new Set<string>()
    const directory = join(disk ?? '', 'run')
    let free = 0
    for (; ; free += BLOCK) {
      await rm(directory, { recursive: true, force: true })
      await fillUp(free)
      const failure: unknown = await train(directory).then(
        () => null,
        (thrown: unknown) => thrown,
      )
      if (failure === null) break
      expect(failure).toMatchObject({ code: 'write-failed' })
      expect((failure as UmbraError).message).toMatch(/^The disk is full\./)
      expect((failure as UmbraError).hint).toMatch(/Free some space/)
      filled.add(basename((failure as UmbraError).where ?? ''))
      const left = await readdir(directory).catch(() => [])
      expect(left.filter((name) => name.endsWith('.part'))).toEqual([])
      for (const name of left.filter((each) => each.endsWith('.checkpoint'))) {
        expect(await readCheckpoint(join(directory, name))).not.toBeNull()
      }
      await makeRoom()
      const { model } = await train(directory)
      expect(await weights(directory)).toEqual(expected)
      const { network } = await loadModel(tf, model)
      network.dispose()
    }
    for (const name of ['config.json', 'best.checkpoint', 'last.checkpoint', 'metrics.csv', 'weights.bin']) {
      expect(filled, `no run failed at ${name}`).toContain(name)
    }
    await makeRoom()
  }, 180_000)

  it('while a data set is made: the command ends with 1, and goes on where it was', async () => {
    const config = join(root, 'config.json')
    await writeFile(config, JSON.stringify({ ...tinyTraining, epochs: 1 }))
    const datasets = join(disk ?? '', 'datasets')
    const train = (): ReturnType<typeof umbra> =>
      umbra('train', config, '-o', join(root, 'run'), '--datasets', datasets, '--backend', 'wasm')
    await fillUp(2 * BLOCK)
    const { code, err } = await train()
    expect(err).toMatch(/umbra: The disk is full\.\n {2}at: .*datasets.*\n {2}try: Free some space/)
    expect(code).toBe(1)
    await makeRoom()
    expect(await train()).toMatchObject({ code: 0 })
  })

  it('where an evaluation would be written is told before the work', async () => {
    await mkdir(join(disk ?? '', 'evaluation'), { recursive: true })
    await fillUp(0)
    const folder = join(disk ?? '', 'evaluation')
    const { code, err } = await umbra('evaluate', 'perfusion-unet-small', '-o', folder, '--patients', '1')
    expect(err).toMatch(/The disk is full/)
    expect(err).not.toContain('patient 1')
    expect(code).toBe(1)
    await makeRoom()
  })
})
