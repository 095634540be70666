import { problemOf, type JointHistogram, type MapName, type MapsAgreement, type Problem } from '@contract'
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { useEngine } from '../../engine/client'
import { useReviewStore } from '../../stores/review'
import { useReviewViewStore } from '../../stores/reviewView'

const BINS = 64

interface Compared {
  mapsId: string
  referenceId: string
}

interface Agreement {
  /** Of the two results on the screen; null while they are compared, or where there is only one. */
  agreement: ShallowRef<MapsAgreement | null>
  compared: ComputedRef<Compared | null>
  progress: Ref<number>
  failure: ShallowRef<Problem | null>
}

/** How far the first source of maps agrees with the second; follows the two on the screen. */
export function useMapAgreement(): Agreement {
  const engine = useEngine()
  const review = useReviewStore()
  const agreement = shallowRef<MapsAgreement | null>(null)
  const failure = shallowRef<Problem | null>(null)
  const progress = ref(0)
  const compared = computed<Compared | null>(() => {
    const { result, otherResult } = review
    if (result === null || otherResult === null) return null
    return { mapsId: result.mapsId, referenceId: otherResult.mapsId }
  })

  watch(
    () => JSON.stringify(compared.value),
    async (_key, _before, onCleanup) => {
      const asked = compared.value
      const abort = new AbortController()
      onCleanup(() => abort.abort())
      agreement.value = null
      failure.value = null
      progress.value = 0
      if (asked === null) return
      try {
        const answer = await engine.run('maps.compare', asked, {
          signal: abort.signal,
          onProgress: (job) => (progress.value = job.progress),
        })
        if (!abort.signal.aborted) agreement.value = answer
      } catch (error) {
        if (!abort.signal.aborted) failure.value = problemOf(error)
      }
    },
    { immediate: true },
  )
  return { agreement, compared, progress, failure }
}

/** The joint histogram of a map in its display range, of the slice on the screen or of the study (`slice` null). */
export function useJointHistogram(
  compared: ComputedRef<Compared | null>,
  map: Ref<MapName>,
  slice: ComputedRef<number | null>,
): ShallowRef<JointHistogram | null> {
  const engine = useEngine()
  const view = useReviewViewStore()
  const histogram = shallowRef<JointHistogram | null>(null)
  const request = computed(() => {
    if (compared.value === null) return null
    return {
      ...compared.value,
      map: map.value,
      slice: slice.value,
      ...view.rangeOfMap(map.value),
      bins: BINS,
    }
  })
  watch(
    () => JSON.stringify(request.value),
    async () => {
      const asked = request.value
      if (asked === null) {
        histogram.value = null
        return
      }
      const { mapsId, referenceId, slice: plane, lower, upper, bins } = asked
      const answer = await engine
        .call('maps.jointHistogram', {
          mapsId,
          referenceId,
          map: asked.map,
          slice: plane,
          lower,
          upper,
          bins,
        })
        .catch(() => null)
      if (request.value === asked) histogram.value = answer
    },
    { immediate: true },
  )
  return histogram
}
