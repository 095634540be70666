/** Round values (1, 2 or 5 × 10ⁿ apart) inside [lower, upper], about `count` of them. */
export function niceTicks(lower: number, upper: number, count: number): number[] {
  const span = upper - lower
  if (!(span > 0) || count < 1) return []
  const rough = span / count
  const decade = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((factor) => factor * decade >= rough * 0.999) ?? 10) * decade
  const first = Math.ceil(lower / step - 1e-9)
  const last = Math.floor(upper / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step)
}

/** A value with as many decimals as its display range makes sensible: three figures of the span, at most three. */
export function formatValue(value: number, span: number): string {
  const decimals = Math.max(0, Math.min(3, 2 - Math.floor(Math.log10(Math.abs(span) || 1))))
  const text = value.toFixed(decimals)
  return Number(text) === 0 ? (0).toFixed(decimals) : text
}

/** Shorter than formatValue, for the marks of a scale: no zeros that say nothing. */
export function formatTick(value: number): string {
  return String(Number(value.toPrecision(6)))
}

/** A unit as it is written beside a number: the UCUM "1" of a number without a unit is left out. */
export const shownUnit = (unit: string): string => (unit === '1' ? '' : unit)
