import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import {
  filterMethods,
  perfusionMethods,
  tissueAtRiskPresets,
  usualFilter,
  usualRule,
  UmbraError,
  type BackendName,
  type CohortRow,
  type PipelineRun,
  type PipelineSettings,
  type StepRecord,
  type Vec3,
} from '@contract'
import { dataDirectory } from '../../engine/cases/dataDirectory'
import type { Run } from '../../engine/compute/run'
import {
  ARTEFACTS_BYTES,
  changedSettings,
  cohortMarkdown,
  isOneStudy,
  namedStudies,
  openArtefactStore,
  parseChange,
  refuseInside,
  runCohort,
  runStudy,
  studiesIn,
  warningsOf,
  type ArtefactStore,
  type SettingChange,
  type StudyTask,
} from '../../engine/pipeline'
import { printJson } from '../program'
import { withProgress } from '../progress'
import { studyLine } from '../studyLine'
import { printable } from '../terminal'
import { backendOption, frames, voxel } from '../values'
import { watchFolder } from '../watchFolder'

export interface RunFlags {
  out: string
  series?: string
  method?: string
  motion: boolean
  leaveOut?: number[]
  filter?: string
  /** Name of a preset. */
  rule?: string
  aif?: Vec3[]
  vof?: Vec3[]
  network: boolean
  model?: string
  set?: SettingChange[]
  cohort?: boolean
  watch?: string
  settle: number
  cache: string | false
  backend?: BackendName
  json?: boolean
}

const help = `
PATH is a folder, a zip file or DICOM files. OUT gets what \`umbra maps\` writes, the network's maps in network/, and
run.json with the settings, the result, the warnings and the time of every step. Results of steps are kept in the
application's folder: after a change, or a kill, only what follows is computed again.

With several folders or zip files, or with --cohort, every study gets a folder in OUT, and cohort.csv, .json and .md are
the table of all; a study that fails stands in it with its reason. With --watch the studies of a folder are taken as they
come, one at a time, once their files have stopped changing; a restart goes on where it was.

Examples:
  umbra run study -o out
  umbra run study -o out --method csvd --set deconvolve.smoothInPlaneMm=3
  umbra run study -o out --leave-out 12,40-42
  umbra run patient1 patient2.zip -o out
  umbra run --cohort studies -o out --json | jq '.[] | select(.state == "failed") | .reason'
  umbra run --watch incoming -o out`

/** `umbra run PATH… -o OUT`: everything from the files to the summary, step by step. */
export function command(): Command {
  return new Command('run')
    .description(
      'make everything of a study in one run: maps, summary, every step to be inspected and redone',
    )
    .argument('[path...]', 'the study, or several: folders, zip files or DICOM files')
    .requiredOption('-o, --out <folder>', 'where to write; made when missing')
    .option('--series <uid>', 'the series to use, by UID or by the key that `umbra info` prints')
    .addOption(
      new Option('--method <method>', 'how to deconvolve (default: bennink)').choices(perfusionMethods),
    )
    .option('--no-motion', 'do not correct motion')
    .option('--leave-out <frames>', 'frames that are not used, counted from 1, like 12,40-42', frames)
    .addOption(
      new Option('--filter <method>', `how to filter (default: ${usualFilter})`).choices(filterMethods),
    )
    .addOption(
      new Option('--rule <name>', `what tissue at risk is (default: ${usualRule.name})`).choices(
        tissueAtRiskPresets.map(({ rule }) => rule.name),
      ),
    )
    .option('--aif <x,y,z...>', 'arterial voxels, counted from 0 (default: found automatically)', voxel)
    .option('--vof <x,y,z...>', 'venous voxels (default: found automatically)', voxel)
    .option('--no-network', 'make no maps by a network')
    .option('--model <model>', 'the network, by folder, .onnx file or name')
    .option('--set <step.key=value>', 'any setting of a step; may be repeated', change)
    .option('--cohort', 'the folders and zip files in PATH are studies')
    .addOption(
      new Option('--watch <folder>', 'take the studies in a folder as they come, until Ctrl-C').conflicts(
        'cohort',
      ),
    )
    .option('--settle <seconds>', 'how long the files of a watched study must stay as they are', seconds, 20)
    .option('--cache <folder>', "where results of steps are kept (default: the application's folder)")
    .option('--no-cache', 'compute everything, keep nothing')
    .addOption(backendOption('for the network: '))
    .option('--json', 'print summary.json, or the table of several studies, on stdout')
    .addHelpText('after', help)
    .action(run)
}

async function run(paths: string[], flags: RunFlags): Promise<void> {
  const out = resolve(flags.out)
  const common = {
    settings: settingsOf(flags),
    store: storeOf(flags),
    backend: flags.backend ?? ('auto' as const),
  }
  if (flags.leaveOut && (flags.watch !== undefined || flags.cohort)) throw framesOfMany()
  if (flags.watch !== undefined) {
    if (paths.length > 0) throw usage('Give a folder to --watch, or studies, not both.')
    await watchFolder({
      ...common,
      folder: resolve(flags.watch),
      directory: out,
      settlingMs: flags.settle * 1000,
    })
    return
  }
  if (paths.length === 0) throw usage('Which study? Give its folder, zip file or DICOM files.')
  const studies = await studiesOf(paths, flags.cohort ?? false, out)
  if (flags.leaveOut && studies !== null) throw framesOfMany()
  if (studies === null) await runOne(paths, flags, { ...common, directory: out })
  else await runMany(studies, flags, { ...common, directory: out })
}

