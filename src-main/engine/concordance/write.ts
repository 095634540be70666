import { join } from 'node:path'
import { UmbraError, type Problem } from '@contract'
import { callForEach, openPool } from '../compute/pool'
import { partOfRun, stopIfCancelled, type Run } from '../compute/run'
import { svgToPng } from '../export'
import { writeFileAtomically } from '../files/atomic'
import type { Agreement } from './agree'
import type { ConsensusFiles } from './consensus'
import { reportDocument } from './document'
import { fileName } from './figures'
import { reportHtml } from './html'
import { casesCsv, markdownTable, pairsCsv, tablesOne } from './tables'

/** Pixels of a PNG to the unit of its figure: 300 dpi on the width of a page. */
const PNG_SCALE = 3

/**
 * Writes a report as everything it is read as, and the consensus of the raters beside it; the folder is made when
 * missing. Resolves to the names written.
 */
export async function writeReport(
  { report, consensus }: Agreement,
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
  await write('table1.md', tablesOne(report).map(markdownTable).join('\n'))

  run.onProgress?.(0.2, 'Drawing figures')
  const document = reportDocument(report)
  for (const { name, svg } of document.figures) {
    await write(join('figures', `${name}.svg`), svg)
    await write(join('figures', `${name}.png`), await svgToPng(svg, PNG_SCALE))
  }
  run.onProgress?.(0.5, 'Writing the report')
  await write('report.html', reportHtml(document))
  // The PDF library is large: only a run that writes a report loads it.
  const { reportPdf } = await import('./pdf')
  await write('report.pdf', await reportPdf(document, new Date(report.created)))
  run.onProgress?.(0.7, 'Writing the consensus')
  return [...written, ...(await writeConsensusMaps(consensus, directory, partOfRun(run, 0.7, 1)))]
}

async function writeConsensusMaps(
  consensus: Agreement['consensus'],
  directory: string,
  run: Run,
): Promise<string[]> {
  const files = consensusFiles(consensus)
  const pool = openPool('concordance')
  try {
    const outcomes = await callForEach<{ problem: Problem | null }>(
      pool,
      'write',
      consensus.map(({ map }, i) => [map, directory, files[i]]),
      run,
      'Writing the consensus',
      'finish',
    )
    for (const { problem } of outcomes) if (problem) throw new UmbraError(problem)
  } finally {
    await pool.close()
  }
  return files.flatMap(({ labels, probability }) => [labels, probability])
}

/** A folder for each structure, in which the files are called as the cases. */
function consensusFiles(consensus: Agreement['consensus']): ConsensusFiles[] {
  const taken = new Set<string>()
  const folders = new Map<string, string>()
  const unique = (wanted: string): string => {
    let name = wanted
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${wanted}-${n}`
    taken.add(name.toLowerCase())
    return name
  }
  return consensus.map(({ case: name, structure }) => {
    const folder = folders.get(structure) ?? unique(fileName(structure))
    folders.set(structure, folder)
    const file = unique(join(folder, name.replace(/[^\p{L}\p{N}._-]+/gu, '_').replace(/^\.+/, '') || 'case'))
    return {
      labels: join('consensus', `${file}.nii.gz`),
      probability: join('consensus', `${folder}-probability${file.slice(folder.length)}.nii.gz`),
    }
  })
}
