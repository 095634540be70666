import { z } from 'zod'
import { problemOf, qualityLineSchema, qualityStatement, type QualityLine } from '@contract'
import { callInWorker } from '../../compute/workerRun'
import type { StudyToGrade } from '../../quality'
import { never, type Step } from '../step'
import { unfilteredNoise } from './filter'
import { motionReport } from './motion'

/** How far the study can be trusted; also where no maps could be made of it. */
export const qualityStep: Step<'quality'> = {
  version: 4,
  optional: false,
  leftOut: never,
  dependsOn: () => Promise.resolve(null),
  compute: async ({ settings, series, result, details, failure }, run) => {
    const [maps, tissueAtRisk] = [result('deconvolve'), result('tissueAtRisk')]
    const study: StudyToGrade = {
      series: await series('filter', run),
      maps,
      failure: failure ? problemOf(failure) : undefined,
      motion: motionReport(details('motion'))?.frames,
      unfilteredNoise: unfilteredNoise(details('filter')),
      tissueAtRisk: tissueAtRisk ?? undefined,
    }
    const lines = await callInWorker<QualityLine[]>('judgement', 'gradeStudy', [study], run)
    // A network of one's own may be worth less than the deconvolution.
    const predicted = settings.predict.model === null ? result('predict') : null
    if (!predicted?.mask.includes(1) || !maps || !tissueAtRisk) return lines
    // After the study, not beside it: each holds copies of the maps.
    const header = { ...study.series, voxels: new Int16Array(0) }
    const compared = [header, predicted, maps, tissueAtRisk]
    return [...lines, await callInWorker<QualityLine>('judgement', 'gradeBesideNetwork', compared, run)]
  },
  encode: (lines) => ({ json: lines, arrays: {} }),
  decode: ({ json }) => Promise.resolve(z.array(qualityLineSchema).parse(json)),
  report: (lines) => ({
    result: [qualityStatement(lines).replace(/\.$/, '')],
    warnings: lines
      .filter(({ grade }) => grade !== 'green')
      .map(({ check, grade, label, reason, remedy }) => ({
        code: `quality-${check}`,
        message: `${grade === 'red' ? 'Red' : 'Amber'}: ${label}: ${reason}`,
        hint: remedy,
      })),
  }),
}
