import { tissueAtRiskSchema, UmbraError } from '@contract'
import { callInWorker } from '../../compute/workerRun'
import type { TissueAtRiskAssessment } from '../../tissueAtRisk'
import { never, type Step } from '../step'

const ml = (volume: number): string => `${volume.toFixed(1)} ml`

/** Core, hypoperfusion and mismatch in the maps of the deconvolution. */
export const tissueAtRiskStep: Step<'tissueAtRisk'> = {
  version: 4,
  optional: false,
  leftOut: never,
  dependsOn: ({ tissueAtRisk }) => Promise.resolve(tissueAtRisk),
  compute: ({ settings, result }, run) => {
    const maps = result('deconvolve')
    if (!maps) {
      throw new UmbraError({ code: 'no-maps', message: 'There are no maps to tell tissue at risk by.' })
    }
    const { rule, referenceSide } = settings.tissueAtRisk
    return callInWorker<TissueAtRiskAssessment>(
      'judgement',
      'assessTissueAtRisk',
      [maps, rule, { referenceSide }],
      run,
    )
  },
  encode: ({ core, hypoperfusion, ...rest }) => ({
    json: tissueAtRiskSchema.parse(rest),
    arrays: { core, hypoperfusion },
  }),
  decode: async ({ json, read }) => ({
    ...tissueAtRiskSchema.parse(json),
    core: (await read('core')) as Uint8Array,
    hypoperfusion: (await read('hypoperfusion')) as Uint8Array,
  }),
  report: ({ coreMl, hypoperfusionMl, mismatchMl, mismatchRatio, reliability, statements }) => ({
    result: [
      ...(reliability === 'notReliable' ? ['Not to be relied on'] : []),
      `Core ${ml(coreMl)}, hypoperfusion ${ml(hypoperfusionMl)}, mismatch ${ml(mismatchMl)}${
        mismatchRatio === null ? '' : `, ratio ${mismatchRatio.toFixed(1)}`
      }`,
      ...statements.map((statement) => statement.replace(/\.$/, '')),
    ],
    warnings: [],
  }),
}
