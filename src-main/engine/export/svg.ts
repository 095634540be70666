import { FONT } from './raster'

/** Colours of the exported pictures: dark and quiet, colour belongs to the maps. */
export const ink = {
  page: [14, 17, 22] as [number, number, number],
  strong: '#eef1f5',
  normal: '#c3c9d2',
  faint: '#8b94a1',
  rule: '#2a303a',
  warning: '#f0b429',
  artery: '#ff6b5e',
  vein: '#5aa9ff',
}

export interface TextStyle {
  size?: number
  bold?: boolean
  fill?: string
  anchor?: 'start' | 'middle' | 'end'
  /** Degrees about the anchor point. */
  turn?: number
}

/** One line of text with its baseline at (x, y). */
export function label(x: number, y: number, content: string, style: TextStyle = {}): string {
  const turn = style.turn ? ` transform="rotate(${style.turn} ${x} ${y})"` : ''
  return (
    `<text x="${x}" y="${y}" font-family="${FONT}" font-size="${style.size ?? 12}" ` +
    `font-weight="${style.bold ? 600 : 400}" fill="${style.fill ?? ink.normal}" ` +
    `text-anchor="${style.anchor ?? 'start'}"${turn}>${escapeXml(content)}</text>`
  )
}

export function rule(x1: number, y1: number, x2: number, y2: number, stroke: string = ink.rule): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${stroke}" stroke-width="1"/>`
}

export function svgDocument(width: number, height: number, parts: string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${parts.join('')}</svg>`
}

/** Text for XML: markup escaped; control characters and halves of characters, which XML does not allow, left out. */
export function escapeXml(content: string): string {
  return Array.from(content)
    .filter((character) => character >= ' ' && !/^[\ud800-\udfff\ufffe\uffff]$/.test(character))
    .join('')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
}

/** Shortens text that is longer than `length` characters, with an ellipsis. */
export function shortened(content: string, length: number): string {
  return content.length > length ? `${content.slice(0, length - 1).trimEnd()}…` : content
}
