import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UmbraError } from '@contract'
import { ownMark } from '../../../src-main/engine/files/abandoned'
import { createUploads, safeNames, type Uploads } from '../../../src-main/host/uploads'

/** Sends `bytes` to `uploads` by a real request; resolves to the problem it was refused with, or null. */
async function send(uploads: Uploads, id: string, name: string, bytes: number): Promise<UmbraError | null> {
  let problem: UmbraError | null = null
  const server = createServer((incoming, response) => {
    uploads.receive(id, name, incoming).then(
      () => response.end(),
      (thrown: UmbraError) => {
        problem = thrown
        response.destroy()
      },
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => {
    const sent = request({ host: '127.0.0.1', port, method: 'PUT' }, (response) => {
      response.resume()
      response.on('close', () => resolve())
    })
    sent.on('error', () => resolve())
    sent.end(Buffer.alloc(bytes))
  })
  await new Promise((resolve) => server.close(resolve))
  return problem
}

describe('uploads', () => {
  let uploads: Uploads
  beforeEach(async () => {
    uploads = await createUploads({ file: 10_000, all: 25_000 })
  })
  afterEach(() => uploads.close())

  it('stop a file at the limit, keep nothing of it, and say what to do', async () => {
    const { id, path } = await uploads.begin()
    expect(await send(uploads, id, 'fits.dcm', 10_000)).toBeNull()
    expect(await send(uploads, id, 'large.dcm', 10_001)).toMatchObject({
      code: 'too-large',
      where: 'large.dcm',
    })
    expect(await readdir(path)).toEqual(['fits.dcm'])
  })

  it('stop at the limit for all files together', async () => {
    const { id } = await uploads.begin()
    expect(await send(uploads, id, 'one', 9_000)).toBeNull()
    expect(await send(uploads, id, 'two', 9_000)).toBeNull()
    expect(await send(uploads, id, 'three', 9_000)).toMatchObject({ code: 'too-large' })
  })

  it('keep the last four, so that a long-lived host does not fill its disk', async () => {
    const begun = []
    for (let count = 0; count < 6; count++) begun.push(await uploads.begin())
    expect((await readdir(uploads.directory)).sort()).toEqual(
      begun
        .slice(2)
        .map(({ id }) => id)
        .sort(),
    )
  })
})

describe('the folder of uploads', () => {
  /** A process that has ended, by its number. */
  const ended = (): number => spawnSync(process.execPath, ['-e', '']).pid
  const left = (pid: number): string => join(tmpdir(), `umbra-uploads-${ownMark.split('-')[0]}-${pid}-Ab12Cd`)

  it('goes with the next host where its own was killed, and stays while that runs', async () => {
    const [killed, running] = [left(ended()), left(process.ppid)]
    for (const folder of [killed, running]) await mkdir(join(folder, 'study'), { recursive: true })
    const uploads = await createUploads()
    try {
      expect(existsSync(killed)).toBe(false)
      expect(existsSync(join(running, 'study'))).toBe(true)
    } finally {
      await uploads.close()
      await rm(running, { recursive: true })
    }
  })
})

describe('the names of uploaded files', () => {
  it('keep folders, spaces and umlauts', () => {
    expect(safeNames('Schädel%20CT/IM%200001')).toEqual(['Schädel CT', 'IM 0001'])
  })

  it('keep the end of a name that is too long, where its number and its ending are', () => {
    const [name] = safeNames(`${'x'.repeat(400)}0042.dcm`)
    expect(name).toHaveLength(200)
    expect(name.endsWith('0042.dcm')).toBe(true)
  })

  it.each(['', '/', '..', 'a/..', 'a%00/..', '%', 'a/'.repeat(40) + 'b'])('refuse %j', (path) => {
    expect(() => safeNames(path)).toThrow(UmbraError)
  })
})
