import type { Vec3 } from '@contract'
import { computed, shallowRef } from 'vue'
import { useReviewStore } from '../../stores/review'
import { useReviewViewStore } from '../../stores/reviewView'
import type { VesselPointer } from './panePointer'
import { movedVoxels, neighbourhood, unionOfVoxels } from './regions'
import { shownMethods } from './shownMethods'

export type Vessel = 'artery' | 'vein'

/** Grabbing needs no exact hit: this many voxels around the cluster count too. */
const REACH = 3

export interface Vessels extends VesselPointer {
  /** The voxels as drawn: those of the maps shown, or where a drag has them now. */
  readonly artery: Vec3[]
  readonly vein: Vec3[]
}

const dragged = shallowRef<{ vessel: Vessel; voxels: Vec3[] } | null>(null)

/** Where the arterial and venous curves come from, and how the mouse changes it. */
export function useVessels(): Vessels {
  const review = useReviewStore()
  const view = useReviewViewStore()
  const of = (vessel: Vessel): Vec3[] => {
    if (dragged.value?.vessel === vessel) return dragged.value.voxels
    const choice = vessel === 'artery' ? review.settings.arterialInput : review.settings.venousOutput
    if (choice.kind === 'voxels') return choice.voxels
    return (vessel === 'artery' ? review.result?.aif.voxels : review.result?.vof?.voxels) ?? []
  }
  const artery = computed(() => of('artery'))
  const vein = computed(() => of('vein'))
  const vessel = (): Vessel => (view.tool === 'vein' ? 'vein' : 'artery')
  let grabbed: Vec3[] = []

  const choose = (voxels: Vec3[]): void => void review.chooseVessel(vessel(), voxels, shownMethods())

  return {
    get artery() {
      return artery.value
    },
    get vein() {
      return vein.value
    },
    grab([x, y, z]) {
      grabbed = vessel() === 'artery' ? artery.value : vein.value
      return grabbed.some(([i, j, k]) => k === z && Math.hypot(i - x, j - y) <= REACH)
    },
    drag(dx, dy) {
      const size = review.series?.voxels.geometry.size
      const voxels = size && movedVoxels(grabbed, dx, dy, size)
      if (voxels) dragged.value = { vessel: vessel(), voxels }
    },
    drop() {
      const moved = dragged.value
      dragged.value = null
      if (moved !== null) choose(moved.voxels)
    },
    pick(voxel, add) {
      const size = review.series?.voxels.geometry.size
      if (size === undefined) return
      const near = neighbourhood(voxel, size)
      const before = vessel() === 'artery' ? artery.value : vein.value
      choose(add ? unionOfVoxels(before, near) : near)
    },
  }
}
