import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join, relative, isAbsolute } from 'node:path'
import {
  pipelineRunSchema,
  tissueAtRiskSchema,
  type MotionReport,
  type PipelineRun,
  type StepRecord,
  type Warning,
} from '@contract'
import { partOfRun, type Run } from '../compute/run'
import { exportMaps } from '../export'
import { writeFileAtomically } from '../files/atomic'
import type { PerfusionMaps } from '../perfusion'
import { judgedBy } from '../tissueAtRisk'
import type { SeriesHeader, StepResults } from './step'

export const RUN_FILE = 'run.json'
/** Where the network's maps lie in the folder of a run. */
const NETWORK = 'network'

interface ExportRequest {
  directory: string
  header: SeriesHeader
  results: Partial<StepResults>
  record: PipelineRun
  exportRecord: StepRecord
  /** null where motion was not corrected. */
  motion: MotionReport | null
}

interface Exported {
  files: string[]
  /** Everything was there already. */
  kept: boolean
}

/** The run whose files lie in a folder; null where there is none, or it cannot be read. */
export async function readRun(directory: string): Promise<PipelineRun | null> {
  try {
    return pipelineRunSchema.parse(JSON.parse(await readFile(join(directory, RUN_FILE), 'utf8')))
  } catch {
    return null
  }
}

/** Writes run.json. Throws `write-failed`. */
export async function writeRun(directory: string, record: PipelineRun): Promise<void> {
  await writeFileAtomically(join(directory, RUN_FILE), `${JSON.stringify(record, null, 2)}\n`)
}

/** Every warning of a run, once. */
export function warningsOf({ steps }: PipelineRun): Warning[] {
  const seen = new Map<string, Warning>()
  for (const warning of steps.flatMap(({ warnings }) => warnings)) {
    seen.set(`${warning.code} ${warning.message}`, warning)
  }
  return [...seen.values()]
}

/** Seconds of each step that was computed, now or before. */
export function timingsOf({ steps }: PipelineRun): Record<string, number> {
  return Object.fromEntries(steps.flatMap(({ step, seconds }) => (seconds === null ? [] : [[step, seconds]])))
}

/**
 * Writes what `umbra maps` writes, the network's maps in `network/`, and into summary.json what the run adds. Files of an
 * earlier run in the folder that this one does not have are removed. Nothing is written where the folder holds these
 * very results. Throws `write-failed`.
 */
export async function exportRun(request: ExportRequest, run: Run): Promise<Exported> {
  const { directory, header, results, record, exportRecord } = request
  const before = await readRun(directory)
  const exportedBefore = before?.steps.find(({ step }) => step === 'export')
  if (before && exportedBefore?.key === exportRecord.key && before.files.every(isThere(directory))) {
    exportRecord.seconds = exportedBefore?.seconds ?? null
    return { files: before.files, kept: true }
  }
  if (!results.deconvolve) throw new Error('There are no maps to write.')
  const start = performance.now()
  const told = (maps: PerfusionMaps): PerfusionMaps => ({
    ...maps,
    warnings: warningsOf(record).filter(({ code }) => code !== 'series'),
    timings: timingsOf(record),
  })
  const files = await exportMaps(
    { series: header, result: told(results.deconvolve), directory },
    partOfRun(run, 0, results.predict ? 0.5 : 1),
  )
  if (results.predict) {
    const there = networkFiles(before, record).filter(isThere(directory))
    const result = results.predict
    const written =
      there.length > 0
        ? there
        : (
            await exportMaps(
              { series: header, result, directory: join(directory, NETWORK) },
              partOfRun(run, 0.5, 1),
            )
          ).map((name) => `${NETWORK}/${name}`)
    files.push(...written)
  }
  await completeSummary(directory, request, Math.round(performance.now() - start) / 1000)
  await removeStale(directory, before?.files ?? [], files)
  return { files, kept: false }
}

/** The network's files of an earlier run, where its maps are the same now. */
function networkFiles(before: PipelineRun | null, now: PipelineRun): string[] {
  const keyIn = (run: PipelineRun | null): string | null =>
    run?.steps.find(({ step }) => step === 'predict')?.key ?? null
  if (!before || keyIn(before) !== keyIn(now)) return []
  return before.files.filter((name) => name.startsWith(`${NETWORK}/`))
}

/** Adds to summary.json what only the whole run knows. */
async function completeSummary(
  directory: string,
  { record, results, motion }: ExportRequest,
  exportSeconds: number,
): Promise<void> {
  const path = join(directory, 'summary.json')
  const summary = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
  const { tissueAtRisk, quality = [] } = results
  const judged = tissueAtRisk && tissueAtRiskSchema.parse(judgedBy(tissueAtRisk, quality))
  const steps = record.steps.map(({ step, version, key, settings }) => ({ step, version, key, settings }))
  const timings = { ...timingsOf(record), export: exportSeconds }
  const whole = { ...summary, ...(judged ? { tissueAtRisk: judged } : {}), quality, motion, timings, steps }
  await writeFileAtomically(path, `${JSON.stringify(whole, null, 2)}\n`)
}

const isThere =
  (directory: string) =>
  (name: string): boolean =>
    isInside(directory, name) && existsSync(join(directory, name))

function isInside(directory: string, name: string): boolean {
  const below = relative(directory, join(directory, name))
  return below !== '' && !below.startsWith('..') && !isAbsolute(below)
}

async function removeStale(directory: string, before: string[], now: string[]): Promise<void> {
  const kept = new Set(now)
  for (const name of before) {
    if (!kept.has(name) && isInside(directory, name)) await rm(join(directory, name), { force: true })
  }
}
