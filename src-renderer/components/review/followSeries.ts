import type { Geometry, LoadedSeriesInfo } from '@contract'
import { watch } from 'vue'
import { useOpenReadingStore } from '../../stores/openReading'
import { useReviewStore } from '../../stores/review'
import { useReviewPicturesStore } from '../../stores/reviewPictures'
import { useReviewViewStore, type DisplayRange } from '../../stores/reviewView'
import { useStudyStore } from '../../stores/study'
import { orientations, planesOf } from '../../viewer/planes'
import { isBlankIn, robustRange } from '../../viewer/values'
import { useVoxels } from '../../viewer/voxels'
import { shownMethods } from './shownMethods'

/** Keeps what is reviewed and drawn on at the series chosen in this window: its voxels, its maps, its first window. */
export function followSeries(): void {
  const study = useStudyStore()
  const review = useReviewStore()
  const view = useReviewViewStore()
  const pictures = useReviewPicturesStore()
  const openReading = useOpenReadingStore()

  const planeCounts = (geometry: Geometry): Record<string, number> =>
    Object.fromEntries(
      orientations.map((orientation) => [orientation, planesOf(geometry, orientation).size[2]]),
    )

  /**
   * The window the files name; without one, the brain's on a CT, and what the voxels fill on anything else, and wherever
   * that window would show nothing.
   */
  watch(
    () => review.series,
    (series) => {
      if (series === null) return
      const { center, width } = series.window ?? { center: 40, width: 80 }
      const window = { lower: center - width / 2, upper: center + width / 2 }
      view.begin({
        slices: series.voxels.geometry.size[2],
        frames: series.voxels.frames,
        window,
        planes: pictures.multiplanar && pictures.volume ? planeCounts(pictures.volume.geometry) : {},
      })
      const known = series.window !== null || series.voxels.unit === 'HU'
      void measureRange(series, known ? window : null)
    },
    { flush: 'sync' },
  )

  async function measureRange(series: LoadedSeriesInfo, window: DisplayRange | null): Promise<void> {
    const values = await useVoxels()
      .frame(series.voxels.id, 0)
      .catch(() => null)
    if (values === null || review.series !== series) return
    if (window !== null && !isBlankIn(values, window)) return
    const [lower, upper] = robustRange(values)
    view.setInitialRange({ lower, upper })
  }

  // What is shown while a reading is open is the reading's; after it, the series of this window comes back.
  // A study that is opened anew may hold the same series key, yet its voxels are new.
  watch(
    [() => study.seriesKey, () => study.catalogue, () => openReading.reading !== null],
    ([key, , reading]) => {
      if (reading) return
      if (key === null) return review.close()
      // A run makes the maps itself, after the motion is corrected.
      const runs = study.toRun === key
      void review.open(key, () => (runs ? [] : shownMethods()))
    },
    { immediate: true },
  )
}
