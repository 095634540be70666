import type { CorrectedSeries, VoxelArray } from '@contract'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { useEngine } from '../engine/client'
import { useVoxels } from '../viewer/voxels'
import { useMessagesStore } from './messages'
import { useReviewStore } from './review'
import { useReviewViewStore } from './reviewView'

/** The images that source pane, time slider and curves show: as they were acquired, or with their motion taken back. */
export const useShownSeriesStore = defineStore('shownSeries', () => {
  const engine = useEngine()
  const review = useReviewStore()
  const view = useReviewViewStore()
  const messages = useMessagesStore()

  /** The corrected images of the maps on the screen, once they are there. */
  const corrected = shallowRef<{ mapsId: string; images: CorrectedSeries } | null>(null)
  const fetching = ref(false)
  let abort = new AbortController()

  /** Whether the maps on the screen were made of other images than those that were acquired. */
  const moved = computed(() => {
    const motion = review.result?.motion
    return (
      motion != null && (motion.leftOut.length > 0 || motion.frames.some(({ state }) => state !== 'kept'))
    )
  })
  const current = computed(() =>
    view.layout.corrected && moved.value && corrected.value?.mapsId === review.result?.mapsId
      ? (corrected.value?.images ?? null)
      : null,
  )
  const voxels = computed<VoxelArray | null>(() => current.value?.voxels ?? review.series?.voxels ?? null)
  /** Seconds, [frame]. */
  const times = computed<number[]>(() => current.value?.times ?? review.series?.times ?? [])
  /** The maps whose images are shown, as requests name them; null: the images as they were acquired. */
  const mapsId = computed(() => (current.value ? (review.result?.mapsId ?? null) : null))
  /** What the pane says of its images; empty where there is nothing to tell apart. */
  const words = computed(() => {
    if (!moved.value) return ''
    if (current.value) return 'motion corrected'
    return fetching.value ? 'correcting …' : 'as acquired'
  })

  async function fetchCorrected(seriesKey: string, of: string): Promise<void> {
    abort.abort()
    const own = (abort = new AbortController())
    fetching.value = true
    try {
      const images = await engine.run('series.corrected', { seriesKey, mapsId: of }, { signal: own.signal })
      if (own.signal.aborted || images === null) return
      useVoxels().add(images.voxels)
      corrected.value = { mapsId: of, images }
    } catch (error) {
      if (!own.signal.aborted) messages.fault(error)
    } finally {
      if (abort === own) fetching.value = false
    }
  }

  watch(
    () => (moved.value && view.layout.corrected && review.lent === null ? review.result?.mapsId : undefined),
    (of) => {
      const seriesKey = review.series?.seriesKey
      if (of === undefined || seriesKey === undefined) return
      if (corrected.value?.mapsId !== of) void fetchCorrected(seriesKey, of)
    },
    { immediate: true },
  )
  watch(
    () => review.series,
    () => {
      abort.abort()
      fetching.value = false
      corrected.value = null
    },
    { flush: 'sync' },
  )

  /** The frame stays the same moment: those that are missing from the corrected images shift the others. */
  watch(
    current,
    (now, before) => {
      const count = now?.frames.length ?? review.series?.voxels.frames ?? 1
      const acquired = before?.frames[view.frame] ?? view.frame
      const at = now ? now.frames.findIndex((frame) => frame >= acquired) : acquired
      view.setFrames(count, at < 0 ? count - 1 : at)
    },
    { flush: 'sync' },
  )

  return { voxels, times, mapsId, moved, words }
})
