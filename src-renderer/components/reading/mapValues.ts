import { defaultDisplays, type MapName, type MapValues } from '@contract'
import type { WirePicture } from '../../drawing'
import { useDrawingStore } from '../../stores/drawing'
import { useReviewPicturesStore } from '../../stores/reviewPictures'
import { useReviewViewStore, type DisplayRange } from '../../stores/reviewView'
import { OUTSIDE } from '../../viewer/values'
import { useVoxels } from '../../viewer/voxels'

/** The voxels of a map that is shown, what lies outside the brain marked; null while there is no such map. */
export async function mapValues(map: MapName): Promise<MapValues | null> {
  const array = useReviewPicturesStore().maps[map]?.array
  if (array === undefined) return null
  return { values: await useVoxels().frame(array.id, 0), outside: OUTSIDE }
}

/** A slice of what a pane shows, in the range it is shown in; null while there is nothing. */
export async function shownPicture(pane: string, slice: number): Promise<WirePicture | null> {
  const { maps, source, sourceFrame } = useReviewPicturesStore()
  const view = useReviewViewStore()
  const map = (Object.keys(maps) as MapName[]).find((name) => name === pane)
  const array = map ? maps[map]?.array : source
  if (!array) return null
  const { lower, upper } = map ? view.rangeOfMap(map) : view.sourceRange
  const values = await useVoxels().frame(array.id, map ? 0 : Math.min(sourceFrame, array.frames - 1))
  const [columns, rows] = array.geometry.size
  return { values, from: slice * columns * rows, columns, rows, lower, upper }
}

/** Where a lesion is looked for on each map, before anybody chose another range. */
const usualRanges: Partial<Record<MapName, DisplayRange>> = {
  cbv: { lower: 0, upper: 2 },
  cbf: { lower: 0, upper: 20 },
  tmax: { lower: 6, upper: 60 },
}

/** The range of a map that the threshold brush draws in and a region grows through, in the map's unit. */
export function thresholdRange(map: MapName): DisplayRange {
  const { lower, upper } = defaultDisplays[map]
  return useDrawingStore().ranges[map] ?? usualRanges[map] ?? { lower: (lower + upper) / 2, upper: 2 * upper }
}

/** The map that thresholds are read from in a pane: its own, or on the source that the structure is drawn on. */
export function thresholdMap(pane: string): MapName | null {
  const { maps } = useReviewPicturesStore()
  const names = Object.keys(maps) as MapName[]
  const own = names.find((name) => name === pane)
  return own ?? useDrawingStore().structure?.maps.find((name) => maps[name] !== undefined) ?? names[0] ?? null
}
