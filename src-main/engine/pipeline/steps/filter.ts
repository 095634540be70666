import { filterLabels } from '@contract'
import { filterSeries } from '../../filters'
import type { SeriesStep } from '../step'

/** Noise is taken out of every frame; edges stay. */
export const filterStep: SeriesStep = {
  version: 1,
  leftOut: ({ filter }) => (filter.method === 'none' ? 'Switched off' : null),
  dependsOn: ({ filter }) => filter,
  compute: async (series, { filter }, run) => ({
    series: await filterSeries(series, filter, run),
    report: {
      result: [`${filterLabels[filter.method]} filter, ${filter.spatialMm} mm`],
      warnings: [],
    },
    details: null,
  }),
}
