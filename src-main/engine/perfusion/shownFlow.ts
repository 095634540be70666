import { mixSeeds, normalQuantiles, randomStream } from '../compute/random'
import type { PerfusionMaps } from './compute'
import {
  ARTERIAL_REACH,
  bolusOnly,
  integralUntil,
  tabulateArterial,
  type ArterialFunction,
} from './arterialFunction'
import { fitGammaVariate } from './gammaVariate'
import type { TruncatedInverse } from './inverse'
import { residueDeconvolution } from './job'
import { multiply, transpose } from './matrices'
import { chooseComponents, componentCounts } from './oscillation'
import { refinePeak, residueWindow, type Peak } from './residue'

/** Mean transit and delay in s, flow as a multiple of that of usual tissue. */
export interface IdealTissue {
  transit: number
  delay: number
  flow: number
}

/** Of the flow of some tissue, the share that a method shows. */
export type ShownFlow = (tissue: IdealTissue) => number

/** s: mean transit of the whole brain, grey and white. */
export const USUAL_BRAIN_TRANSIT = 4.2
/** Noise of a curve, once filtered and averaged, over the peak of usual tissue's: oSVD keeps components by it. */
const USUAL_NOISE = 0.1
const DRAWS = 12

/**
 * What the deconvolution that made the maps makes of ideal tissue fed by the artery of the study: the highest sample of its
 * truncated residue over the true flow. Truncation keeps what the artery's own frequencies carry, so the broader the bolus,
 * the more short transits lose of their height, while long ones keep theirs. Null where nothing is truncated (the box
 * regression, a network), or no artery is known.
 */
export function shownFlow({
  aif,
  arrival,
  method,
  settings,
  timeStep,
}: Pick<PerfusionMaps, 'aif' | 'arrival' | 'method' | 'settings' | 'timeStep'>): ShownFlow | null {
  if (method === 'bennink' || method === 'cnn' || aif.voxels.length === 0 || aif.times.length < 3) return null
  const grid = Float64Array.from(aif.times)
  const curve = Float64Array.from(aif.curve)
  const sampled = tabulateArterial(
    [{ times: grid, values: curve, weight: 1 }],
    ARTERIAL_REACH,
    fitGammaVariate(grid, curve),
  )
  const arterial = bolusOnly(sampled, arrival, aif.scale)
  const { inverse, judged, oscillationLimit } = residueDeconvolution(arterial, grid, timeStep, {
    ...settings,
    method,
  })
  const coordinatesOf = (samples: Float64Array): Float64Array =>
    multiply(inverse.input, samples, inverse.rank, grid.length, 1)
  const responseOf = (tissue: IdealTissue): Float64Array => tissueResponse(arterial, grid, tissue)
  const height = residueHeight(inverse)
  if (judged === null) return (tissue) => height(coordinatesOf(responseOf(tissue))) / tissue.flow

  const usual = responseOf({ transit: USUAL_BRAIN_TRANSIT, delay: 0, flow: 1 })
  const peak = usual.reduce((most, value) => Math.max(most, value), 0)
  const noise = noiseCurves(grid.length, USUAL_NOISE * peak).map(coordinatesOf)
  const keep = componentsKept(judged, oscillationLimit)
  return (tissue) => {
    const coordinates = coordinatesOf(responseOf(tissue))
    const heights = noise.map((added) => {
      const kept = keep(coordinates.map((value, i) => value + added[i]))
      return height(coordinates.map((value, i) => (i < kept ? value : 0)))
    })
    return heights.reduce((sum, value) => sum + value, 0) / heights.length / tissue.flow
  }
}

/**
 * Transits of the blood in a tissue, as multiples of their mean: none below three quarters, then ever fewer, so that the
 * residue is a plateau with an exponential tail (Manhart et al. 2013). The middles of eight parts of equal flow.
 */
const TRANSITS = Float64Array.from({ length: 8 }, (_, i) => 0.75 - 0.25 * Math.log(1 - (i + 0.5) / 8))
const MEAN_TRANSIT = TRANSITS.reduce((sum, share) => sum + share, 0) / TRANSITS.length

/** The enhancement of tissue: every falling residue is a mixture of boxes. */
function tissueResponse(
  arterial: ArterialFunction,
  times: Float64Array,
  { transit, delay, flow }: IdealTissue,
): Float64Array {
  return times.map((t) => {
    const entered = integralUntil(arterial, t - delay)
    let response = 0
    for (const share of TRANSITS) {
      const left = integralUntil(arterial, t - delay - (transit * share) / MEAN_TRANSIT)
      response += (flow * (entered - left)) / TRANSITS.length
    }
    return response
  })
}

/** Always the same curves of white noise. */
function noiseCurves(samples: number, deviation: number): Float64Array[] {
  const random = randomStream(mixSeeds(0x5eed, 0xf10e))
  return Array.from({ length: DRAWS }, () =>
    Float64Array.from({ length: samples }, () => deviation * normalQuantiles[random() & 0xffff]),
  )
}

function componentsKept(
  judged: TruncatedInverse,
  oscillationLimit: number,
): (coordinates: Float64Array) => number {
  const counts = componentCounts(judged)
  const output = transpose(judged.output, judged.residueSamples, judged.rank)
  const scratch = new Float64Array(judged.residueSamples)
  return (coordinates) => chooseComponents(judged, output, counts, coordinates, 0, oscillationLimit, scratch)
}

/** The highest sample of the residue of given coordinates, where tissue can be reached, 1/s. */
function residueHeight(inverse: TruncatedInverse): (coordinates: Float64Array) => number {
  const { samples, matrix } = residueWindow(inverse.output, inverse)
  const peak: Peak = { index: 0, position: 0, height: 0 }
  return (coordinates) => {
    const values = Float32Array.from(multiply(matrix, coordinates, samples, inverse.rank, 1))
    peak.index = values.reduce((highest, value, i) => (value > values[highest] ? i : highest), 0)
    refinePeak({ values, from: 0, step: 1, length: samples }, peak)
    return peak.height
  }
}
