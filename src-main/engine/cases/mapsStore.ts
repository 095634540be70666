import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import {
  geometrySchema,
  mapNames,
  perfusionResultSchema,
  type MapName,
  type PerfusionSettings,
} from '@contract'
import { programIdentity } from '../compute/programIdentity'
import { writeFileAtomically } from '../files/atomic'
import type { PerfusionMaps } from '../perfusion'
import { seriesIdentity, type VolumeSeries } from '../volume'

const STORE_BYTES = 2 * 1024 ** 3

/** Everything of maps but the voxels, as it is kept on disk. */
export const storedMapsSchema = perfusionResultSchema
  .pick({
    method: true,
    settings: true,
    model: true,
    aif: true,
    vof: true,
    baselineFrames: true,
    arrival: true,
    timeStep: true,
    motion: true,
    warnings: true,
    timings: true,
  })
  .extend({ geometry: geometrySchema })

/** Computed maps on disk by the hash of what they were computed from. */
export interface MapsStore {
  readonly directory: string
  find(key: string): Promise<PerfusionMaps | null>
  save(key: string, maps: PerfusionMaps): Promise<void>
}

/** The same series, settings, network (the hash of its weights) and build of Umbra give the same maps: one key. */
export async function mapsKey(
  series: VolumeSeries,
  settings: PerfusionSettings,
  weights: string[] = [],
): Promise<string> {
  const parts = JSON.stringify([await programIdentity(), await seriesIdentity(series), settings, ...weights])
  return createHash('sha256').update(parts).digest('hex').slice(0, 32)
}

async function readVoxels(path: string, bytes: number): Promise<ArrayBuffer> {
  const file = await readFile(path)
  if (file.byteLength !== bytes) throw new Error(`${path} holds ${file.byteLength} bytes, not ${bytes}`)
  return file.buffer.slice(file.byteOffset, file.byteOffset + bytes) as ArrayBuffer
}

async function bytesOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [])
  const sizes = names.map((name) => stat(join(folder, name)).then(({ size }) => size))
  return (await Promise.all(sizes.map((size) => size.catch(() => 0)))).reduce((sum, size) => sum + size, 0)
}

/**
 * Keeps computed maps in `directory/<key>/`: one raw little-endian file a map, and maps.json, written last, so that a
 * folder without it is known to be incomplete. The least recently used go when all take more than `limitBytes`.
 */
export function openMapsStore(directory: string, limitBytes = STORE_BYTES): MapsStore {
  async function prune(kept: string): Promise<void> {
    const keys = (await readdir(directory)).filter((key) => key !== kept)
    const entries = await Promise.all(
      keys.map(async (key) => {
        const used = await stat(join(directory, key, 'maps.json')).then(
          ({ mtimeMs }) => mtimeMs,
          () => 0,
        )
        return { key, used, bytes: await bytesOf(join(directory, key)) }
      }),
    )
    let total = await bytesOf(join(directory, kept))
    for (const entry of entries.sort((left, right) => right.used - left.used)) {
      total += entry.bytes
      if (entry.used === 0 || total > limitBytes) {
        await rm(join(directory, entry.key), { recursive: true, force: true })
      }
    }
  }

  return {
    directory,

    find: async (key) => {
      const folder = join(directory, key)
      try {
        const stored = storedMapsSchema.parse(JSON.parse(await readFile(join(folder, 'maps.json'), 'utf8')))
        const [nx, ny, nz] = stored.geometry.size
        const voxels = nx * ny * nz
        const mask = new Uint8Array(await readVoxels(join(folder, 'mask.u8'), voxels))
        const maps = {} as Record<MapName, Float32Array>
        for (const name of mapNames) {
          maps[name] = new Float32Array(await readVoxels(join(folder, `${name}.f32`), voxels * 4))
        }
        const now = new Date()
        await utimes(join(folder, 'maps.json'), now, now).catch(() => undefined)
        return { ...stored, maps, mask }
      } catch {
        // Missing, incomplete or damaged: the maps are computed again and written over it.
        return null
      }
    },

    save: async (key, { maps, mask, ...rest }) => {
      const folder = join(directory, key)
      await mkdir(folder, { recursive: true })
      for (const name of mapNames) {
        const { buffer, byteOffset, byteLength } = maps[name]
        await writeFileAtomically(join(folder, `${name}.f32`), new Uint8Array(buffer, byteOffset, byteLength))
      }
      await writeFileAtomically(join(folder, 'mask.u8'), mask)
      await writeFileAtomically(join(folder, 'maps.json'), JSON.stringify(storedMapsSchema.parse(rest)))
      await prune(key)
    },
  }
}
