import type { MapName, Vec3 } from '@contract'
import { computed, type ComputedRef } from 'vue'
import { useReviewStore } from '../../stores/review'
import { useReviewPicturesStore, type MapPictures } from '../../stores/reviewPictures'
import { useReviewViewStore } from '../../stores/reviewView'
import { voxelAt } from '../../viewer/geometry'
import { useVoxels } from '../../viewer/voxels'

/** What the voxels of one place say; null outside the brain or the grid, undefined while a frame is on its way. */
export interface Probe {
  world: Vec3
  voxel: Vec3
  source: number | null | undefined
  maps: Partial<Record<MapName, number | null | undefined>>
  otherMaps: Partial<Record<MapName, number | null | undefined>>
}

/** The values at the locked point, or under the mouse, read from memory at once; null where there is no point. */
export function useProbe(): ComputedRef<Probe | null> {
  const review = useReviewStore()
  const view = useReviewViewStore()
  const pictures = useReviewPicturesStore()
  const voxels = useVoxels()

  const valuesOf = (of: MapPictures, voxel: Vec3): Probe['maps'] =>
    Object.fromEntries(
      Object.entries(of).map(([name, { array }]) => [name, voxels.value(array.id, 0, voxel)]),
    )

  return computed(() => {
    const world = view.probed
    const series = review.series
    if (world === null || series === null || pictures.arrivals < 0) return null
    const voxel = voxelAt(series.voxels.geometry, world)
    if (voxel === null) return null
    const source = pictures.source
    return {
      world,
      voxel,
      source: source === null ? undefined : voxels.value(source.id, pictures.sourceFrame, voxel),
      maps: valuesOf(pictures.maps, voxel),
      otherMaps: valuesOf(pictures.otherMaps, voxel),
    }
  })
}
