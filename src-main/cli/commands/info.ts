import { Command } from 'commander'
import type { Catalogue, SeriesSummary, StudySummary } from '@contract'
import { openStudy } from '../../engine/dicom'
import { withProgress } from '../progress'
import { printJson } from '../program'
import { printable } from '../terminal'

/** Files of one reason listed by name before the rest is counted. */
const namedPerReason = 3

/** `umbra info`: what is in folders, files and archives, and what is left out and why. */
export function command(): Command {
  return new Command('info')
    .description('list studies and series, which are 4-D and why, and every file left out with the reason')
    .argument('<paths...>', 'folders, files or zip files')
    .option('--json', 'print everything as JSON')
    .option('--all', 'name every file that is left out')
    .action(info)
}

async function info(paths: string[], options: { json?: boolean; all?: boolean }): Promise<void> {
  const study = await withProgress('Reading', (run) => openStudy(paths, run))
  await study.close()
  if (options.json) printJson(study.catalogue)
  else process.stdout.write(printable(describe(study.catalogue, options.all ?? false)) + '\n')
}

function describe(catalogue: Catalogue, all: boolean): string {
  const lines = catalogue.studies.flatMap((study) => [...describeStudy(study), ''])
  if (catalogue.studies.length === 0) lines.push('No DICOM images were found.', '')
  const { filesFound, filesShown, skipped } = catalogue
  lines.push(
    `${filesShown} of ${filesFound} files shown${skipped.length > 0 ? `, ${skipped.length} left out:` : '.'}`,
  )
  for (const [reason, files] of filesByReason(catalogue)) {
    lines.push(`  ${reason}`)
    const named = all ? files : files.slice(0, namedPerReason)
    for (const file of named) lines.push(`    ${file}`)
    if (named.length < files.length) {
      lines.push(`    … and ${files.length - named.length} more (--all names them)`)
    }
  }
  return lines.join('\n')
}

function filesByReason({ skipped }: Catalogue): Map<string, string[]> {
  const reasons = new Map<string, string[]>()
  for (const { file, reason } of skipped) reasons.set(reason, [...(reasons.get(reason) ?? []), file])
  return reasons
}

function describeStudy(study: StudySummary): string[] {
  const title = [study.patientId || 'no patient ID', dateOf(study.date), study.description]
  const rows = study.series.map(rowOf)
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => Array.from(row[column]).length)))
  const lines = study.series.flatMap((series, index) => [
    '  ' +
      rows[index]
        .map((cell, column) => pad(cell, widths[column]))
        .join('  ')
        .trimEnd(),
    `      ${series.reason}`,
    ...series.warnings.map((warning) => `      ! ${warning}`),
  ])
  return [title.filter((part) => part !== '').join(' · '), `  ${study.uid}`, ...lines]
}

function rowOf(series: SeriesSummary): string[] {
  const millimetres = series.spacing.map((value) => value.toFixed(2)).join(' × ')
  const last = series.times[series.times.length - 1]
  const times =
    series.timePoints > 1
      ? `${series.timePoints} times${last > 0 ? ` in ${last.toFixed(1)} s` : ''}`
      : '1 time'
  return [
    series.key,
    series.kind,
    series.modality,
    series.size.join(' × '),
    `${millimetres} mm`,
    times,
    `${series.files} file${series.files === 1 ? '' : 's'}`,
    series.description || '(no description)',
  ]
}

const pad = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - Array.from(text).length))

const dateOf = (date: string): string => date.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3')
