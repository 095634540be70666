import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { UmbraError } from '@contract'
import { ownMark, removeAbandoned } from '../engine/files/abandoned'

const FILE_BYTES = 16 * 1024 ** 3
const ALL_BYTES = 64 * 1024 ** 3
const DEPTH = 32
const NAME_LENGTH = 200
const UPLOADS_KEPT = 4
/** The names of the folders that uploads lie in; one whose host was killed is removed by the next. */
const TEMPORARY = /^umbra-uploads-(\w+-\d+)-\w{6}$/

/** Studies that a browser sends: each in a folder of its own. The last few are kept; all go when the host closes. */
export interface Uploads {
  readonly directory: string
  begin(): Promise<{ id: string; path: string }>
  /** Stores the request's body as one file of an upload. Throws UmbraError; nothing half-written stays. */
  receive(id: string, relativePath: string, request: IncomingMessage): Promise<void>
  close(): Promise<void>
}

const refusedName = (where: string): UmbraError =>
  new UmbraError({
    code: 'invalid-path',
    message: 'This is not a name for an uploaded file.',
    hint: 'The path must be relative, without "..".',
    where,
  })

/**
 * The parts of an uploaded file's path, as names every file system takes. Throws on a path that would lead elsewhere.
 */
export function safeNames(encodedPath: string): string[] {
  let names: string[]
  try {
    names = encodedPath.split('/').map(decodeURIComponent)
  } catch {
    throw refusedName(encodedPath)
  }
  if (names.length > DEPTH) throw refusedName(encodedPath)
  return names.map((name) => {
    if (name === '' || name === '.' || name === '..' || /[/\\]/.test(name)) throw refusedName(encodedPath)
    const plain = Array.from(name, (character) => (character < ' ' ? '_' : character)).join('')
    const safe = plain.replace(/[<>:"|?*]/g, '_').replace(/[. ]+$/, '_')
    const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i.test(safe) ? `_${safe}` : safe
    return reserved.length > NAME_LENGTH ? reserved.slice(-NAME_LENGTH) : reserved
  })
}

export async function createUploads(limits = { file: FILE_BYTES, all: ALL_BYTES }): Promise<Uploads> {
  await removeAbandoned(tmpdir(), TEMPORARY)
  const directory = await realpath(await mkdtemp(join(tmpdir(), `umbra-uploads-${ownMark}-`)))
  /** Bytes received, by upload id, the oldest first. */
  const received = new Map<string, number>()

  async function forgetOldest(): Promise<void> {
    const old = [...received.keys()].slice(0, Math.max(0, received.size - UPLOADS_KEPT))
    for (const id of old) {
      received.delete(id)
      await rm(join(directory, id), { recursive: true, force: true })
    }
  }

  /** Passes bytes on, and fails as soon as they are more than allowed, whatever length was claimed. */
  function counted(id: string, where: string): Transform {
    let bytes = 0
    return new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.byteLength
        received.set(id, (received.get(id) ?? 0) + chunk.byteLength)
        const all = [...received.values()].reduce((sum, each) => sum + each, 0)
        if (bytes <= limits.file && all <= limits.all) return done(null, chunk)
        done(
          new UmbraError({
            code: 'too-large',
            message: 'The upload is larger than this host takes.',
            hint: 'Copy the study to the machine and open it by its path.',
            where,
          }),
        )
      },
    })
  }

  async function write(id: string, relativePath: string, request: IncomingMessage): Promise<void> {
    const path = join(directory, id, ...safeNames(relativePath))
    try {
      await mkdir(dirname(path), { recursive: true })
      await pipeline(
        request,
        counted(id, relativePath),
        createWriteStream(path, { flags: 'wx', mode: 0o600 }),
      )
    } catch (thrown) {
      const error = thrown as NodeJS.ErrnoException
      if (error.code === 'EEXIST') {
        throw new UmbraError({
          code: 'already-there',
          message: 'A file of this name was already uploaded.',
          where: relativePath,
        })
      }
      await rm(path, { force: true })
      if (thrown instanceof UmbraError) throw thrown
      throw new UmbraError({
        code: 'upload-failed',
        message: `The upload broke off: ${error.message}`,
        hint: error.code === 'ENOSPC' ? 'The disk of the host is full.' : 'Try again.',
        where: relativePath,
      })
    }
  }

  return {
    directory,
    begin: async () => {
      const id = randomBytes(9).toString('hex')
      const path = join(directory, id)
      await mkdir(path, { mode: 0o700 })
      received.set(id, 0)
      await forgetOldest()
      return { id, path }
    },
    receive: async (id, relativePath, request) => {
      if (!received.has(id)) {
        throw new UmbraError({ code: 'unknown-upload', message: 'There is no such upload.', where: id })
      }
      await write(id, relativePath, request)
    },
    close: () => rm(directory, { recursive: true, force: true }),
  }
}
