import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import {
  UmbraError,
  gradeSchema,
  qualityStatement,
  reliabilityOf,
  tissueAtRiskSchema,
  worstGrade,
  type BackendChoice,
  type CohortRow,
  type PipelineRun,
  type PipelineSettings,
  type Problem,
  type QualityLine,
} from '@contract'
import { partOfRun, type Run } from '../compute/run'
import { ensureWritable, writeFileAtomically } from '../files/atomic'
import { csv } from '../files/csv'
import type { ArtefactStore } from './artefacts'
import { warningsOf } from './export'
import { filesSource } from './source'
import { runPipeline } from './runPipeline'

/** A study of a cohort: its files, and the name of the folder its results go to. */
export interface StudyTask {
  study: string
  paths: string[]
}

export interface StudyRequest extends StudyTask {
  directory: string
  settings: PipelineSettings
  store: ArtefactStore | null
  backend: BackendChoice
  onUpdate?: (record: PipelineRun) => void
}

export interface StudyOutcome {
  record: PipelineRun
  row: CohortRow
}

/** Of summary.json, what the table shows. */
const summarySchema = z.object({
  methodName: z.string(),
  maskVolumeMl: z.number(),
  aif: z.object({ quality: z.object({ grade: gradeSchema }) }),
  vof: z.object({ quality: z.object({ grade: gradeSchema }) }).nullable(),
  maps: z.record(z.string(), z.object({ median: z.number().nullable() })),
  tissueAtRisk: tissueAtRiskSchema
    .pick({ coreMl: true, hypoperfusionMl: true, mismatchMl: true, mismatchRatio: true })
    .optional(),
})

/** Runs the pipeline over the files of one study, into its own folder. A failure is told, never thrown. */
export async function runStudy(request: StudyRequest, run: Run = {}): Promise<StudyOutcome> {
  const { record, results } = await runPipeline({ ...request, source: filesSource(request.paths) }, run)
  return { record, row: await rowOf(request.study, request.directory, record, results.quality ?? null) }
}

async function rowOf(
  study: string,
  directory: string,
  record: PipelineRun,
  quality: QualityLine[] | null,
): Promise<CohortRow> {
  const summary =
    record.state === 'done'
      ? summarySchema.parse(JSON.parse(await readFile(join(directory, 'summary.json'), 'utf8')))
      : null
  const median = (name: string): number | null => summary?.maps[name]?.median ?? null
  const count = (state: string): number => record.steps.filter((step) => step.state === state).length
  return {
    study,
    state: record.state === 'done' ? 'done' : 'failed',
    reason: record.error ? reasonOf(record.error) : quality && doubtsOf(quality),
    series: record.series,
    method: summary?.methodName ?? null,
    brainMl: summary?.maskVolumeMl ?? null,
    arteryGrade: summary?.aif.quality.grade ?? null,
    veinGrade: summary?.vof?.quality.grade ?? null,
    cbf: median('cbf'),
    cbv: median('cbv'),
    mtt: median('mtt'),
    tmax: median('tmax'),
    coreMl: summary?.tissueAtRisk?.coreMl ?? null,
    hypoperfusionMl: summary?.tissueAtRisk?.hypoperfusionMl ?? null,
    mismatchMl: summary?.tissueAtRisk?.mismatchMl ?? null,
    mismatchRatio: summary?.tissueAtRisk?.mismatchRatio ?? null,
    quality: quality && worstGrade(quality),
    warnings: warningsOf(record).length,
    computed: count('done'),
    kept: count('kept'),
    seconds: record.seconds ?? 0,
    directory,
  }
}

/** The line of a study that failed before there was a run to tell of. */
export function failedRow(study: string, directory: string, problem: Problem): CohortRow {
  const nothing = {
    series: null,
    method: null,
    brainMl: null,
    arteryGrade: null,
    veinGrade: null,
    quality: null,
  }
  const noFigures = { cbf: null, cbv: null, mtt: null, tmax: null, coreMl: null, hypoperfusionMl: null }
  const noMismatch = { mismatchMl: null, mismatchRatio: null }
  const counts = { warnings: 0, computed: 0, kept: 0, seconds: 0 }
  const reason = reasonOf(problem)
  return { study, state: 'failed', reason, directory, ...nothing, ...noFigures, ...noMismatch, ...counts }
}

function reasonOf({ message, hint, where }: Problem): string {
  return [message, hint, where && `At: ${where}.`].filter(Boolean).join(' ')
}

/** Which checks a study does not pass; null where it passes all. */
function doubtsOf(quality: QualityLine[]): string | null {
  return reliabilityOf(quality) === 'reliable' ? null : qualityStatement(quality)
}

const isArchive = (path: string): boolean => /\.zip$/i.test(path)

const inNaturalOrder = new Intl.Collator('en', { numeric: true }).compare

