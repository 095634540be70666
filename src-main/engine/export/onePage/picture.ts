import type { PerfusionMaps } from '../../perfusion'
import type { TissueAtRiskAssessment } from '../../tissueAtRisk'
import type { VolumeSeries } from '../../volume'
import { edgeLetters } from '../orientation'
import { blankPicture, blit, drawSvg, type Picture } from '../raster'
import { ink, label, rule, shortened, svgDocument } from '../svg'
import { NOT_FOR_DIAGNOSIS } from '../words'
import type { OnePageContent } from './content'
import { overlayTiles, RISK_COLOURS } from './tiles'

/** A4 upright at 150 pixels an inch. */
const WIDTH = 1240
const HEIGHT = 1754
const MARGIN = 48
const GAP = 8
const ACROSS = 4
const MOST_TILES = 12
/** Top of what stands under the montage. */
const MOST_TILE_ROWS = 790

const lights = { green: '#3fb950', amber: '#f0b429', red: '#ff5c5c' } as const
const verdicts = { reliable: lights.green, caution: lights.amber, notReliable: lights.red } as const

/** The one page as a picture: verdict, volumes, overlay over the slices, steps, statements and the lines of quality. */
export async function onePagePicture(
  content: OnePageContent,
  series: VolumeSeries,
  result: PerfusionMaps,
  found: Pick<TissueAtRiskAssessment, 'core' | 'hypoperfusion'>,
): Promise<Picture> {
  const picture = blankPicture(WIDTH, HEIGHT, ink.page)
  const widest = Math.floor((WIDTH - 2 * MARGIN - (ACROSS - 1) * GAP) / ACROSS)
  let drawn = overlayTiles(series, result, found, MOST_TILES, widest)
  const rows = Math.ceil(drawn.tiles.length / ACROSS)
  const room = Math.floor(MOST_TILE_ROWS / rows) - GAP
  if (drawn.height > room) {
    drawn = overlayTiles(series, result, found, MOST_TILES, Math.floor((widest * room) / drawn.height))
  }
  const top = 372
  const parts = [...heading(content), ...figures(content)]
  drawn.tiles.forEach(({ slice, pixels }, i) => {
    const left = MARGIN + (i % ACROSS) * (widest + GAP) + Math.floor((widest - drawn.width) / 2)
    const down = top + Math.floor(i / ACROSS) * (drawn.height + GAP)
    blit(picture, pixels, drawn.width, left, down)
    const edges = edgeLetters(result.geometry)
    parts.push(
      label(left + 6, down + 18, `${slice + 1}`, { size: 13, fill: ink.strong }),
      label(left + 6, down + drawn.height - 8, edges.left, { size: 12, fill: ink.normal }),
      label(left + drawn.width - 6, down + drawn.height - 8, edges.right, { size: 12, anchor: 'end' }),
    )
  })
  const below = top + rows * (drawn.height + GAP) + 22
  parts.push(...legend(content, below), ...table(content, below + 40), ...statements(content, below + 40))
  parts.push(...quality(content, HEIGHT - 52 - content.quality.length * 25))
  await drawSvg(picture, svgDocument(WIDTH, HEIGHT, parts))
  return picture
}

function heading({ title, subtitle, method, reliability, verdict, created }: OnePageContent): string[] {
  const lines = wrapped(verdict, 118).slice(0, 2)
  const height = 22 + 24 * lines.length
  return [
    label(MARGIN, 70, title, { size: 34, bold: true, fill: ink.strong }),
    label(MARGIN, 98, shortened(`${subtitle} · ${method}`, 110), { size: 15 }),
    label(WIDTH - MARGIN, 62, NOT_FOR_DIAGNOSIS, { size: 16, bold: true, fill: ink.warning, anchor: 'end' }),
    label(WIDTH - MARGIN, 84, `Umbra ${__UMBRA_VERSION__} · ${created}`, {
      size: 13,
      fill: ink.faint,
      anchor: 'end',
    }),
    `<rect x="${MARGIN}" y="120" width="${WIDTH - 2 * MARGIN}" height="${height}" rx="6" fill="${verdicts[reliability]}" fill-opacity="0.16"/>`,
    `<rect x="${MARGIN}" y="120" width="6" height="${height}" rx="3" fill="${verdicts[reliability]}"/>`,
    ...lines.map((line, i) =>
      label(MARGIN + 22, 120 + 29 + 24 * i, line, { size: 17, bold: true, fill: ink.strong }),
    ),
  ]
}

