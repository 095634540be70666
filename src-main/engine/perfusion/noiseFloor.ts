import { mixSeeds, normalQuantiles, randomStream } from '../compute/random'
import type { Plane } from '../compute/vectorUnit'
import { LANES } from '../compute/vectorUnit'
import type { CurveSpace } from './curveSpace'
import { multiply } from './matrices'

/** Curves of pure noise that the floor is found from. */
const DRAWS = 400
/** Directions of the curve space that tell tissues apart; the others hold noise alone. */
const TELLING = 12
/** So many directions of noise make a spread that can be relied on. */
const FEWEST_NOISE = 6
/** s: the mean transit time of tissue that hardly gets blood, which is where noise hides the flow. */
const HIDDEN_TRANSIT = 9
/** Of the noise floor, which is the height that noise reaches: its deviation, beside which heights are weighed. */
const DEVIATION_SHARE = 0.5
/** A residue is lowered to this share at least: what is left is an upper bound of the flow. */
const LEAST_SHARE = 1 / 3

/** Coordinates in the space, [rank × DRAWS], of curves of unit white noise as their baseline is taken off. */
function noiseCoordinates({ rank, frames, basis, offset }: CurveSpace, baselineFrames: number): Float64Array {
  const random = randomStream(mixSeeds(0x5eed, 0xf100))
  const curves = new Float64Array(frames * DRAWS)
  const baselines = new Float64Array(DRAWS)
  for (let draw = 0; draw < DRAWS; draw++) {
    for (let t = 0; t < frames; t++) {
      const value = normalQuantiles[random() & 0xffff]
      curves[t * DRAWS + draw] = value
      if (t < baselineFrames) baselines[draw] += value / baselineFrames
    }
  }
  const coordinates = multiply(basis, curves, rank, frames, DRAWS)
  for (let r = 0, at = 0; r < rank; r++) {
    for (let draw = 0; draw < DRAWS; draw++, at++) coordinates[at] -= baselines[draw] * offset[r]
  }
  return coordinates
}

/**
 * The root mean square of what `measure` makes of curves of unit white noise as their baseline is taken off, given by their
 * coordinates in the space: what noise alone looks like to it.
 */
export function spreadOverNoise(
  space: CurveSpace,
  baselineFrames: number,
  measure: (coordinates: Float64Array) => number,
): number {
  const all = noiseCoordinates(space, baselineFrames)
  let sum = 0
  for (let draw = 0; draw < DRAWS; draw++) {
    sum += measure(Float64Array.from({ length: space.rank }, (_, r) => all[r * DRAWS + draw])) ** 2
  }
  return Math.sqrt(sum / DRAWS)
}

/**
 * What noise alone makes of the highest sample of a residue, as a multiple of the noise of the curve. `residue` is
 * [samples × rank], from the coordinates of a curve in the space to the residue within its window.
 */
export function highestOfNoise(residue: Float64Array, space: CurveSpace, baselineFrames: number): number {
  const samples = residue.length / space.rank
  const residues = multiply(residue, noiseCoordinates(space, baselineFrames), samples, space.rank, DRAWS)
  let sum = 0
  for (let draw = 0; draw < DRAWS; draw++) {
    let most = 0
    for (let at = draw; at < residues.length; at += DRAWS) most = Math.max(most, residues[at])
    sum += most * most
  }
  return Math.sqrt(sum / DRAWS)
}

/** Whether the space has directions enough that only noise points to. */
export function hasQuietDirections({ rank }: CurveSpace): boolean {
  return rank - TELLING >= FEWEST_NOISE
}

/** Noise variance of each curve of a block, [LANES], from its coordinates in the directions that no tissue points to. */
export function noiseVariances(columns: Plane, { rank }: CurveSpace, variances: Float64Array): void {
  const values = columns.floats
  variances.fill(0)
  for (let r = TELLING; r < rank; r++) {
    for (let i = 0, at = r * LANES; i < LANES; i++, at++) variances[i] += values[at] * values[at]
  }
  for (let i = 0; i < LANES; i++) variances[i] /= rank - TELLING
}

/**
 * The height of a residue without the part that noise adds to its highest sample: √(height² − floor²), as the magnitude
 * of a noisy signal is corrected (Gudbjartsson & Patz, Magn Reson Med 1995;34:910). What stands out of the noise keeps
 * its height.
 */
export function withoutNoise(height: number, floor: number): number {
  return Math.max(LEAST_SHARE * height, Math.sqrt(Math.max(0, height * height - floor * floor)))
}

/**
 * A mean transit time, s, that would be a ratio of two noises where the noise floor hides the flow: the mean of it and of what such
 * tissue has, weighted by the squares of height and noise. Where there is no noise, the ratio itself.
 */
export function transitOverNoise(transit: number, height: number, floor: number): number {
  const [seen, hidden] = [height ** 2, (DEVIATION_SHARE * floor) ** 2]
  return (seen * transit + hidden * HIDDEN_TRANSIT) / (seen + hidden)
}
