import type { FusedSeries, SeriesSummary } from '@contract'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { useEngine } from '../engine/client'
import { useVoxels } from '../viewer/voxels'
import { useMessagesStore } from './messages'
import { useReviewStore } from './review'
import { seriesOf, useStudyStore } from './study'

/** Another series of the patient over the source picture. */
export const useFusionStore = defineStore('fusion', () => {
  const engine = useEngine()
  const review = useReviewStore()
  const study = useStudyStore()
  const messages = useMessagesStore()

  const fused = shallowRef<FusedSeries | null>(null)
  /** How much of the other series is seen, 0 to 1. */
  const share = ref(0)
  /** 0..1 while the series are being registered; null otherwise. */
  const progress = ref<number | null>(null)
  let abort = new AbortController()

  /** The volumes of the same patient. */
  const others = computed<SeriesSummary[]>(() => {
    const all = seriesOf(study.catalogue)
    const own = all.find(({ series }) => series.key === review.series?.seriesKey)
    if (own === undefined) return []
    return all
      .filter(({ study: each }) => each.patientId === own.study.patientId)
      .map(({ series }) => series)
      .filter((series) => series.key !== own.series.key && series.timePoints === 1 && series.size[2] > 1)
  })

  function release(): void {
    abort.abort()
    fused.value = null
    share.value = 0
    progress.value = null
  }
  watch(() => review.series, release, { flush: 'sync' })

  /** Lays a series over the source, half of each; null takes it away. */
  async function choose(otherKey: string | null): Promise<void> {
    release()
    const seriesKey = review.series?.seriesKey
    if (otherKey === null || seriesKey === undefined) return
    const own = (abort = new AbortController())
    progress.value = 0
    try {
      const found = await engine.run(
        'series.fuse',
        { seriesKey, otherKey },
        {
          signal: own.signal,
          onProgress: (job) => {
            if (!own.signal.aborted) progress.value = job.progress
          },
        },
      )
      if (own.signal.aborted) return
      useVoxels().add(found.voxels)
      fused.value = found
      share.value = 0.5
      found.alignment.warnings.forEach(({ message, hint }) =>
        messages.fault(new Error(`${message} ${hint ?? ''}`)),
      )
    } catch (error) {
      if (!own.signal.aborted) messages.fault(error)
    } finally {
      if (abort === own) progress.value = null
    }
  }

  return { fused, share, progress, others, choose }
})
