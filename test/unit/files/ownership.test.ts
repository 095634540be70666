import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { UmbraError } from '@contract'
import { ownerOf, takeOwnership, type Ownership } from '../../../src-main/engine/files/ownership'

function ownerFile(content?: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'umbra-owner-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'owner')
  if (content) writeFileSync(path, JSON.stringify(content))
  return path
}

const take = (path: string): Ownership =>
  takeOwnership(path, (other) => new UmbraError({ code: 'in-use', message: `process ${other?.pid}` }))
const inUse = expect.objectContaining({ code: 'in-use' })
/** A process that lives until it is killed. */
const other = () => spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'])

describe('what one process uses alone', () => {
  it('is refused to a second one by name, also within the same process, until it is given back', () => {
    const path = ownerFile()
    const first = take(path)
    expect(first.unclean).toBe(false)
    expect(() => take(path)).toThrow(`process ${process.pid}`)
    expect(ownerOf(path)).toMatchObject({ pid: process.pid, host: hostname() })
    first.release()
    expect(ownerOf(path)).toBeNull()
    expect(existsSync(path)).toBe(false)
  })

  it('is free again when its process was killed', async () => {
    const holder = other()
    const path = ownerFile({ host: hostname(), pid: holder.pid, started: '', token: 'x' })
    expect(() => take(path)).toThrow(inUse)
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    const ownership = take(path)
    expect(ownership.unclean).toBe(true)
    ownership.release()
  })

  it.runIf(process.platform === 'linux')('is free again where a later process has the same number', () => {
    const path = ownerFile({ host: hostname(), pid: process.pid, started: 'another start', token: 'x' })
    const ownership = take(path)
    expect(ownership.unclean).toBe(true)
    ownership.release()
    expect(existsSync(path)).toBe(false)
  })

  it.runIf(process.platform === 'linux')('is free again after the machine was started anew', () => {
    const path = ownerFile()
    const before = take(path)
    const owner = JSON.parse(readFileSync(path, 'utf8')) as { started: string }
    before.release()
    const [, ticks] = owner.started.split(' ')
    // The same number, the same ticks after the start, but of another start.
    const started = `00000000-0000-4000-8000-000000000000 ${ticks}`
    writeFileSync(path, JSON.stringify({ ...owner, started }))
    expect(ownerOf(path)).toBeNull()
    take(path).release()
  })

  it.runIf(process.platform === 'linux')(
    'is free where the process was killed and nobody took note',
    async () => {
      // A shell that starts a process, has it killed, and never waits for it: it stays as a zombie.
      const script = 'sleep 60 & echo $!; kill -9 $!; exec sleep 60'
      const shell = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] })
      onTestFinished(() => void shell.kill('SIGKILL'))
      const [line] = (await once(shell.stdout, 'data')) as [Buffer]
      const pid = Number(line.toString())
      const path = ownerFile({ host: hostname(), pid, started: '', token: 'x' })
      await expect.poll(() => ownerOf(path)).toBeNull()
      const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
      if (!state.error) expect(state.stdout).toMatch(/^Z/)
    },
  )

  it('is not taken from another machine, of which nothing is known', () => {
    const path = ownerFile({ host: 'elsewhere.invalid', pid: 1, started: '', token: 'x' })
    expect(() => take(path)).toThrow(inUse)
    rmSync(path)
    take(path).release()
  })
})
