import type { Warning } from '@contract'
import { computed, type ComputedRef } from 'vue'
import { useReviewStore } from '../../stores/review'
import { useReviewViewStore } from '../../stores/reviewView'

/** What the engine warns of: the maps on the screen first, then the series. */
export function useNotes(): ComputedRef<Warning[]> {
  const review = useReviewStore()
  const view = useReviewViewStore()
  return computed(() => {
    const ofMaps = review.result?.warnings ?? []
    const ofOthers = view.layout.compare ? (review.otherResult?.warnings ?? []) : []
    const ofSeries = (review.series?.warnings ?? []).map((message): Warning => ({ code: 'series', message }))
    const seen = new Set<string>()
    return [...ofMaps, ...ofOthers, ...ofSeries].filter(
      ({ message }) => !seen.has(message) && seen.add(message),
    )
  })
}
