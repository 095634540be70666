import { type MapInfo, type MapName, type PerfusionResult, type VoxelArray } from '@contract'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { useEngine } from '../engine/client'
import { renderingPath } from '../viewer/renderer'
import { useVoxels } from '../viewer/voxels'
import { useFusionStore } from './fusion'
import { useMessagesStore } from './messages'
import { useReviewStore } from './review'
import { useReviewViewStore } from './reviewView'
import { useShownSeriesStore } from './shownSeries'

/** A map as it is drawn: its voxels with what lies outside the brain marked, and what the engine says of it. */
export interface MapPicture {
  info: MapInfo
  array: VoxelArray
}
export type MapPictures = Partial<Record<MapName, MapPicture>>

/** A stack of fewer slices shows nothing from the side. */
const FEWEST_SLICES = 4

/** Frames read ahead of the one shown; more while a cine runs, because those are the next it needs. */
const AHEAD = { still: 2, cine: 8 }

/** What the panes draw: descriptions of the arrays, whose voxels the viewer's own cache holds. */
export const useReviewPicturesStore = defineStore('reviewPictures', () => {
  const engine = useEngine()
  const review = useReviewStore()
  const view = useReviewViewStore()
  const shownSeries = useShownSeriesStore()
  const fusion = useFusionStore()
  const messages = useMessagesStore()
  const voxels = useVoxels()

  const projections = shallowRef<Record<string, VoxelArray>>({})
  const projectionKey = computed(() => `${view.sourceMode} ${shownSeries.mapsId}`)
  const projecting = ref(false)
  const maps = shallowRef<MapPictures>({})
  const otherMaps = shallowRef<MapPictures>({})
  const differences = shallowRef<MapPictures>({})
  /** Counts frames that arrived; what reads voxels without waiting depends on it. */
  const arrivals = ref(0)

  const source = computed<VoxelArray | null>(() => {
    const series = review.series
    if (series === null) return null
    const images = shownSeries.voxels ?? series.voxels
    const shown = view.sourceMode === 'time' ? images : (projections.value[projectionKey.value] ?? images)
    const { fused, share } = fusion
    if (fused === null || share === 0) return shown
    return voxels.addBlend(shown, fused.voxels, share, view.initialSourceRange, fused.display)
  })
  /** A plain volume on a grid that multiplanar views can cut; null for perfusion series. */
  const volume = computed<VoxelArray | null>(() => {
    const series = review.series
    return series === null || review.isPerfusion ? null : voxels.addUpright(series.voxels)
  })
  /** Whether the volume is cut in three directions: with WebGL, and where there are slices enough to cut. */
  const multiplanar = computed(() => {
    const array = volume.value
    if (array === null || !renderingPath.value.multiplanar) return false
    return array.frames === 1 && Math.min(...array.geometry.size) >= FEWEST_SLICES
  })
  const sourceFrame = computed(() => (source.value !== null && source.value.frames > 1 ? view.frame : 0))

  function load(id: string, frame = 0): void {
    voxels.frame(id, frame).then(() => arrivals.value++, messages.fault)
  }

  function picturesOf(result: Pick<PerfusionResult, 'maps' | 'mask'> | null): MapPictures {
    if (result === null) return {}
    const mask = voxels.add(result.mask)
    const pictures: MapPictures = {}
    for (const info of result.maps) {
      pictures[info.name] = { info, array: voxels.addMasked(voxels.add(info.voxels), mask) }
    }
    return pictures
  }

  function differencesOf(a: MapPictures, b: MapPictures): MapPictures {
    const pictures: MapPictures = {}
    for (const name of Object.keys(a) as MapName[]) {
      const [one, other] = [a[name], b[name]]
      if (one && other) {
        pictures[name] = { info: one.info, array: voxels.addDifference(one.array, other.array) }
      }
    }
    return pictures
  }

  watch(
    () => review.series,
    (series) => {
      voxels.clear()
      projections.value = {}
      maps.value = {}
      otherMaps.value = {}
      differences.value = {}
      if (series !== null) voxels.add(series.voxels)
    },
    { flush: 'sync', immediate: true },
  )

  watch(
    [() => review.lent ?? review.result, () => review.otherResult, () => view.layout.compare],
    ([result, other, compare]) => {
      maps.value = picturesOf(result)
      otherMaps.value = compare ? picturesOf(other) : {}
      differences.value = compare ? differencesOf(maps.value, otherMaps.value) : {}
      for (const { array } of [...Object.values(maps.value), ...Object.values(otherMaps.value)]) {
        load(array.id)
      }
    },
    { flush: 'sync', immediate: true },
  )

  // The frame shown, then those the time slider or the cine comes to next.
  watch([() => shownSeries.voxels, () => view.frame, () => view.playing], ([array, frame, playing]) => {
    if (array === null) return
    load(array.id, frame)
    const ahead = playing ? AHEAD.cine : AHEAD.still
    const next = Array.from({ length: ahead }, (_, step) => (frame + step + 1) % array.frames)
    if (!playing && frame > 0) next.splice(1, 0, frame - 1)
    void voxels.prefetch(array.id, next)
  })

  watch(projectionKey, async (key) => {
    const seriesKey = review.series?.seriesKey
    const [mode, { mapsId }] = [view.sourceMode, shownSeries]
    if (mode === 'time' || seriesKey === undefined || projections.value[key] !== undefined) return
    view.playing = false
    projecting.value = true
    try {
      const array = await engine.run('series.project', { seriesKey, projection: mode, mapsId })
      if (review.series?.seriesKey !== seriesKey) return
      projections.value = { ...projections.value, [key]: voxels.add(array) }
      load(array.id)
    } catch (error) {
      messages.fault(error)
      view.sourceMode = 'time'
    } finally {
      projecting.value = false
    }
  })

  return { source, volume, multiplanar, sourceFrame, projecting, maps, otherMaps, differences, arrivals }
})
