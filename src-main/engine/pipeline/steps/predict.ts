import { DEFAULT_MODEL, describeModel, findModel, openRemotePredictor, predictMaps } from '../../prediction'
import { perfusionSettings, type Step } from '../step'
import { decodeMaps, describeMaps, encodeMaps } from './mapsArtefact'
import { motionReport } from './motion'

/** The maps by a network, in a process of its own. It filters what it sees by itself. */
export const predictStep: Step<'predict'> = {
  version: 2,
  optional: true,
  leftOut: ({ predict }, { kind, modality }) => {
    if (!predict.enabled) return 'Switched off'
    return kind === 'ct-perfusion' ? null : `The networks are for CT perfusion; this series is ${modality}`
  },
  dependsOn: async ({ predict, inputs }) => {
    const { weightsSha256 } = await describeModel(await findModel(predict.model ?? DEFAULT_MODEL))
    return { weightsSha256, inputs }
  },
  compute: async ({ settings, backend, series, details }, run) => {
    const model = await findModel(settings.predict.model ?? DEFAULT_MODEL)
    const source = await series('motion', run)
    const predictor = await openRemotePredictor(model, { backend })
    try {
      const maps = await predictMaps(predictor, source, perfusionSettings(settings), run)
      const motion = motionReport(details('motion'))
      return { ...maps, ...(motion ? { motion } : {}) }
    } finally {
      predictor.close()
    }
  },
  encode: encodeMaps,
  decode: decodeMaps,
  report: (maps) => ({
    result: [`Network ${maps.model?.name ?? ''}`, ...describeMaps(maps)],
    warnings: maps.warnings,
  }),
}
