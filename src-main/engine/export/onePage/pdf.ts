import type { Content, TDocumentDefinitions } from 'pdfmake/interfaces'
import type { PerfusionMaps } from '../../perfusion'
import type { TissueAtRiskAssessment } from '../../tissueAtRisk'
import type { VolumeSeries } from '../../volume'
import { pdfWriter } from '../pdfFonts'
import { edgeLetters } from '../orientation'
import { blankPicture, blit, drawSvg, encodePng } from '../raster'
import { ink, label, svgDocument } from '../svg'
import { NOT_FOR_DIAGNOSIS } from '../words'
import type { OnePageContent } from './content'
import { overlayTiles, RISK_COLOURS } from './tiles'

const MARGIN = 36
const WIDTH = 595.28 - 2 * MARGIN
const TILES = { across: 6, most: 12, pixels: 300, gap: 6 }

const lights = { green: '#1a7f37', amber: '#b7791f', red: '#cf222e' } as const
const verdicts = {
  reliable: { line: lights.green, fill: '#e9f7ec' },
  caution: { line: lights.amber, fill: '#fff7e0' },
  notReliable: { line: lights.red, fill: '#ffebe9' },
} as const

/** The one page as PDF, A4, with text that can be searched. The same content and date give the same bytes. */
export async function onePagePdf(
  content: OnePageContent,
  series: VolumeSeries,
  result: PerfusionMaps,
  found: Pick<TissueAtRiskAssessment, 'core' | 'hypoperfusion'>,
  created: Date,
): Promise<Uint8Array> {
  const colours = verdicts[content.reliability]
  const definition: TDocumentDefinitions = {
    pageSize: 'A4',
    pageMargins: [MARGIN, 34, MARGIN, 40],
    info: {
      title: content.title,
      creator: 'Umbra',
      producer: 'Umbra',
      subject: NOT_FOR_DIAGNOSIS,
      creationDate: created,
      modDate: created,
    },
    defaultStyle: { font: 'Inter', fontSize: 8.5, lineHeight: 1.2, color: '#1d2430' },
    footer: () => ({
      text: `${NOT_FOR_DIAGNOSIS} · Umbra ${__UMBRA_VERSION__} · ${content.created}`,
      margin: [MARGIN, 12, MARGIN, 0],
      fontSize: 7.5,
      color: '#6b7482',
    }),
    content: [
      { text: content.title, fontSize: 18, bold: true },
      { text: `${content.subtitle} · ${content.method}`, color: '#6b7482', margin: [0, 1, 0, 6] },
      {
        table: {
          widths: ['*'],
          body: [
            [{ text: `${NOT_FOR_DIAGNOSIS}.`, bold: true, fillColor: '#fff7e0' }],
            [{ text: content.verdict, bold: true, fillColor: colours.fill, fontSize: 10 }],
          ],
        },
        layout: { hLineColor: () => colours.line, vLineColor: () => colours.line, vLineWidth: () => 0.6 },
      },
      figures(content),
      { image: await montage(series, result, found), width: WIDTH, margin: [0, 0, 0, 4] },
      legend(content),
      {
        margin: [0, 8, 0, 8],
        columns: [
          { width: 280, ...table(content) },
          { width: '*', stack: content.statements.map((text): Content => ({ text, margin: [0, 0, 0, 2] })) },
        ],
        columnGap: 14,
      },
      quality(content),
    ],
  }
  return pdfWriter().createPdf(definition).getBuffer()
}

function figures({ figures: shown, reliability }: OnePageContent): Content {
  const colours = [hex(RISK_COLOURS.core), '#0f8f72', '#1d2430', '#1d2430']
  return {
    margin: [0, 10, 0, 8],
    columns: shown.map(({ label, value, unit, note }, i) => ({
      stack: [
        { text: label, color: '#6b7482' },
        {
          text: `${value}${unit ? ` ${unit}` : ''}`,
          fontSize: 22,
          bold: true,
          color: reliability === 'notReliable' ? '#8b94a1' : colours[i],
        },
        { text: note, fontSize: 7.5, color: '#6b7482' },
      ],
    })),
  }
}

async function montage(
  series: VolumeSeries,
  result: PerfusionMaps,
  found: Pick<TissueAtRiskAssessment, 'core' | 'hypoperfusion'>,
): Promise<string> {
  const { across, most, pixels, gap } = TILES
  const { tiles, width, height } = overlayTiles(series, result, found, most, pixels)
  const rows = Math.ceil(tiles.length / across)
  const columns = Math.ceil(tiles.length / rows)
  const picture = blankPicture(columns * (width + gap) - gap, rows * (height + gap) - gap, ink.page)
  const edges = edgeLetters(result.geometry)
  const letters = { size: 24, fill: ink.strong }
  const labels = tiles.flatMap(({ slice, pixels: tile }, i) => {
    const [left, top] = [(i % columns) * (width + gap), Math.floor(i / columns) * (height + gap)]
    blit(picture, tile, width, left, top)
    return [
      label(left + 8, top + 28, `${slice + 1}`, letters),
      label(left + 8, top + height - 10, edges.left, letters),
      label(left + width - 8, top + height - 10, edges.right, { ...letters, anchor: 'end' }),
    ]
  })
  await drawSvg(picture, svgDocument(picture.width, picture.height, labels))
  return `data:image/png;base64,${Buffer.from(encodePng(picture)).toString('base64')}`
}

function legend({ figures: [core, late] }: OnePageContent): Content {
  return {
    fontSize: 7.5,
    text: [
      { text: '■ ', color: hex(RISK_COLOURS.core) },
      `Core: ${core.note}    `,
      { text: '■ ', color: hex(RISK_COLOURS.hypoperfusion) },
      `Hypoperfusion: ${late.note}    on the image before contrast, as stored`,
    ],
  }
}

function table({ steps }: OnePageContent): {
  table: { widths: string[]; body: Content[][] }
  layout: string
} {
  return {
    table: {
      widths: steps.head.map(() => 'auto'),
      body: [
        steps.head.map((text): Content => ({ text, bold: true, noWrap: true })),
        ...steps.rows.map((row) => row.map((text): Content => ({ text, noWrap: true }))),
      ],
    },
    layout: 'lightHorizontalLines',
  }
}

function quality({ quality: lines }: OnePageContent): Content {
  return {
    fontSize: 7.8,
    table: {
      widths: [8, 82, '*'],
      body: lines.map((line): Content[] => [
        { text: '●', color: lights[line.grade] },
        { text: line.label, bold: true },
        [line.reason, line.remedy].filter(Boolean).join(' '),
      ]),
    },
    layout: {
      hLineWidth: () => 0.3,
      vLineWidth: () => 0,
      hLineColor: () => '#d9dde3',
      paddingTop: () => 1,
      paddingBottom: () => 1,
    },
  }
}

function hex(colour: readonly number[]): string {
  return `#${colour.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}
