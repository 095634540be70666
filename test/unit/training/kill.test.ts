import { spawn, type ChildProcess } from 'node:child_process'
import { watch } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BackendName } from '@contract'
import { findNativeRuntime } from '../../../src-main/engine/compute/tensorflow/native/location'
import { openTensorFlow } from '../../../src-main/engine/compute/tensorflow'
import { loadModel } from '../../../src-main/engine/networks'
import { randomStream, uniform } from '../../../src-main/engine/phantom'
import { readCheckpoint, type Checkpoint } from '../../../src-main/engine/training/checkpoint'
import { tinyTraining } from '../../tinyTraining'

const program = join(process.env.UMBRA_WORKERS ?? '', 'killed.process.js')
/** Checkpoints of a megabyte, so that a kill can meet their writing. */
const config = {
  ...tinyTraining,
  network: { name: 'perfusion-unet', depth: 1, width: 32, batchNormalisation: true },
  augmentation: { noise: 0.1 },
  earlyStopping: null,
  epochs: 8,
}
const KILLS = { wasm: 4, native: 2 }
let root: string
let configPath: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'umbra-kill-'))
  configPath = join(root, 'config.json')
  await writeFile(configPath, JSON.stringify(config))
})
afterAll(() => rm(root, { recursive: true, force: true }))

function start(directory: string, backend: BackendName): ChildProcess {
  const datasets = join(root, 'datasets')
  const args = [program, configPath, '-o', directory, '--datasets', datasets, '--backend', backend]
  args.splice(1, 0, 'train')
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

const ended = (child: ChildProcess): Promise<{ code: number | null; signal: string | null }> =>
  new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })))

/** When a run is killed: at the nth event of a file of its folder, so many milliseconds later. */
interface Moment {
  file: RegExp
  event: number
  delay: number
}

/** The writing of checkpoints, figures and model in turn, or any event at all; which of them, and when, by chance. */
function moments(seed: number, kills: number): Moment[] {
  const random = randomStream(seed)
  const files = [
    /^\.last\.checkpoint/,
    /^\.best\.checkpoint/,
    /^model/,
    /^\.metrics/,
    /./,
    /^\.last\.checkpoint/,
  ]
  return Array.from({ length: kills }, (_, i) => ({
    file: files[i % files.length],
    event: 1 + Math.floor(uniform(random, 0, 3)),
    delay: i % 2 === 0 ? 0 : uniform(random, 0, 12),
  }))
}

/** Runs until the moment and kills; false when the run had ended before. */
async function killAt(
  directory: string,
  backend: BackendName,
  { file, event, delay }: Moment,
): Promise<boolean> {
  await mkdir(directory, { recursive: true })
  const child = start(directory, backend)
  let events = 0
  const watcher = watch(directory, (_, name) => {
    if (!file.test(String(name)) || ++events !== event) return
    if (delay === 0) child.kill('SIGKILL')
    else setTimeout(() => child.kill('SIGKILL'), delay)
  })
  const { signal } = await ended(child)
  watcher.close()
  return signal === 'SIGKILL'
}

/** Whatever there is in the folder of a killed run is whole. */
async function expectWhole(directory: string): Promise<void> {
  const names = await readdir(directory)
  for (const name of names.filter((each) => each.endsWith('.checkpoint'))) {
    expect((await readCheckpoint(join(directory, name)))?.epoch).toBeGreaterThan(0)
  }
  if (!names.includes('model')) return
  const { tf } = await openTensorFlow({ backend: 'wasm' })
  const { network } = await loadModel(tf, join(directory, 'model'))
  network.dispose()
}

async function undisturbed(directory: string, backend: BackendName): Promise<Checkpoint> {
  const child = start(directory, backend)
  let said = ''
  child.stderr?.on('data', (text: Buffer) => (said += text.toString()))
  const { code } = await ended(child)
  expect(code, said).toBe(0)
  const last = await readCheckpoint(join(directory, 'last.checkpoint'))
  if (!last) throw new Error('no checkpoint')
  return last
}

const backends: ('wasm' | 'native')[] = findNativeRuntime('cpu') ? ['wasm', 'native'] : ['wasm']

describe.each(backends)('a training that is killed at any moment, %s', (backend) => {
  it('has a checkpoint that loads, and ends in the same bits as one that is not', async () => {
    const whole = await undisturbed(join(root, `${backend}-whole`), backend)
    const directory = join(root, `${backend}-killed`)
    let killed = 0
    for (const moment of moments(backend === 'wasm' ? 1 : 2, KILLS[backend])) {
      if (await killAt(directory, backend, moment)) killed++
      await expectWhole(directory)
    }
    const resumed = await undisturbed(directory, backend)
    expect(killed).toBeGreaterThanOrEqual(KILLS[backend] / 2)
    expect(resumed.epoch).toBe(config.epochs)
    expect(resumed.weights).toEqual(whole.weights)
    expect(resumed.optimiser).toEqual(whole.optimiser)
    expect(resumed.history.map(({ validationLoss }) => validationLoss)).toEqual(
      whole.history.map(({ validationLoss }) => validationLoss),
    )
    await expectWhole(directory)
    expect((await readdir(directory)).filter((name) => /\.part$|\.former$|\.next$/.test(name))).toEqual([])
  }, 120_000)
})
