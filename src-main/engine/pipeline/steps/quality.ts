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
    // A network of one's own may be worth less than the deconvolution.
    const predicted = settings.predict.model === null ? result('predict') : null
    const header = { ...study.series, voxels: new Int16Array(0) }
    const [lines, ...beside] = await Promise.all([
      callInWorker<QualityLine[]>('judgement', 'gradeStudy', [study], run),
      ...(predicted?.mask.includes(1) && maps && tissueAtRisk
        ? [
            callInWorker<QualityLine>(
              'judgement',
              'gradeBesideNetwork',
              [header, predicted, maps, tissueAtRisk],
              run,
            ),
          ]
        : []),
    ])
    return [...lines, ...beside]
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