function figures({ figures: shown, reliability }: OnePageContent): string[] {
  const step = (WIDTH - 2 * MARGIN) / shown.length
  const colours = [rgb(RISK_COLOURS.core), rgb(RISK_COLOURS.hypoperfusion), ink.strong, ink.strong]
  return shown.flatMap(({ label: name, value, unit, note }, i) => {
    const left = MARGIN + i * step
    const fill = reliability === 'notReliable' ? ink.faint : colours[i]
    return [
      label(left, 236, name, { size: 17, fill: ink.normal }),
      label(left, 296, `${value}${unit ? ` ${unit}` : ''}`, { size: 52, bold: true, fill }),
      label(left, 326, shortened(note, 40), { size: 13, fill: ink.faint }),
    ]
  })
}

function legend({ figures: [core, late] }: OnePageContent, top: number): string[] {
  const entry = (left: number, colour: readonly number[], text: string): string =>
    `<rect x="${left}" y="${top - 12}" width="16" height="16" rx="3" fill="${rgb(colour)}"/>` +
    label(left + 24, top + 2, text, { size: 14 })
  return [
    entry(MARGIN, RISK_COLOURS.core, `Core: ${core.note}`),
    entry(MARGIN + 420, RISK_COLOURS.hypoperfusion, `Hypoperfusion: ${late.note}`),
    label(WIDTH - MARGIN, top + 2, 'on the image before contrast', {
      size: 13,
      fill: ink.faint,
      anchor: 'end',
    }),
  ]
}

function table({ steps }: OnePageContent, top: number): string[] {
  const columns = [0, 78, 140, 226, 290, 450].map((offset) => MARGIN + offset)
  const line = (cells: string[], y: number, bold: boolean): string[] =>
    cells.map((cell, i) =>
      label(columns[i], y, cell, { size: 14, bold, fill: bold ? ink.faint : ink.strong }),
    )
  return [
    ...line(steps.head, top + 14, true),
    rule(MARGIN, top + 24, MARGIN + 520, top + 24),
    ...steps.rows.flatMap((row, i) => line(row, top + 46 + 24 * i, false)),
  ]
}

function statements({ statements: said }: OnePageContent, top: number): string[] {
  const left = MARGIN + 560
  const lines = said.flatMap((statement) => wrapped(statement, 78))
  return lines.slice(0, 9).map((line, i) => label(left, top + 14 + 19 * i, line, { size: 13.5 }))
}

function quality({ quality: lines }: OnePageContent, top: number): string[] {
  return [
    rule(MARGIN, top - 26, WIDTH - MARGIN, top - 26),
    ...lines.flatMap((line, i) => {
      const y = top + 25 * i
      const words = [line.reason, line.remedy].filter(Boolean).join(' ')
      return [
        `<circle cx="${MARGIN + 8}" cy="${y - 5}" r="6.5" fill="${lights[line.grade]}"/>`,
        label(MARGIN + 24, y, line.label, { size: 14, bold: true, fill: ink.strong }),
        label(MARGIN + 190, y, shortened(words, 138), { size: 13 }),
      ]
    }),
  ]
}

function rgb([red, green, blue]: readonly number[]): string {
  return `rgb(${red},${green},${blue})`
}

/** Breaks text at spaces into lines of at most `length` characters. */
function wrapped(text: string, length: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1]
    if (last === undefined || last.length + 1 + word.length > length) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
