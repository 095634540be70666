import { mapNames, type MapName } from '@contract'
import { storedMapsSchema } from '../../cases/mapsStore'
import { ranked } from '../../compute/ranked'
import { mapDefinitions, type PerfusionMaps } from '../../perfusion'
import { voxelVolume } from '../../volume'
import type { Artefact, StoredArtefact } from '../artefacts'

export function encodeMaps({ maps, mask, ...rest }: PerfusionMaps): Artefact {
  return { json: storedMapsSchema.parse(rest), arrays: { ...maps, mask } }
}

export async function decodeMaps({ json, read }: StoredArtefact): Promise<PerfusionMaps> {
  const stored = storedMapsSchema.parse(json)
  const maps = {} as Record<MapName, Float32Array>
  for (const name of mapNames) maps[name] = (await read(name)) as Float32Array
  return { ...stored, maps, mask: (await read('mask')) as Uint8Array }
}

function median(values: Float32Array, mask: Uint8Array, count: number): number | null {
  if (count === 0) return null
  const inside = new Float32Array(count)
  for (let voxel = 0, n = 0; voxel < mask.length; voxel++) if (mask[voxel] !== 0) inside[n++] = values[voxel]
  return ranked(inside, count >> 1)
}

/** How much brain got maps, and what is usual in each. */
export function describeMaps({ method, maps, mask, geometry }: PerfusionMaps): string[] {
  const definitions = mapDefinitions(method)
  const voxels = mask.reduce((count, inside) => count + (inside === 0 ? 0 : 1), 0)
  const brain = (voxels * voxelVolume(geometry)) / 1000
  const medians = mapNames.map((name) => {
    const value = median(maps[name], mask, voxels)
    return `${name.toUpperCase()} ${value === null ? '–' : `${value.toPrecision(3)} ${definitions[name].unit}`}`
  })
  return [`${brain.toFixed(0)} ml of brain`, `Medians: ${medians.join(', ')}`]
}
