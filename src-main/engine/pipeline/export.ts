import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join, relative, isAbsolute } from 'node:path'
import {
  pipelineRunSchema,
  worstGrade,
  type PipelineRun,
  type PipelineSettings,
  type QualityLine,
  type StepRecord,
  type TissueAtRisk,
  type Warning,
} from '@contract'
import { partOfRun, type Run } from '../compute/run'
import { exportMaps, exportNetwork, type NetworkMaps } from '../export'
import { writeFileAtomically } from '../files/atomic'
import type { PerfusionMaps } from '../perfusion'
import { judgedBy } from '../tissueAtRisk'
import type { VolumeSeries } from '../volume'
import type { StepResults } from './step'

export const RUN_FILE = 'run.json'
/** Where the network's maps lie in the folder of a run. */
const NETWORK = 'network'

interface ExportRequest {
  directory: string
  /** As the maps were computed from it; read only when something has to be written. */
  series: (run: Run) => Promise<VolumeSeries>
  results: Partial<StepResults>
  settings: PipelineSettings
  record: PipelineRun
  exportRecord: StepRecord
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
 * Writes what `umbra maps --summary` writes, the network's maps in `network/`, and into summary.json what the run adds. Files of an
 * earlier run in the folder that this one does not have are removed. Of a study that is not reliable, curves and summary
 * only where the settings ask for that. Nothing is written where the folder holds these
 * very results. Throws `write-failed`.
 */
export async function exportRun(request: ExportRequest, run: Run): Promise<Exported> {
  const { directory, results, record, exportRecord } = request
  const before = await readRun(directory)
  const exportedBefore = before?.steps.find(({ step }) => step === 'export')
  if (before && exportedBefore?.key === exportRecord.key && before.files.every(isThere(directory))) {
    exportRecord.seconds = exportedBefore?.seconds ?? null
    return { files: before.files, kept: true }
  }
  const { deconvolve, tissueAtRisk, quality, predict } = results
  if (!deconvolve || !tissueAtRisk || !quality) throw new Error('There is nothing to write.')
  const start = performance.now()
  const series = await request.series(partOfRun(run, 0, 0.1))
  const result: PerfusionMaps = {
    ...deconvolve,
    warnings: warningsOf(record).filter(({ code }) => code !== 'series'),
    timings: timingsOf(record),
  }
  const judgement = { assessment: judgedBy(tissueAtRisk, quality), quality }
  const maps = !isWithheld(request.settings, quality)
  const network =
    maps && predict?.mask.includes(1) ? { ...request, predict, quality, deconvolve, tissueAtRisk } : null
  const there = network ? networkFiles(before, record).filter(isThere(directory)) : []
  const both = network !== null && there.length === 0
  // The network's maps are written by a worker meanwhile; both end before the run does.
  const [own, networks] = await Promise.allSettled([
    exportMaps(
      { series, result, directory, judgement, onePage: maps, maps },
      both ? { signal: run.signal } : partOfRun(run, 0.1, 1),
    ),
    both ? writeNetwork(network, series, partOfRun(run, 0.1, 1)) : there,
  ])
  if (own.status === 'rejected') throw own.reason
  if (networks.status === 'rejected') throw networks.reason
  const files = [...own.value, ...networks.value]
  await completeSummary(directory, request, Math.round(performance.now() - start) / 1000)
  await removeStale(directory, before?.files ?? [], files)
  return { files, kept: false }
}

/** Whether the maps of a study are not written because quality calls it not reliable. */
export function isWithheld(settings: PipelineSettings, quality: QualityLine[]): boolean {
  return settings.export.notReliable === 'summary' && worstGrade(quality) === 'red'
}

/** The network's maps with their own volumes, by the same rule; what rests on maps is judged by its own. */
async function writeNetwork(
  {
    directory,
    predict,
    deconvolve,
    tissueAtRisk,
    quality,
    settings,
  }: ExportRequest & {
    predict: PerfusionMaps
    deconvolve: PerfusionMaps
    tissueAtRisk: TissueAtRisk
    quality: QualityLine[]
  },
  series: VolumeSeries,
  run: Run,
): Promise<string[]> {
  const { cbf, tmax, ttp } = deconvolve.maps
  const { coreMl, hypoperfusionMl } = tissueAtRisk
  const network: NetworkMaps = {
    series: { ...series, voxels: new Int16Array(0) },
    result: predict,
    deconvolved: { mask: deconvolve.mask, maps: { cbf, tmax, ttp }, volumes: { coreMl, hypoperfusionMl } },
    ...settings.tissueAtRisk,
    quality,
  }
  const written = await exportNetwork(join(directory, NETWORK), network, run)
  return written.map((name) => `${NETWORK}/${name}`)
}

/** The network's files of an earlier run, where its maps are the same now. */
function networkFiles(before: PipelineRun | null, now: PipelineRun): string[] {
  const keysIn = ({ steps }: PipelineRun): string =>
    JSON.stringify(
      ['predict', 'tissueAtRisk', 'quality'].map((name) => steps.find(({ step }) => step === name)?.key),
    )
  if (!before || keysIn(before) !== keysIn(now)) return []
  return before.files.filter((name) => name.startsWith(`${NETWORK}/`))
}

/** Adds to summary.json what only the whole run knows. */
async function completeSummary(
  directory: string,
  { record }: ExportRequest,
  exportSeconds: number,
): Promise<void> {
  const path = join(directory, 'summary.json')
  const summary = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
  const steps = record.steps.map(({ step, version, key, settings }) => ({ step, version, key, settings }))
  const timings = { ...timingsOf(record), export: exportSeconds }
  const whole = { ...summary, timings, steps }
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
