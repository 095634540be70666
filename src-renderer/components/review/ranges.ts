interface Range {
  lower: number
  upper: number
}

/** Rounded to a step a person would choose: about a fiftieth of the span, 1 × 10ⁿ. */
export function roundInSpan(value: number, span: number): number {
  const step = 10 ** Math.floor(Math.log10(span / 50))
  return Number((Math.round(value / step) * step).toPrecision(9))
}

/** A map's range with its ends moved by fractions of its span, rounded; never empty or turned around. */
export function draggedRange(
  lower: number,
  upper: number,
  upperBy: number,
  lowerBy: number,
): [number, number] {
  const span = upper - lower
  const least = span / 100
  const from = Math.min(lower + lowerBy * span, upper - least)
  const to = Math.max(upper + upperBy * span, from + least)
  return [roundInSpan(from, span), roundInSpan(to, span)]
}

/** A display window dragged as on every workstation: right widens it, down raises its level. Pixels in, values out. */
export function draggedWindow(
  { lower, upper }: Range,
  right: number,
  down: number,
): { center: number; width: number } {
  const width = upper - lower
  return {
    center: (lower + upper) / 2 + (down / 250) * width,
    width: Math.max(width / 1000, width * Math.exp(right / 200)),
  }
}
