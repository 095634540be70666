import { problemOf, type CurveSample, type Problem, type Vec3 } from '@contract'
import { computed, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'
import { useEngine } from '../../engine/client'
import { useReviewStore } from '../../stores/review'
import { useReviewViewStore } from '../../stores/reviewView'
import { useShownSeriesStore } from '../../stores/shownSeries'
import { voxelAt } from '../../viewer/geometry'

interface Curve {
  sample: ShallowRef<CurveSample | null>
  label: ComputedRef<string>
  failure: ShallowRef<Problem | null>
}

/** The time curve of the drawn region, or of the locked voxel, with the model fitted to it. */
export function useCurve(): Curve {
  const engine = useEngine()
  const review = useReviewStore()
  const view = useReviewViewStore()
  const images = useShownSeriesStore()
  const sample = shallowRef<CurveSample | null>(null)
  const failure = shallowRef<Problem | null>(null)

  const voxels = computed<Vec3[]>(() => {
    if (view.region !== null) return view.region.voxels
    const series = review.series
    if (series === null || view.locked === null) return []
    const voxel = voxelAt(series.voxels.geometry, view.locked)
    return voxel === null ? [] : [voxel]
  })
  const label = computed(() => {
    const { region } = view
    if (voxels.value.length === 0) return ''
    return region === null ? `Voxel ${voxels.value[0].join(', ')}` : `Region, ${voxels.value.length} voxels`
  })

  /** One request at a time while the probe is dragged: the newest place waits, those between are never asked for. */
  let waiting = false
  let busy = false
  async function ask(): Promise<void> {
    waiting = true
    if (busy) return
    busy = true
    while (waiting) {
      waiting = false
      const seriesKey = review.series?.seriesKey
      const wanted = voxels.value
      if (seriesKey === undefined || wanted.length === 0) {
        if (view.region === null) sample.value = null
        continue
      }
      try {
        const mapsId = review.result?.mapsId ?? null
        // The curve is that of the pictures: corrected where they are, as acquired where a person asks for those.
        const corrected = !images.moved || view.layout.corrected
        const answer = await engine.call('series.curve', { seriesKey, voxels: wanted, mapsId, corrected })
        if (review.series?.seriesKey === seriesKey && !waiting) sample.value = answer
        failure.value = null
      } catch (error) {
        sample.value = null
        failure.value = problemOf(error)
      }
    }
    busy = false
  }
  watch(
    [voxels, () => review.result?.mapsId, () => review.series, () => view.layout.corrected],
    () => void ask(),
    { immediate: true },
  )

  return { sample, label, failure }
}
