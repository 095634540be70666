import { UmbraError, type MapName, type Warning } from '@contract'
import type { ModelSpec } from '../networks'
import { frameOf, type VolumeSeries } from '../volume'

/** Outputs this near to 0 or 1 are at the end of what a network can say. */
const END = 0.002
/** Share of the brain at an end beyond which a map cannot be meant; fluid and vessels are less. */
const MOST_AT_END = 0.6
/** Maps flatter than this, of their scale, say the same everywhere. */
const FLATTEST = 1e-3
/** Share of the brain outside the window beyond which a network sees next to nothing. */
const MOST_OUTSIDE = 0.8

const REMEDY =
  'Check that the network was trained on series like this one (umbra-model.json: input), compare with a deconvolution, or use another network.'

/**
 * What the predicted maps [voxel, in their units] say of the network: warnings where most of the brain is at the lowest
 * or highest value it can give, or all of it the same, as it is with input normalised otherwise than in training. Throws
 * `prediction-not-finite`.
 */
export function judgePlausibility(
  maps: Record<MapName, Float32Array>,
  mask: Uint8Array,
  { outputs }: Pick<ModelSpec, 'outputs'>,
): Warning[] {
  return outputs.flatMap(({ map, scale }): Warning[] => {
    const values = maps[map]
    const name = map.toUpperCase()
    let [inside, low, high, least, most] = [0, 0, 0, Infinity, -Infinity]
    for (let i = 0; i < mask.length; i++) {
      if (mask[i] === 0) continue
      const value = values[i] / scale
      if (!Number.isFinite(value)) throw notFinite(name)
      inside++
      if (value < END) low++
      if (value > 1 - END) high++
      least = Math.min(least, value)
      most = Math.max(most, value)
    }
    if (inside === 0) return []
    if (most - least < FLATTEST) {
      const message = `The predicted ${name} is the same everywhere: it cannot be used.`
      return [{ code: 'prediction-constant', message, hint: REMEDY }]
    }
    const share = Math.max(low, high) / inside
    if (share < MOST_AT_END) return []
    const end = low > high ? 'lowest' : 'highest'
    const message = `The predicted ${name} is at the ${end} value that the network can give in ${(100 * share).toFixed(0)} % of the brain.`
    return [{ code: 'prediction-saturated', message, hint: REMEDY }]
  })
}

function notFinite(name: string): UmbraError {
  return new UmbraError({
    code: 'prediction-not-finite',
    message: `The network gives values that are no numbers for ${name}.`,
    hint: 'Compute with another backend (--backend), or use another network.',
  })
}

/** A warning where the window that the network was trained with leaves out most of this brain. */
export function judgeWindow(
  series: VolumeSeries,
  mask: Uint8Array,
  { input }: Pick<ModelSpec, 'input'>,
): Warning[] {
  if (input.values !== 'window') return []
  const voxels = frameOf(series, 0)
  let [inside, outside] = [0, 0]
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue
    inside++
    const value = voxels[i] * series.slope + series.intercept
    if (value <= input.lower || value >= input.upper) outside++
  }
  if (inside === 0 || outside / inside < MOST_OUTSIDE) return []
  return [
    {
      code: 'window-unfit',
      message: `${((100 * outside) / inside).toFixed(0)} % of the brain is outside the ${input.lower} to ${input.upper} ${series.unit} that the network sees.`,
      hint: REMEDY,
    },
  ]
}
