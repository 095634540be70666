import type { Bounds, FigureSummary } from '@contract'

/** As the report writes them: a dash for what has no value, a minus that is one. */
export const decimals = (value: number | null, digits = 2): string =>
  value === null ? '–' : value.toFixed(digits).replace(/^-/, '−')

export const meanSd = ({ mean, sd }: Pick<FigureSummary, 'mean' | 'sd'>, digits = 2): string =>
  sd === null ? decimals(mean, digits) : `${decimals(mean, digits)} ± ${decimals(sd, digits)}`

export const within = (bounds: Bounds | null, digits = 2): string =>
  bounds === null ? '' : `${decimals(bounds.lower, digits)} to ${decimals(bounds.upper, digits)}`

export function pValue(p: number | null): string {
  if (p === null) return '–'
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}

/** Colours of readings that stay apart for the colour-blind (Okabe & Ito 2008), for the dark ground. */
const palette = ['#56b4e9', '#e69f00', '#35c49a', '#d98bb9', '#f0e442', '#e8743b', '#a48be0', '#b9c4a0']

/** The reference is white. */
export function readingColour(
  readings: readonly { name: string }[],
  name: string,
  reference: string | null,
): string {
  if (name === reference) return '#f2f4f6'
  return palette[
    Math.max(
      0,
      readings.findIndex((each) => each.name === name),
    ) % palette.length
  ]
}

export const pairColour = (place: number): string => palette[place % palette.length]
