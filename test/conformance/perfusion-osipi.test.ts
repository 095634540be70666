import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { perfusionSettingsSchema, type MapName } from '../../src-main/contract'
import { LANES, createVectorUnit } from '../../src-main/engine/compute/vectorUnit'
import { ARTERIAL_REACH, tabulateArterial } from '../../src-main/engine/perfusion/arterialFunction'
import { residueDeconvolution } from '../../src-main/engine/perfusion/job'
import { residueMaps } from '../../src-main/engine/perfusion/residueMaps'
import { areaWeights } from '../../src-main/engine/perfusion/volumeWeights'

/** The DSC reference curves of the OSIPI code collection, and the tolerances its own tests use. */
const path = resolve(__dirname, '../../../shared/data/perfusion/osipi/dsc_data.csv')
const tolerance = { cbf: { absolute: 15, relative: 0.1 }, cbv: { absolute: 1, relative: 0.1 } }

interface ReferenceCurve {
  label: string
  tissue: Float64Array
  artery: Float64Array
  cbv: number
  cbf: number
  step: number
}

function referenceCurves(): ReferenceCurve[] {
  const numbers = (text: string): Float64Array => Float64Array.from(text.trim().split(/\s+/), Number)
  return readFileSync(path, 'utf8')
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => {
      const [label, tissue, artery, cbv, cbf, step] = line.split(',')
      return {
        label,
        tissue: numbers(tissue),
        artery: numbers(artery),
        cbv: Number(cbv),
        cbf: Number(cbf),
        step: Number(step),
      }
    })
}

describe.skipIf(!existsSync(path))('the DSC reference curves of OSIPI', () => {
  const curves = existsSync(path) ? referenceCurves() : []

  it.each(curves)('$label give CBV and CBF within tolerance with cSVD and oSVD', (reference) => {
    const times = Float64Array.from(reference.tissue, (_, i) => i * reference.step)
    const arterial = tabulateArterial([{ times, values: reference.artery, weight: 1 }], ARTERIAL_REACH)
    for (const method of ['csvd', 'osvd'] as const) {
      const settings = perfusionSettingsSchema.parse({ method })
      const deconvolution = residueDeconvolution(arterial, times, reference.step, settings)
      const unit = createVectorUnit()
      const columns = unit.reserve(times.length * LANES)
      const bloodVolume = areaWeights(arterial, times)
      const analysis = {
        ...deconvolution,
        times,
        bloodVolume,
        arrival: 0,
        tissueFactor: 100,
        baselineFrames: 1,
      }
      const fit = residueMaps(unit, analysis, columns, null)
      const names: MapName[] = ['cbf', 'cbv', 'mtt', 'ttp', 'tmax', 'delay']
      const maps = Object.fromEntries(names.map((name) => [name, new Float32Array(1)])) as Record<
        MapName,
        Float32Array
      >
      reference.tissue.forEach((value, t) => (columns.floats[t * LANES] = value))
      fit(new Int32Array(LANES).fill(-1).fill(0, 0, 1), maps)
      for (const name of ['cbf', 'cbv'] as const) {
        const { absolute, relative } = tolerance[name]
        const error = Math.abs(maps[name][0] - reference[name])
        expect(error, `${method} ${name}`).toBeLessThanOrEqual(absolute + relative * reference[name])
      }
      expect(Math.abs(maps.delay[0]), `${method} delay`).toBeLessThan(2)
    }
  })
})
