import { mapNames, type MapName } from '@contract'
import { storedMapsSchema } from '../../cases/mapsStore'
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

function median(values: Float32Array, mask: Uint8Array): number | null {
  const inside = values.filter((_, voxel) => mask[voxel] !== 0).sort()
  return inside.length > 0 ? inside[inside.length >> 1] : null
}

/** How much brain got maps, and what is usual in each. */
export function describeMaps({ method, maps, mask, geometry }: PerfusionMaps): string[] {
  const definitions = mapDefinitions(method)
  const brain = (mask.reduce((count, inside) => count + inside, 0) * voxelVolume(geometry)) / 1000
  const medians = mapNames.map((name) => {
    const value = median(maps[name], mask)
    return `${name.toUpperCase()} ${value === null ? '–' : `${value.toPrecision(3)} ${definitions[name].unit}`}`
  })
  return [`${brain.toFixed(0)} ml of brain`, `Medians: ${medians.join(', ')}`]
}
