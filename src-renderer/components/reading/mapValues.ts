import { defaultDisplays, type MapName } from '@contract'
import type { MapValues } from '../../drawing'
import { useDrawingStore } from '../../stores/drawing'
import { useReviewPicturesStore } from '../../stores/reviewPictures'
import type { DisplayRange } from '../../stores/reviewView'
import { OUTSIDE } from '../../viewer/values'
import { useVoxels } from '../../viewer/voxels'

/** The voxels of a map that is shown, what lies outside the brain marked; null while there is no such map. */
export async function mapValues(map: MapName): Promise<MapValues | null> {
  const array = useReviewPicturesStore().maps[map]?.array
  if (array === undefined) return null
  return { values: await useVoxels().frame(array.id, 0), outside: OUTSIDE }
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
