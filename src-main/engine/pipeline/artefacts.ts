import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { UmbraError } from '@contract'
import { allocateVoxels } from '../compute/allocateVoxels'
import { stopIfCancelled, type Run } from '../compute/run'
import { writeFileAtomically, writeFailure } from '../files/atomic'

const arrayTypes = {
  int16: Int16Array,
  uint8: Uint8Array,
  float32: Float32Array,
  float64: Float64Array,
} as const
type ArrayType = keyof typeof arrayTypes
export type ArtefactArray = Int16Array | Uint8Array | Float32Array | Float64Array

/** What a step made: JSON, and arrays by name. */
export interface Artefact {
  json: unknown
  arrays: Record<string, ArtefactArray>
}

/** An artefact on disk; its arrays are read when they are asked for. */
export interface StoredArtefact {
  json: unknown
  /** On shared memory. Throws where it has gone meanwhile, or is damaged, and an AbortError when cancelled. */
  read(name: string, run?: Run): Promise<ArtefactArray>
}

/** Artefacts by the hash of what they were made from. */
export interface ArtefactStore {
  /** null where it is not kept, or not whole. */
  find(key: string): Promise<StoredArtefact | null>
  /** Keeps it whole or not at all; then the least recently used go, but none of `needed`. Throws `write-failed`, or an AbortError. */
  save(key: string, artefact: Artefact, needed: ReadonlySet<string>, run?: Run): Promise<void>
}

export const ARTEFACTS_BYTES = 8 * 1024 ** 3
const CHUNK = 64 * 1024 ** 2
const DESCRIPTION = 'artefact.json'
/** A folder still being written after this long, ms, was left by a program that was killed. */
const ABANDONED = 24 * 3600 * 1000

const descriptionSchema = z.object({
  json: z.unknown(),
  arrays: z.array(
    z.object({
      name: z.string().regex(/^\w+$/),
      type: z.enum(Object.keys(arrayTypes) as [ArrayType, ...ArrayType[]]),
      length: z.number().int().nonnegative(),
    }),
  ),
})
type Description = z.output<typeof descriptionSchema>

function typeOf(array: ArtefactArray): ArrayType {
  if (array instanceof Int16Array) return 'int16'
  if (array instanceof Uint8Array) return 'uint8'
  return array instanceof Float32Array ? 'float32' : 'float64'
}

async function readArray(path: string, type: ArrayType, length: number, run: Run): Promise<ArtefactArray> {
  const buffer = allocateVoxels(length * arrayTypes[type].BYTES_PER_ELEMENT, path)
  const bytes = new Uint8Array(buffer)
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    if (size !== bytes.length) throw new Error(`${path} holds ${size} bytes, not ${bytes.length}`)
    for (let at = 0; at < bytes.length;) {
      stopIfCancelled(run)
      const { bytesRead } = await file.read(bytes, at, Math.min(CHUNK, bytes.length - at), at)
      if (bytesRead === 0) throw new Error(`${path} ends early`)
      at += bytesRead
    }
  } finally {
    await file.close()
  }
  switch (type) {
    case 'int16':
      return new Int16Array(buffer)
    case 'uint8':
      return bytes
    case 'float32':
      return new Float32Array(buffer)
    case 'float64':
      return new Float64Array(buffer)
  }
}

async function bytesOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [])
  const sizes = names.map((name) => stat(join(folder, name)).then(({ size }) => size))
  return (await Promise.all(sizes.map((size) => size.catch(() => 0)))).reduce((sum, size) => sum + size, 0)
}

/**
 * Keeps artefacts in `directory/<key>/`: a raw little-endian file an array, and artefact.json. A folder is filled under
 * another name and renamed when it is whole, so several programs can use one store, and a kill leaves nothing that could
 * be taken for a result. All together take at most `limitBytes`.
 */
export function openArtefactStore(directory: string, limitBytes = ARTEFACTS_BYTES): ArtefactStore {
  async function prune(needed: ReadonlySet<string>): Promise<void> {
    const names = await readdir(directory)
    const entries = await Promise.all(
      names.map(async (name) => {
        const folder = join(directory, name)
        const whole = !name.endsWith('.part')
        const about = await stat(whole ? join(folder, DESCRIPTION) : folder).catch(() => null)
        return { name, folder, whole, used: about?.mtimeMs ?? 0, bytes: await bytesOf(folder) }
      }),
    )
    let total = 0
    const worth = (entry: { name: string; used: number }): number =>
      needed.has(entry.name) ? Infinity : entry.used
    for (const { name, folder, whole, used, bytes } of entries.sort((a, b) => worth(b) - worth(a) || 0)) {
      total += bytes
      const abandoned = !whole && Date.now() - used > ABANDONED
      if (abandoned || (whole && total > limitBytes && !needed.has(name))) {
        await rm(folder, { recursive: true, force: true })
        total -= bytes
      }
    }
  }

  async function fill(folder: string, { json, arrays }: Artefact, run: Run): Promise<void> {
    const description: Description = { json, arrays: [] }
    for (const [name, array] of Object.entries(arrays)) {
      description.arrays.push({ name, type: typeOf(array), length: array.length })
      const { buffer, byteOffset, byteLength } = array
      const bytes = new Uint8Array(buffer, byteOffset, byteLength)
      await writeFileAtomically(join(folder, `${name}.bin`), bytes, run)
    }
    await writeFileAtomically(join(folder, DESCRIPTION), JSON.stringify(description))
  }

  return {
    find: async (key) => {
      const folder = join(directory, key)
      try {
        const path = join(folder, DESCRIPTION)
        const { json, arrays } = descriptionSchema.parse(JSON.parse(await readFile(path, 'utf8')))
        const now = new Date()
        await utimes(path, now, now).catch(() => undefined)
        return {
          json,
          read: async (name, run = {}) => {
            const array = arrays.find((each) => each.name === name)
            if (!array) throw new Error(`${folder} has no array ${name}`)
            return readArray(join(folder, `${name}.bin`), array.type, array.length, run)
          },
        }
      } catch {
        // Missing or damaged: it is made again.
        return null
      }
    },

    save: async (key, artefact, needed, run = {}) => {
      const bytes = Object.values(artefact.arrays).reduce((sum, array) => sum + array.byteLength, 0)
      if (bytes > limitBytes) {
        throw new UmbraError({
          code: 'too-large-to-keep',
          message: `A result of ${(bytes / 1024 ** 3).toFixed(1)} GB is larger than all that may be kept.`,
        })
      }
      const folder = join(directory, key)
      const filling = join(directory, `${key}.${randomBytes(6).toString('hex')}.part`)
      try {
        await mkdir(filling, { recursive: true })
        await fill(filling, artefact, run)
        // What another program kept under this key meanwhile is the same; a damaged one has to go.
        await rm(folder, { recursive: true, force: true })
        await rename(filling, folder)
        await prune(needed)
      } catch (thrown) {
        await rm(filling, { recursive: true, force: true }).catch(() => undefined)
        stopIfCancelled(run)
        throw thrown instanceof UmbraError ? thrown : writeFailure(thrown, folder)
      }
    },
  }
}
