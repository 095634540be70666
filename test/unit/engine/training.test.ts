import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TrainingRun } from '@contract'
import { createEngine, type Engine } from '../../../src-main/engine/engine'
import { describeModel } from '../../../src-main/engine/prediction'
import { trainingConfig } from '../../../src-main/engine/training'
import { readStart } from '../../../src-main/engine/training/startModel'
import { tinyTraining } from '../../tinyTraining'
import { clientOf } from './client'

let root: string
let engine: Engine
let client: ReturnType<typeof clientOf>

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'umbra-training-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))
beforeEach(() => {
  engine = createEngine({ dataDirectory: root })
  client = clientOf(engine)
})
afterEach(() => engine.close())

async function runs(): Promise<TrainingRun[]> {
  return (await client.call('training.runs', {})).runs
}

describe('training, asked of the engine', { timeout: 120_000 }, () => {
  it('refuses a configuration that is none, naming the field, and leaves nothing behind', async () => {
    await expect(client.run('training.start', { config: '{' })).rejects.toThrow('no JSON')
    const wrong = JSON.stringify({ ...tinyTraining, batch: 0 })
    await expect(client.run('training.start', { config: wrong })).rejects.toThrow('batch')
    expect(await runs()).toEqual([])
  })

  it('offers configurations to begin from, each of which it takes', async () => {
    const { presets } = await client.call('training.presets', {})
    expect(presets.length).toBeGreaterThan(1)
    const configs = presets.map(({ config }) => trainingConfig(JSON.parse(config)))
    const further = configs.filter(({ start }) => start !== null)
    expect(further).toHaveLength(1)
    for (const config of further) {
      const { about } = await readStart(config.start ?? '', config)
      expect(about.name).toBe('perfusion-unet-small')
    }
  })

  it('trains in a process of its own, and keeps every epoch and the model with its card', async () => {
    const { runId } = await client.run('training.start', { config: JSON.stringify(tinyTraining) })
    const [run] = await runs()
    expect(run).toMatchObject({ runId, name: 'tiny', state: 'finished', epochs: 3, fault: null })
    expect(run.patients).toEqual({ training: 1, validation: 1 })
    expect(run.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3])
    expect(new Set(run.history.map(({ tensors }) => tensors)).size).toBe(1)
    expect(run.card).toContain('Research use only')
    expect(existsSync(join(run.directory, 'model', 'weights.bin'))).toBe(true)
    const example = await client.call('training.example', { runId })
    if (!example) throw new Error('no example')
    expect(example).toMatchObject({ epoch: 3, images: { frames: 7, type: 'float32' } })
    expect(example.maps.map(({ unit }) => unit)).toEqual(['ml/100 g', 'ml/100 g/min', 's'])
    const [columns, rows] = example.images.geometry.size
    expect(engine.readVoxels(example.images.id, 6)).toHaveLength(4 * columns * rows)
  })

  it.skipIf(process.platform !== 'linux')(
    'goes on by itself from the last checkpoint when the process that computes is killed',
    async () => {
      const processes = (): string[] =>
        readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ')
      const others = new Set(processes())
      const config = JSON.stringify({ ...tinyTraining, name: 'killed', epochs: 40 })
      const training = client.start('training.start', { config })
      const killed = async (): Promise<TrainingRun | undefined> =>
        (await runs()).find(({ name }) => name === 'killed')
      while (!((await killed())?.history.length ?? 0)) await new Promise((resolve) => setTimeout(resolve, 50))
      const [computing] = processes().filter((pid) => !others.has(pid))
      process.kill(Number(computing), 'SIGKILL')
      const job = await client.ended(await training)
      expect(job.state).toBe('done')
      expect(job.log.map(({ text }) => text).join('\n')).toContain('Going on from the last checkpoint')
      const run = await killed()
      expect(run?.history.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
      await client.call('training.remove', { runId: run?.runId ?? '' })
    },
  )

  it('writes the network of a finished run as ONNX into its folder, and no other', async () => {
    const [run] = await runs()
    const written = await client.run('training.export', { runId: run.runId })
    expect(written.path).toBe(join(run.directory, 'tiny.onnx'))
    expect(written.largestDifference).toBeLessThan(1e-5)
    const { models } = await client.call('models.list', {})
    expect(models.map(({ model }) => model)).toContain(join(run.directory, 'model'))
    expect((await describeModel(written.path)).name).toBe('tiny')
    await expect(client.run('training.export', { runId: 'none' })).rejects.toThrow('no such training run')
  })

  it('goes on with a run that was paused, and removes one that is not wanted', async () => {
    const before = (await runs()).map(({ runId }) => runId)
    const long = { ...tinyTraining, name: 'paused', epochs: 400 }
    const training = client.run('training.start', { config: JSON.stringify(long) })
    let run: TrainingRun | undefined
    while (run === undefined || run.history.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      run = (await runs()).find(({ runId }) => !before.includes(runId))
    }
    expect(run.state).toBe('running')
    const { runId } = run
    await expect(client.call('training.remove', { runId })).rejects.toMatchObject({ code: 'already-running' })
    await client.call('training.pause', { runId })
    expect(await training).toEqual({ runId })
    run = (await runs()).find((each) => each.runId === runId)
    // Its best network so far is there, and can be used: that does not make it finished.
    expect(run).toMatchObject({ state: 'paused', card: expect.stringContaining('best so far') as string })
    const epochs = run?.history.length ?? 0

    const resumed = client.run('training.resume', { runId }).catch(() => null)
    let seen = epochs
    while (seen <= epochs) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      seen = (await runs()).find((each) => each.runId === runId)?.history.length ?? 0
    }
    const { jobs } = await client.call('jobs.list', {})
    await client.call('jobs.cancel', { jobId: jobs.find(({ state }) => state === 'running')?.id ?? '' })
    await resumed
    await client.call('training.remove', { runId })
    expect((await runs()).map((each) => each.runId)).toEqual(before)
  })
})
