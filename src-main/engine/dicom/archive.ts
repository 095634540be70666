import { createReadStream, createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Transform, type TransformCallback } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createInflateRaw } from 'node:zlib'
import yauzl, { type Entry, type ZipFile } from 'yauzl'
import { UmbraError, type Catalogue } from '@contract'
import { stopIfCancelled, type Run } from '../compute/run'
import { findStart } from './preface'
import type { SourceFile } from './slices'
import { printable } from './values'

/** Archives may not inflate beyond this many times their size; never less than the floor, never above the ceiling. */
const largestGrowth = 200
const growthFloor = 2 ** 30
const growthCeiling = 32 * 2 ** 30

/** Bytes that may still be inflated, in an archive and in the archives within it together. */
export interface Budget {
  room: number
}

export async function budgetFor(archive: SourceFile): Promise<Budget> {
  const { size } = await stat(archive.path)
  return { room: Math.min(growthCeiling, Math.max(growthFloor, size * largestGrowth)) }
}

const mostEntries = 200_000
/** Entries inflated at once, on the threads of the runtime. */
const lanes = 4

export interface Unpacked {
  files: SourceFile[]
  skipped: Catalogue['skipped']
}

/**
 * Inflates what looks like DICOM out of a ZIP archive into `directory`, under names of our own, so that no name in the
 * archive can reach outside it. Everything else is skipped with the reason.
 */
export async function unpackArchive(
  archive: SourceFile,
  directory: string,
  budget: Budget,
  run: Run,
): Promise<Unpacked> {
  let zip: ZipFile
  let entries: Entry[]
  try {
    zip = await openZip(archive.path)
    entries = (await entriesOf(zip)).filter((entry) => !nameOf(entry).endsWith('/'))
  } catch (thrown) {
    const reason = `Not a DICOM file, but a ZIP archive that cannot be read (${(thrown as Error).message}).`
    return { files: [], skipped: [{ file: archive.name, reason }] }
  }
  try {
    if (entries.length === 0) {
      return { files: [], skipped: [{ file: archive.name, reason: 'An empty ZIP archive.' }] }
    }
    return await inflateAll(zip, entries, { archive, directory, budget }, run)
  } finally {
    zip.close()
  }
}

async function inflateAll(
  zip: ZipFile,
  entries: readonly Entry[],
  { archive, directory, budget }: { archive: SourceFile; directory: string; budget: Budget },
  run: Run,
): Promise<Unpacked> {
  const outcomes = new Array<{ name: string; path: string; refused: string | null }>(entries.length)
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < entries.length) {
      stopIfCancelled(run)
      const number = next++
      const entry = entries[number]
      const path = join(directory, String(number))
      let refused = refusalOf(entry, budget)
      if (refused === null) {
        budget.room -= entry.uncompressedSize
        refused = await inflate({ zip, path: archive.path }, entry, path)
        if (refused !== null) budget.room += entry.uncompressedSize
      }
      outcomes[number] = { name: `${archive.name}/${printable(nameOf(entry))}`, path, refused }
      run.onProgress?.(number / entries.length, `Unpacking: ${number} of ${entries.length} files`)
    }
  }
  // All lanes end before a failure is passed on: nothing is read or written once the archive is given up.
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane))
  for (const end of ended) if (end.status === 'rejected') throw end.reason
  const unpacked: Unpacked = { files: [], skipped: [] }
  for (const { name, path, refused } of outcomes) {
    if (refused === null) unpacked.files.push({ name, path })
    else unpacked.skipped.push({ file: name, reason: refused })
  }
  return unpacked
}

/** Names stay bytes: yauzl would give up the whole archive at the first name that points outside it. */
function openZip(path: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    const options = { lazyEntries: true, autoClose: false, decodeStrings: false }
    yauzl.open(path, options, (error, zip) => (error ? reject(error) : resolve(zip)))
  })
}

function entriesOf(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = []
  return new Promise((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      entries.push(entry)
      if (entries.length > mostEntries) reject(new Error(`more than ${mostEntries} files`))
      else zip.readEntry()
    })
    zip.on('end', () => resolve(entries))
    zip.on('error', reject)
    zip.readEntry()
  })
}

function nameOf(entry: Entry): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(entry.fileNameRaw)
  } catch {
    return entry.fileNameRaw.toString('latin1')
  }
}

function refusalOf(entry: Entry, budget: Budget): string | null {
  if (entry.isEncrypted()) return 'Protected by a password.'
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    return `ZIP compression method ${entry.compressionMethod} is not supported.`
  }
  if (entry.uncompressedSize > budget.room) return 'It inflates the archive far beyond what images do.'
  return null
}

class NotWanted extends Error {}

/** Lets a file through only if it starts as DICOM or as a ZIP archive does, and only at the size the archive states. */
class DicomOnly extends Transform {
  private head: Buffer | null = Buffer.alloc(0)
  private size = 0

  constructor(private readonly statedSize: number) {
    super()
  }

  override _transform(part: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.size += part.length
    if (this.size > this.statedSize) return done(new Error('larger than the archive states'))
    if (this.head === null) return done(null, part)
    this.head = Buffer.concat([this.head, part])
    if (this.head.length < 256) return done()
    this.release(done)
  }

  override _flush(done: TransformCallback): void {
    if (this.size < this.statedSize) return done(new Error('shorter than the archive states'))
    if (this.head === null) return done()
    this.release(done)
  }

  private release(done: TransformCallback): void {
    const head = this.head ?? Buffer.alloc(0)
    this.head = null
    try {
      const archive = head.length >= 4 && head.readUInt32BE(0) === 0x504b0304
      if (!archive) findStart(head, [])
      done(null, head)
    } catch (thrown) {
      done(new NotWanted((thrown as Error).message))
    }
  }
}

/** Where the bytes of an entry begin, past its own header. */
function dataStart(zip: ZipFile, entry: Entry): Promise<number> {
  return new Promise((resolve, reject) => {
    zip.readLocalFileHeader(entry, { minimal: true }, (error, header) =>
      error ? reject(error) : resolve(header.fileDataStart),
    )
  })
}

/**
 * Resolves to null, or to why the file was not written. Throws where the disk is full. The bytes are read by a stream of
 * our own: one of yauzl's that is given up while its read waits in line brings the process down.
 */
async function inflate(
  archive: { zip: ZipFile; path: string },
  entry: Entry,
  path: string,
): Promise<string | null> {
  try {
    const start = await dataStart(archive.zip, entry)
    const end = start + entry.compressedSize - 1
    if (end < start) return 'Empty file.'
    await pipeline(
      createReadStream(archive.path, { start, end }),
      entry.compressionMethod === 8 ? createInflateRaw() : new PassThrough(),
      new DicomOnly(entry.uncompressedSize),
      createWriteStream(path, { flags: 'wx' }),
    )
    return null
  } catch (thrown) {
    await rm(path, { force: true })
    if (thrown instanceof NotWanted) return thrown.message
    if ((thrown as NodeJS.ErrnoException).code === 'ENOSPC') {
      throw new UmbraError({
        code: 'disk-full',
        message: 'The disk is full: the archive cannot be unpacked.',
        hint: 'Free some space for temporary files, or unpack the archive yourself and open its folder.',
        where: path,
      })
    }
    return `Damaged in the archive: ${(thrown as Error).message}.`
  }
}
