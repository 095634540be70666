import { join } from 'node:path'
import type { AgreementReport } from '@contract'
import { stopIfCancelled, type Run } from '../compute/run'
import { writeFileAtomically } from '../files/atomic'
import { casesCsv, markdownTable, pairsCsv, tableOne } from './tables'

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
  await write('report.json', `${JSON.stringify(report, null, 1)}\n`)
  await write('cases.csv', casesCsv(report))
  await write('pairs.csv', pairsCsv(report))
  const tables = [tableOne(report, 'withoutNormals'), tableOne(report, 'withNormals')]
  await write('table1.md', tables.map(markdownTable).join('\n'))
  return written
}
