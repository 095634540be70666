import { createHash } from 'node:crypto'
import type { CorrectedSeries, VoxelArray } from '@contract'
import type { Run } from '../compute/run'
import { projectOverTime } from '../perfusion'
import type { VolumeSeries } from '../volume'
import type { MapsSession } from './mapsSession'
import { frameTimes, type Projection } from './studySession'
import type { VoxelRegistry } from './voxelRegistry'

/** The images of the open study as maps were made of them: with the motion of the head taken back. */
export interface CorrectedPictures {
  /** null where the maps were made of the images as they were acquired. */
  series(series: VolumeSeries, mapsId: string): Promise<CorrectedSeries | null>
  project(series: VolumeSeries, mapsId: string, projection: Projection, run: Run): Promise<VoxelArray>
  clear(): void
}

export function createCorrectedPictures(
  maps: Pick<MapsSession, 'madeOf' | 'maps'>,
  voxels: VoxelRegistry,
): CorrectedPictures {
  /** Of one correction at a time: as many voxels as the series itself has. */
  let id = ''
  let arrays = new Map<string, VoxelArray>()

  function clear(): void {
    for (const array of arrays.values()) voxels.forget(array.id)
    arrays = new Map()
    id = ''
  }

  /** Maps of one correction share its images, whatever their method. */
  function become(series: VolumeSeries, mapsId: string): void {
    const { frames, leftOut } = maps.maps(mapsId).motion ?? {}
    const key = JSON.stringify([series.key, frames, leftOut])
    const next = createHash('sha256').update(key).digest('hex').slice(0, 24)
    if (next !== id) clear()
    id = next
  }

  const moved = (mapsId: string): boolean => {
    const { motion } = maps.maps(mapsId)
    return (
      motion !== undefined &&
      (motion.leftOut.length > 0 || motion.frames.some(({ state }) => state !== 'kept'))
    )
  }

  function register(name: string, content: Parameters<VoxelRegistry['register']>[1]): VoxelArray {
    const known = arrays.get(name)
    if (known) return known
    const array = voxels.register(`corrected-${id}-${name}`, content)
    arrays.set(name, array)
    return array
  }

  return {
    series: async (series, mapsId) => {
      if (!moved(mapsId)) return null
      const corrected = await maps.madeOf(series, mapsId)
      become(series, mapsId)
      const leftOut = maps.maps(mapsId).motion?.leftOut ?? []
      const frames = Array.from({ length: series.frames }, (_, frame) => frame).filter(
        (frame) => !leftOut.includes(frame),
      )
      const times = frameTimes(series)
      return {
        voxels: register('series', corrected),
        frames,
        times: frames.map((frame) => times[frame]),
      }
    },
    project: async (series, mapsId, projection, run) => {
      const corrected = await maps.madeOf(series, mapsId)
      become(series, mapsId)
      const known = arrays.get(projection)
      if (known) return known
      const projected = await projectOverTime(corrected, projection, run)
      return register(projection, {
        voxels: projected,
        geometry: corrected.geometry,
        frames: 1,
        unit: corrected.unit,
      })
    },
    clear,
  }
}
