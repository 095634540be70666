import type { ColourMap } from '@contract'
import { ink, label } from './svg'

export interface LegendBox {
  x: number
  y: number
  width: number
  height: number
}

const roundSteps = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8, 10]

/** Numbers for an axis from `lower` to `upper`, both among them: four to seven in round steps, else only the ends. */
export function ticks(lower: number, upper: number): number[] {
  const span = upper - lower
  if (!(span > 0)) return [lower]
  const magnitude = 10 ** Math.floor(Math.log10(span / 3))
  const counts = [magnitude / 10, magnitude, magnitude * 10]
    .flatMap((size) => roundSteps.map((step) => span / (step * size)))
    .filter((count) => count >= 2.999 && count <= 6.001 && Math.abs(count - Math.round(count)) < 1e-6)
    .map(Math.round)
    .sort((a, b) => Math.abs(a - 4.4) - Math.abs(b - 4.4))
  const intervals = counts[0] ?? 1
  return Array.from({ length: intervals + 1 }, (_, i) => lower + (span * i) / intervals)
}

export function tickText(value: number): string {
  return String(Number(value.toPrecision(4)))
}

/** A vertical colour bar with its ticks to the right, the upper end of the range on top. `id` is unique in a drawing. */
export function verticalLegend(
  id: string,
  map: ColourMap,
  range: { lower: number; upper: number },
  box: LegendBox,
  textSize = 11,
): string {
  const stops = map.points.map(
    ([position, red, green, blue]) =>
      `<stop offset="${position}" stop-color="rgb(${red},${green},${blue})"/>`,
  )
  const { x, y, width, height } = box
  const parts = [
    `<defs><linearGradient id="${id}" x1="0" y1="1" x2="0" y2="0">${stops.join('')}</linearGradient></defs>`,
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="url(#${id})" stroke="${ink.rule}" stroke-width="1"/>`,
  ]
  for (const value of ticks(range.lower, range.upper)) {
    const at = y + height * (1 - (value - range.lower) / (range.upper - range.lower))
    parts.push(
      `<line x1="${x + width}" y1="${at}" x2="${x + width + 4}" y2="${at}" stroke="${ink.faint}" stroke-width="1"/>`,
      label(x + width + 8, at + textSize * 0.36, tickText(value), { size: textSize, fill: ink.normal }),
    )
  }
  return parts.join('')
}
