import { z } from 'zod'
import { filterLabels, type FilterSettings } from '@contract'
import { filterSeries } from '../../filters'
import { tissueNoise } from '../../quality'
import type { SeriesStep } from '../step'

const detailsSchema = z.object({ unfilteredNoise: z.number().nullable() })

/** Noise of tissue before the filter, in the unit of the series; null where there was no filter, or no such tissue. */
export function unfilteredNoise(details: unknown): number | null {
  return detailsSchema.safeParse(details).data?.unfilteredNoise ?? null
}

const widthOf = ({ method, profileMm, spatialMm }: FilterSettings): number =>
  method === 'tips' ? profileMm : spatialMm

/** Noise is taken out of every frame; edges stay. */
export const filterStep: SeriesStep = {
  version: 2,
  leftOut: ({ filter }) => (filter.method === 'none' ? 'Switched off' : null),
  dependsOn: ({ filter }) => filter,
  compute: async (series, { filter }, run) => ({
    series: await filterSeries(series, filter, run),
    report: {
      result: [`${filterLabels[filter.method]} filter, ${widthOf(filter)} mm`],
      warnings: [],
    },
    details: { unfilteredNoise: tissueNoise(series) },
  }),
}
