import type { DrawnStructure, Geometry } from '@contract'
import { readLabelmap, voxelMillilitres } from '../labelmaps'
import type { Sqlite } from '../store'
import type { StoredReading, StoredStudy } from '../studies'

/** What was drawn in a reading, and all that its files tell of it. */
export interface ReadingContent {
  study: StoredStudy
  reading: StoredReading
  geometry: Geometry
  structures: DrawnLayer[]
  /** Whether it was drawn in another program. */
  imported: boolean
}

export interface DrawnLayer {
  structure: DrawnStructure
  /** nx·ny·nz, 1 inside. */
  voxels: Uint8Array
  count: number
  millilitres: number
}

/** Reads what was drawn of a reading that has a grid; null for one without. */
export function contentOf(store: Sqlite, study: StoredStudy, reading: StoredReading): ReadingContent | null {
  if (reading.geometry === null) return null
  const geometry = JSON.parse(reading.geometry) as Geometry
  const { structures } = study.protocol
  const labelmap = readLabelmap(store, reading.id, structures, geometry.size)
  const each = voxelMillilitres(geometry)
  const length = labelmap.length / structures.length
  return {
    study,
    reading,
    geometry,
    imported:
      store.get("SELECT 1 FROM audit WHERE reading = ? AND action = 'reading.imported'", reading.id) !== null,
    structures: structures.map((structure, s) => {
      const voxels = labelmap.subarray(s * length, (s + 1) * length)
      const count = voxels.reduce((sum, one) => sum + one, 0)
      return { structure, voxels, count, millilitres: count * each }
    }),
  }
}

/** Whether some voxel is in two structures, which one labelmap cannot say. */
export function overlaps({ structures }: ReadingContent): boolean {
  if (structures.length < 2) return false
  const [first, ...others] = structures.map(({ voxels }) => voxels)
  const seen = first.slice()
  return others.some((voxels) => {
    for (let i = 0; i < voxels.length; i++) {
      if (voxels[i] === 0) continue
      if (seen[i] !== 0) return true
      seen[i] = 1
    }
    return false
  })
}
