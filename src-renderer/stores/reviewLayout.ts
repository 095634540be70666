import { colourMapNames, mapNames, type MapName } from '@contract'
import { z } from 'zod'

export const gridChoices = ['1', '2x2', '2x3'] as const
export type GridChoice = (typeof gridChoices)[number]

const mapName = z.enum(mapNames)
const share = z.number().min(0.1).max(0.9)

/** How the Review room is arranged on this machine. Ranges are not kept: a forgotten range reads as another disease. */
export const reviewLayoutSchema = z.object({
  version: z.literal(1).default(1),
  grid: z.enum(gridChoices).default('2x3'),
  /** The maps in the slots, row by row; a smaller grid shows the first of them. */
  slots: z.array(mapName).length(6).default(['cbv', 'cbf', 'ttp', 'mtt', 'tmax', 'delay']),
  compare: z.boolean().default(false),
  difference: z.boolean().default(false),
  compareMaps: z.array(mapName).length(3).default(['cbv', 'cbf', 'ttp']),
  /** Share of the width the source column takes, and of its height the picture. */
  sourceWidth: share.default(0.36),
  sourceHeight: share.default(0.56),
  linked: z.boolean().default(true),
  interpolation: z.enum(['linear', 'nearest']).default('linear'),
  colourMaps: z.partialRecord(mapName, z.enum(colourMapNames as [string, ...string[]])).default({}),
  /** Images with their motion taken back, where the maps were made of such. */
  corrected: z.boolean().default(true),
  cineRate: z.number().min(1).max(30).default(8),
  lowerTab: z
    .enum(['curves', 'vessels', 'risk', 'quality', 'agreement', 'motion', 'pipeline', 'notes'])
    .default('curves'),
})
export type ReviewLayout = z.output<typeof reviewLayoutSchema>

/** How many rows and columns of maps a choice has, and which map each slot shows. */
export function mapGrid(layout: Pick<ReviewLayout, 'grid' | 'slots'>): { columns: number; maps: MapName[] } {
  const counts: Record<GridChoice, [number, number]> = { '1': [1, 1], '2x2': [2, 4], '2x3': [3, 6] }
  const [columns, count] = counts[layout.grid]
  return { columns, maps: layout.slots.slice(0, count) }
}

/** The slots after one shows another map: a map already shown elsewhere changes places with it. */
export function withSlot(slots: readonly MapName[], index: number, map: MapName): MapName[] {
  const next = [...slots]
  const elsewhere = next.indexOf(map)
  if (elsewhere >= 0) next[elsewhere] = next[index]
  next[index] = map
  return next
}
