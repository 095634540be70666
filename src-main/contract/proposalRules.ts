import type { MapName } from './perfusion'

/** Voxels of a map in its unit, one frame; `outside` marks what is no brain. */
export interface MapValues {
  values: ArrayLike<number>
  outside: number
}

/** A rule that proposes a structure: a map compared with a limit, which may be relative to normal tissue. */
export interface ProposalRule {
  map: MapName
  comparison: 'below' | 'above'
  /** In the unit of the map, or, where `relative`, a share of the mean of normal tissue (0.3 is 30 %). */
  limit: number
  relative: boolean
}

export interface NamedRule {
  name: string
  rule: ProposalRule
}

/**
 * Thresholds in clinical use: core as rCBF < 30 % and hypoperfusion as Tmax > 6 s (Albers et al., N Engl J Med 378,
 * 2018; Campbell et al., Stroke 43, 2012), core as CBV < 2 ml/100 g (Wintermark et al., Stroke 37, 2006).
 */
export const usualRules: readonly NamedRule[] = [
  { name: 'rCBF < 30 %', rule: { map: 'cbf', comparison: 'below', limit: 0.3, relative: true } },
  { name: 'Tmax > 6 s', rule: { map: 'tmax', comparison: 'above', limit: 6, relative: false } },
  { name: 'CBV < 2 ml/100 g', rule: { map: 'cbv', comparison: 'below', limit: 2, relative: false } },
]

/** The longest Tmax of tissue that counts as normal, s. */
const NORMAL_TMAX = 4

/** What a relative rule compares with: a mean in the unit of the map, and the tissue it was taken from, in words. */
export interface NormalTissue {
  mean: number
  tissue: string
}

/** "100 % is 48.2, the mean of brain with Tmax below 4 s". */
export const referenceText = ({ mean, tissue }: NormalTissue): string =>
  `100 % is ${mean.toFixed(1)}, the mean of ${tissue}`

/**
 * Mean of a map over normal tissue: brain with Tmax below 4 s or, where there is no Tmax map, the half of the brain with
 * the higher mean (the other side). Halves are left and right of the brain's middle column. The hottest hundredth is
 * left out, as vessels. Null where there is no such tissue.
 */
export function normalTissue(map: MapValues, columns: number, tmax: MapValues | null): NormalTissue | null {
  if (tmax !== null) {
    const mean = meanBelowVessels(map, (at) => {
      const delay = tmax.values[at]
      return delay !== tmax.outside && delay < NORMAL_TMAX
    })
    return mean === null ? null : { mean, tissue: `brain with Tmax below ${NORMAL_TMAX} s` }
  }
  const middle = middleColumn(map, columns)
  const halves = [true, false].map((left) => ({
    mean: meanBelowVessels(map, (at) => at % columns < middle === left),
    tissue: `the ${left ? 'left' : 'right'} half of the picture`,
  }))
  const known = halves.filter((half): half is NormalTissue => half.mean !== null)
  return known.length === 0 ? null : known.reduce((a, b) => (b.mean > a.mean ? b : a))
}

function meanBelowVessels(map: MapValues, belongs: (at: number) => boolean): number | null {
  const normal: number[] = []
  for (let at = 0; at < map.values.length; at++) {
    const value = map.values[at]
    if (value !== map.outside && Number.isFinite(value) && value > 0 && belongs(at)) normal.push(value)
  }
  if (normal.length === 0) return null
  const sorted = Float64Array.from(normal).sort()
  const kept = sorted.subarray(0, Math.max(1, Math.ceil(sorted.length * 0.99)))
  return kept.reduce((sum, value) => sum + value, 0) / kept.length
}

function middleColumn(map: MapValues, columns: number): number {
  let [sum, count] = [0, 0]
  for (let at = 0; at < map.values.length; at++) {
    if (map.values[at] === map.outside) continue
    sum += at % columns
    count++
  }
  return count === 0 ? columns / 2 : sum / count
}

/** 1 for the voxels of the brain that a rule picks; `reference` is the mean of normal tissue a relative rule needs. */
export function proposedMask(rule: ProposalRule, map: MapValues, reference: number): Uint8Array {
  const limit = rule.relative ? rule.limit * reference : rule.limit
  const mask = new Uint8Array(map.values.length)
  for (let at = 0; at < mask.length; at++) {
    const value = map.values[at]
    if (value === map.outside || !Number.isFinite(value)) continue
    mask[at] = (rule.comparison === 'below' ? value < limit : value > limit) ? 1 : 0
  }
  return mask
}
