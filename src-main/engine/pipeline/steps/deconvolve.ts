import { methodLabels, UmbraError } from '@contract'
import { deconvolve } from '../../perfusion'
import { never, perfusionSettings, type Step } from '../step'
import { decodeMaps, describeMaps, encodeMaps } from './mapsArtefact'
import { motionReport } from './motion'

/** The maps by deconvolution with the inputs. */
export const deconvolveStep: Step<'deconvolve'> = {
  version: 2,
  optional: false,
  leftOut: never,
  dependsOn: (settings) => Promise.resolve(settings.deconvolve),
  compute: async ({ settings, series, result, details }, run) => {
    const inputs = result('inputs')
    if (!inputs) {
      throw new UmbraError({ code: 'no-inputs', message: 'There are no inputs to deconvolve with.' })
    }
    const maps = await deconvolve(await series('filter', run), inputs, perfusionSettings(settings), run)
    const motion = motionReport(details('motion'))
    return { ...maps, ...(motion ? { motion } : {}), warnings: [] }
  },
  encode: encodeMaps,
  decode: decodeMaps,
  report: (maps) => ({
    result: [methodLabels[maps.method], ...describeMaps(maps)],
    warnings: maps.warnings,
  }),
}
