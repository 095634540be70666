import { describe, expect, it } from 'vitest'
import { perfusionMethods, perfusionSettingsSchema, usualRule, type PerfusionMethod } from '@contract'
import {
  lesionVolumes,
  makePhantom,
  phantomOptions,
  phantomSeries,
  type PhantomRequest,
} from '../../../src-main/engine/phantom'
import { computePerfusion } from '../../../src-main/engine/perfusion'
import { gradeStudy } from '../../../src-main/engine/quality'
import { assessTissueAtRisk } from '../../../src-main/engine/tissueAtRisk'

const small: PhantomRequest = { size: 144, slices: 8, noise: 5 }

async function assess(request: PhantomRequest, method: PerfusionMethod) {
  const phantom = await makePhantom(phantomOptions({ ...small, ...request }))
  const series = await phantomSeries(phantom)
  const maps = await computePerfusion(series, perfusionSettingsSchema.parse({ method }))
  return { series, maps, found: assessTissueAtRisk(maps, usualRule), truth: lesionVolumes(phantom) }
}

/** Within 10 % or 3 ml. */
function expectVolume(ml: number, truth: number): void {
  expect(Math.abs(ml - truth), `${ml.toFixed(1)} ml instead of ${truth.toFixed(1)}`).toBeLessThan(
    Math.max(3, 0.1 * truth),
  )
}

describe('a head with a lesion of known size, at the usual noise', () => {
  it('box regression: core and hypoperfusion', async () => {
    const { found, truth, series, maps } = await assess({ lesion: 'mca-right:18+50', seed: 7 }, 'bennink')
    expectVolume(found.coreMl, truth.coreMl)
    expectVolume(found.hypoperfusionMl, truth.coreMl + truth.penumbraMl)
    expect(found).toMatchObject({ affectedSide: 'right', referenceSide: 'left' })
    const lines = gradeStudy({ series, maps, tissueAtRisk: found })
    expect(lines.filter(({ grade }) => grade !== 'green')).toEqual([])
  })
  it('cSVD in strong noise: core and hypoperfusion, and no fluid that is taken for late tissue', async () => {
    const { found, truth } = await assess({ lesion: 'mca-left:20+45', seed: 9, noise: 8 }, 'csvd')
    expectVolume(found.coreMl, truth.coreMl)
    expectVolume(found.hypoperfusionMl, truth.coreMl + truth.penumbraMl)
  })
  it.runIf(process.env.UMBRA_LONG)(
    'every deconvolution, with and without noise, and a normal head',
    async () => {
      for (const method of perfusionMethods) {
        for (const noise of [0, 5]) {
          const { found, truth } = await assess({ lesion: 'pca-right:8+20', seed: 11, noise }, method)
          expectVolume(found.coreMl, truth.coreMl)
          expectVolume(found.hypoperfusionMl, truth.coreMl + truth.penumbraMl)
          const normal = await assess({ lesion: 'none', seed: 11, noise }, method)
          expect(normal.found.coreMl).toBeLessThan(1)
        }
      }
    },
  )
  it('box regression: a normal head has no core', async () => {
    const { found } = await assess({ lesion: 'none', seed: 8 }, 'bennink')
    expect(found.coreMl).toBeLessThan(1)
    expect(found.hypoperfusionMl).toBeLessThan(3)
  })
  it('DSC-MRI: fluid, which is bright and never fills, is no late tissue', async () => {
    const request: PhantomRequest = { lesion: 'none', seed: 8, modality: 'mr', size: 96, slices: 3 }
    const { found, maps, series } = await assess(request, 'bennink')
    expect(found.hypoperfusionMl).toBeLessThan(3)
    const lines = gradeStudy({ series, maps, tissueAtRisk: found })
    expect(lines.find(({ check }) => check === 'arterialInput')).toMatchObject({ grade: 'amber' })
  })
})
