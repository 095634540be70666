import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRunFolder } from '../../../src-main/engine/training'
import { readCheckpoint } from '../../../src-main/engine/training/checkpoint'
import { tinyTraining } from '../../tinyTraining'

const program = join(process.env.UMBRA_WORKERS ?? '', 'killed.process.js')
let root: string
let configPath: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'umbra-two-'))
  configPath = join(root, 'config.json')
  await writeFile(configPath, JSON.stringify({ ...tinyTraining, epochs: 4000, earlyStopping: null }))
})
afterAll(() => rm(root, { recursive: true, force: true }))

function start(directory: string): {
  child: ChildProcess
  ended: Promise<{ code: number | null; said: string }>
} {
  const args = [
    'train',
    configPath,
    '-o',
    directory,
    '--datasets',
    join(root, 'datasets'),
    '--backend',
    'wasm',
  ]
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (text: Buffer) => (said += text.toString()))
  const ended = new Promise<{ code: number | null; said: string }>((done) =>
    child.on('close', (code) => done({ code, said })),
  )
  return { child, ended }
}

const epochs = async (directory: string): Promise<number> =>
  (await readCheckpoint(join(directory, 'last.checkpoint')))?.epoch ?? 0

describe('one folder and two processes', () => {
  it(
    'belongs to one: the other is told which, and after a kill it is free',
    { timeout: 60_000 },
    async () => {
      const directory = join(root, 'runs', 'one')
      const both = [start(directory), start(directory)]
      const first = await Promise.race(both.map(async (each, i) => ({ i, ...(await each.ended) })))
      const { child, ended } = both[1 - first.i]
      expect(first.code).toBe(1)
      expect(first.said).toContain(`Another process trains in this folder (${child.pid} on `)
      expect(first.said).toContain('training.owner')

      await expect.poll(() => epochs(directory), { timeout: 30_000 }).toBeGreaterThan(1)
      await expect(openRunFolder(join(root, 'runs')).remove('one')).rejects.toMatchObject({
        code: 'run-in-use',
      })
      child.kill('SIGKILL')
      await ended
      const before = await epochs(directory)
      expect(existsSync(join(directory, 'training.owner'))).toBe(true)

      const next = start(directory)
      await expect.poll(() => epochs(directory), { timeout: 30_000 }).toBeGreaterThan(before)
      next.child.kill('SIGINT')
      const { code } = await next.ended
      expect(code).toBe(130)
      expect(existsSync(join(directory, 'training.owner'))).toBe(false)
      const metrics = await readFile(join(directory, 'metrics.csv'), 'utf8')
      const numbers = metrics
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => Number(line.split(',')[0]))
      expect(numbers).toEqual(numbers.map((_, i) => i + 1))
    },
  )
})