interface Common {
  settings: PipelineSettings
  store: ArtefactStore | null
  backend: BackendName | 'auto'
  directory: string
}

/** null: one study, whose results lie in OUT itself. */
async function studiesOf(paths: string[], cohort: boolean, out: string): Promise<StudyTask[] | null> {
  if (!cohort) return (await isOneStudy(paths)) ? null : namedStudies(paths)
  for (const path of paths) refuseInside(resolve(path), out)
  const found = (await Promise.all(paths.map(studiesIn))).flat()
  if (found.length === 0) {
    throw new UmbraError({
      code: 'no-studies',
      message: 'There are no studies: no folders and no zip files.',
      hint: 'Leave --cohort away where the folder itself is the study.',
      where: paths.join(', '),
    })
  }
  return namedStudies(found.flatMap((task) => task.paths))
}

async function runOne(paths: string[], flags: RunFlags, request: Common): Promise<void> {
  const { record } = await withProgress('Run', (each: Run) =>
    runStudy({ ...request, study: '', paths, onUpdate: teller() }, each),
  )
  if (record.error) throw new UmbraError(record.error)
  for (const line of warningLines(record)) tell(line)
  if (flags.json) process.stdout.write(await readFile(join(request.directory, 'summary.json'), 'utf8'))
  else process.stdout.write(printable(report(record, flags.out)))
}

async function runMany(studies: StudyTask[], flags: RunFlags, request: Common): Promise<void> {
  const onStudy = (row: CohortRow): void => tell(studyLine(row))
  const rows = await withProgress('Run', (each: Run) => runCohort({ ...request, studies, onStudy }, each))
  if (flags.json) printJson(rows)
  else process.stdout.write(printable(`${cohortMarkdown(rows)}Written to ${flags.out}\n`))
  if (rows.some(({ state }) => state === 'failed')) process.exitCode = 1
}

function settingsOf(flags: RunFlags): PipelineSettings {
  const changes: SettingChange[] = []
  const set = (flag: string, step: string, key: string, value: unknown): void => {
    if (value !== undefined) changes.push({ text: flag, step, key, value })
  }
  set('--series', 'recognise', 'series', flags.series)
  set('--method', 'deconvolve', 'method', flags.method)
  set('--no-motion', 'motion', 'enabled', flags.motion ? undefined : false)
  set('--leave-out', 'motion', 'leaveOut', flags.leaveOut)
  set('--filter', 'filter', 'method', flags.filter)
  const preset = tissueAtRiskPresets.find(({ rule }) => rule.name === flags.rule)
  set('--rule', 'tissueAtRisk', 'rule', preset?.rule)
  set('--aif', 'inputs', 'arterialInput', flags.aif && { kind: 'voxels', voxels: flags.aif })
  set('--vof', 'inputs', 'venousOutput', flags.vof && { kind: 'voxels', voxels: flags.vof })
  set('--no-network', 'predict', 'enabled', flags.network ? undefined : false)
  set('--model', 'predict', 'model', flags.model)
  return changedSettings([...changes, ...(flags.set ?? [])])
}

function storeOf({ cache }: RunFlags): ArtefactStore | null {
  if (cache === false) return null
  const folder = typeof cache === 'string' ? resolve(cache) : join(dataDirectory(), 'artefacts')
  return openArtefactStore(folder, ARTEFACTS_BYTES)
}

function change(text: string, before: SettingChange[] = []): SettingChange[] {
  return [...before, parseChange(text)]
}

function seconds(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('Seconds, 0 or more.')
  return value
}

/** Frames are those of one study. */
function framesOfMany(): UmbraError {
  return usage('--leave-out names frames of one study; run the studies one by one.')
}

function usage(message: string): UmbraError {
  return new UmbraError({ code: 'usage', message })
}

function tell(line: string): void {
  process.stderr.write(`${printable(line)}\n`)
}

/** Tells every step that has ended, once. */
function teller(): (record: PipelineRun) => void {
  const told = new Set<string>()
  return ({ steps }) => {
    for (const step of steps) {
      if (told.has(step.step) || ['waiting', 'running', 'notReached'].includes(step.state)) continue
      told.add(step.step)
      tell(stepLine({ ...step, result: step.error ? [step.error.message] : [] }))
    }
  }
}

const stateWords: Record<StepRecord['state'], string> = {
  waiting: 'waiting',
  running: 'running',
  done: 'done',
  kept: 'found',
  off: 'left out',
  failed: 'FAILED',
  notReached: 'not reached',
}

function stepLine({ label, state, seconds: took, result }: StepRecord): string {
  const time = took === null ? '' : ` ${took.toFixed(1)} s`
  return `${label}: ${stateWords[state]}${time}${result.length > 0 ? `. ${result.join('. ')}` : ''}`
}

function warningLines(record: PipelineRun): string[] {
  return warningsOf(record).map(({ message, hint }) => `Warning: ${message}${hint ? ` ${hint}` : ''}`)
}

/** Every step with its time and what came out. */
function report(record: PipelineRun, out: string): string {
  const computed = record.steps.filter(({ state }) => state === 'done').length
  const kept = record.steps.filter(({ state }) => state === 'kept').length
  const lines = [
    `Series ${record.series}`,
    ...record.steps.map(stepLine),
    `${computed} steps computed, ${kept} found, ${(record.seconds ?? 0).toFixed(1)} s in all`,
    `Written to ${out}`,
  ]
  return `${lines.join('\n')}\n`
}
