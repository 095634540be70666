import type { Content, TDocumentDefinitions } from 'pdfmake/interfaces'
import { pdfWriter } from '../export'
import type { ReportDocument } from './document'
import type { Figure } from './figures'
import type { Table } from './tables'

/** A4 less its margins, points. */
const MARGIN = 42
const WIDTH = 595.28 - 2 * MARGIN
const HEIGHT = 841.89 - 120
/** Of the widest figures, in their own units. */
const FIGURE_WIDTH = 720

/** The report as PDF, A4, with the figures as vectors. The same document and date give the same bytes. */
export async function reportPdf(document: ReportDocument, created: Date): Promise<Uint8Array> {
  const { title, subtitle, notice, methods, tables, figures, notes } = document
  const definition: TDocumentDefinitions = {
    pageSize: 'A4',
    pageMargins: [MARGIN, 48, MARGIN, 56],
    info: {
      title,
      creator: 'Umbra',
      producer: 'Umbra',
      subject: notice,
      creationDate: created,
      modDate: created,
    },
    defaultStyle: { font: 'Inter', fontSize: 9.5, lineHeight: 1.25, color: '#1d2430' },
    styles: {
      heading: { fontSize: 12.5, bold: true, margin: [0, 14, 0, 4] },
      caption: { fontSize: 8.5, margin: [0, 2, 0, 3] },
    },
    footer: (page, pages) => ({
      columns: [
        { text: `${notice} · ${subtitle}`, width: '*' },
        { text: `${page} / ${pages}`, width: 40, alignment: 'right' },
      ],
      margin: [MARGIN, 18, MARGIN, 0],
      fontSize: 7.5,
      color: '#6b7482',
    }),
    content: [
      { text: title, fontSize: 18, bold: true },
      { text: subtitle, color: '#6b7482', margin: [0, 2, 0, 8] },
      {
        table: { widths: ['*'], body: [[{ text: `${notice}.`, bold: true, fillColor: '#fff7e0' }]] },
        layout: { hLineColor: () => '#c98b00', vLineColor: () => '#c98b00' },
      },
      heading('Methods'),
      ...methods.map((text): Content => ({ text, margin: [0, 0, 0, 5] })),
      ...results(tables),
      ...figures.map(figureContent),
      ...(notes.length > 0 ? [heading('Notes'), { ul: notes, fontSize: 8.5 }] : []),
    ],
  }
  return pdfWriter().createPdf(definition).getBuffer()
}

const heading = (text: string): Content => ({ text, style: 'heading' })

/** The heading stays with the first table: at the foot of a page it would stand alone. */
function results([first, ...others]: Table[]): Content[] {
  const begun = [heading('Results'), tableContent(first)]
  return [
    ...(first.rows.length > ROWS_TOGETHER ? begun : [{ unbreakable: true, stack: begun }]),
    ...others.map(tableContent),
  ]
}

/** Tables up to this many rows stand on one page. */
const ROWS_TOGETHER = 24

/** A wide table in small print, as wide as the page; its caption stays with its first rows. */
function tableContent({ caption, head, rows }: Table): Content {
  const wide = head.length > 9
  const pad = wide ? 2 : 4
  const table: Content = {
    margin: [0, 0, 0, 12],
    fontSize: wide ? 6.3 : 8,
    fontFeatures: ['tnum'],
    table: {
      headerRows: 2,
      keepWithHeaderRows: 1,
      dontBreakRows: true,
      widths: head.map((_, column) => (column < head.length - 1 ? 'auto' : '*')),
      body: [
        [{ text: caption, style: 'caption', colSpan: head.length }, ...head.slice(1).map(() => '')],
        head.map((text) => ({ text, bold: true })),
        ...rows,
      ],
    },
    layout: {
      hLineWidth: (line) => (line === 0 ? 0 : line < 3 || line === rows.length + 2 ? 0.9 : 0.3),
      vLineWidth: () => 0,
      hLineColor: (line) => (line < 3 || line === rows.length + 2 ? '#1d2430' : '#d9dde3'),
      paddingLeft: (column) => (column === 0 ? 0 : pad),
      paddingRight: () => (wide ? pad : 2 * pad),
      paddingTop: () => 1.5,
      paddingBottom: () => 1.5,
    },
  }
  return rows.length > ROWS_TOGETHER ? table : { unbreakable: true, stack: [table] }
}

/** Letters are of one size in all figures: those that are narrower than the widest stay so. */
function figureContent({ svg, width, height, caption }: Figure): Content {
  const scale = Math.min(WIDTH / Math.max(width, FIGURE_WIDTH), (HEIGHT - 40) / height)
  return {
    unbreakable: true,
    margin: [0, 6, 0, 10],
    stack: [
      { svg, width: width * scale, height: height * scale },
      { text: caption, style: 'caption' },
    ],
  }
}