/** The studies in a folder: each folder and zip file in it, by name. Hidden ones are passed over. */
export async function studiesIn(folder: string): Promise<StudyTask[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((thrown: NodeJS.ErrnoException) => {
    throw new UmbraError({
      code: 'not-found',
      message: `The folder cannot be read: ${thrown.message}`,
      where: folder,
    })
  })
  const usable = entries.filter(
    (entry) => !entry.name.startsWith('.') && (entry.isDirectory() || isArchive(entry.name)),
  )
  return namedStudies(usable.map(({ name }) => join(folder, name)).sort(inNaturalOrder))
}

/** Paths as studies of their own, each under a name that no other has. */
export function namedStudies(paths: string[]): StudyTask[] {
  const names = distinctNames(paths.map((path) => basename(resolve(path)).replace(/\.zip$/i, '') || 'study'))
  return paths.map((path, index) => ({ study: names[index], paths: [path] }))
}

/** The names in their order, with a number behind those that a file system would take for one before. */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    let distinct = name
    for (let number = 2; taken.has(distinct.toLowerCase()); number++) distinct = `${name}-${number}`
    taken.add(distinct.toLowerCase())
    return distinct
  })
}

/** Several paths are one study only where all are plain files: the images of one folder, named one by one. */
export async function isOneStudy(paths: string[]): Promise<boolean> {
  if (paths.length === 1) return true
  for (const path of paths) {
    if (isArchive(path) || !existsSync(path) || (await stat(path)).isDirectory()) return false
  }
  return true
}

type CohortRequest = Omit<StudyRequest, 'paths' | 'study'> & {
  studies: StudyTask[]
  /** Told when a study has ended. */
  onStudy?: (row: CohortRow) => void
}

/**
 * Runs one study after the other, each into a folder of its name, and keeps the table of all in `cohort.csv`, `.json` and
 * `.md`, written anew after each. A study that fails stands in it with its reason; the others go on.
 */
export async function runCohort(request: CohortRequest, run: Run = {}): Promise<CohortRow[]> {
  const { studies, directory, onStudy } = request
  const rows: CohortRow[] = []
  await ensureWritable(directory)
  for (const [index, task] of studies.entries()) {
    const part = partOfRun(run, index / studies.length, (index + 1) / studies.length)
    const { row } = await runStudy(
      { ...request, ...task, directory: join(directory, task.study) },
      {
        signal: run.signal,
        onProgress: (progress, stage) =>
          part.onProgress?.(progress, `${task.study} (${index + 1}/${studies.length}) ${stage}`),
      },
    )
    rows.push(row)
    onStudy?.(row)
    // What fills up meanwhile may have room again at the end.
    await writeCohort(directory, rows).catch(() => undefined)
  }
  await writeCohort(directory, rows)
  return rows
}

const columns: { key: keyof CohortRow; title: string; digits?: number }[] = [
  { key: 'study', title: 'Study' },
  { key: 'state', title: 'State' },
  { key: 'quality', title: 'Quality' },
  { key: 'coreMl', title: 'Core, ml', digits: 1 },
  { key: 'hypoperfusionMl', title: 'Hypoperfusion, ml', digits: 1 },
  { key: 'mismatchMl', title: 'Mismatch, ml', digits: 1 },
  { key: 'mismatchRatio', title: 'Ratio', digits: 1 },
  { key: 'brainMl', title: 'Brain, ml', digits: 0 },
  { key: 'arteryGrade', title: 'Artery' },
  { key: 'veinGrade', title: 'Vein' },
  { key: 'cbf', title: 'CBF, ml/100 g/min', digits: 1 },
  { key: 'cbv', title: 'CBV, ml/100 g', digits: 2 },
  { key: 'mtt', title: 'MTT, s', digits: 1 },
  { key: 'tmax', title: 'Tmax, s', digits: 1 },
  { key: 'warnings', title: 'Warnings' },
  { key: 'seconds', title: 'Time, s', digits: 1 },
  { key: 'reason', title: 'Reason' },
]

/** The table of a cohort as Markdown; medians are over the brain. */
export function cohortMarkdown(rows: CohortRow[]): string {
  const cell = (value: CohortRow[keyof CohortRow], digits?: number): string => {
    if (value === null) return ''
    if (typeof value === 'number') return digits === undefined ? String(value) : value.toFixed(digits)
    return value.replace(/\|/g, '\\|').replace(/\s+/g, ' ')
  }
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map(({ key, digits }) => cell(row[key], digits)))),
    '',
  ].join('\n')
}

/** The table of a cohort as CSV, every field of a row in a column of its name. */
export function cohortCsv(rows: CohortRow[]): string {
  const keys: (keyof CohortRow)[] = columns.map(({ key }) => key)
  const all: (keyof CohortRow)[] = [...keys, 'series', 'method', 'computed', 'kept', 'directory']
  return csv([all, ...rows.map((row) => all.map((key) => row[key]))])
}

/** Writes the table of a cohort. Throws `write-failed`. */
export async function writeCohort(directory: string, rows: CohortRow[]): Promise<void> {
  await writeFileAtomically(join(directory, 'cohort.csv'), cohortCsv(rows))
  await writeFileAtomically(join(directory, 'cohort.json'), `${JSON.stringify(rows, null, 2)}\n`)
  await writeFileAtomically(join(directory, 'cohort.md'), cohortMarkdown(rows))
}
