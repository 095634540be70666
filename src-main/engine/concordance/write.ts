import { join } from 'node:path'
import type { AgreementReport } from '@contract'
import { stopIfCancelled, type Run } from '../compute/run'
import { svgToPng } from '../export'
import { writeFileAtomically } from '../files/atomic'
import { reportDocument } from './document'
import { reportHtml } from './html'
import { casesCsv, markdownTable, pairsCsv, tableOne } from './tables'

/** Pixels of a PNG to the unit of its figure: 300 dpi on the width of a page. */
const PNG_SCALE = 3

/** Writes a report as everything it is read as; the folder is made when missing. Resolves to the names written. */
export async function writeReport(
  report: AgreementReport,
  directory: string,
  run: Run = {},
): Promise<string[]> {
  const written: string[] = []
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    stopIfCancelled(run)
    await writeFileAtomically(join(directory, name), content)
    written.push(name)
  }
  run.onProgress?.(0, 'Writing tables')
  await write('report.json', `${JSON.stringify(report, null, 1)}\n`)
  await write('cases.csv', casesCsv(report))
  await write('pairs.csv', pairsCsv(report))
  const tables = [tableOne(report, 'withoutNormals'), tableOne(report, 'withNormals')]
  await write('table1.md', tables.map(markdownTable).join('\n'))

  run.onProgress?.(0.2, 'Drawing figures')
  const document = reportDocument(report)
  for (const { name, svg } of document.figures) {
    await write(join('figures', `${name}.svg`), svg)
    await write(join('figures', `${name}.png`), await svgToPng(svg, PNG_SCALE))
  }
  run.onProgress?.(0.7, 'Writing the report')
  await write('report.html', reportHtml(document))
  // The PDF library is large: only a run that writes a report loads it.
  const { reportPdf } = await import('./pdf')
  await write('report.pdf', await reportPdf(document, new Date(report.created)))
  return written
}
