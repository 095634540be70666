import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import {
  UmbraError,
  mapNames,
  mapsMethods,
  tissueAtRiskPresets,
  sideChoices,
  type SideChoice,
  perfusionSettingsSchema,
  type InputChoice,
  type MapsMethod,
  type PerfusionSettings,
  type Vec3,
} from '@contract'
import { partOfRun, type Run } from '../../engine/compute/run'
import type { BackendName } from '../../engine/compute/tensorflow'
import { openStudy } from '../../engine/dicom'
import { exportMaps, judgeMaps, type ExportSummary } from '../../engine/export'
import { computePerfusion } from '../../engine/perfusion'
import { DEFAULT_MODEL, predictMaps } from '../../engine/prediction'
import { withMotionCorrected } from '../../engine/registration'
import { maskVoxels, type VolumeSeries } from '../../engine/volume'
import { choosePerfusionSeries, describeSeries } from '../../engine/pipeline'
import { openPredictor } from '../openPredictor'
import { printJson } from '../program'
import { withProgress } from '../progress'
import { printable } from '../terminal'
import { backendOption, frames, number, voxel } from '../values'

/** What `maps` and `predict` can be asked. */
export interface MapsFlags {
  out: string
  series?: string
  method: MapsMethod
  model?: string
  aif?: Vec3[]
  aifMask?: string
  vof?: Vec3[]
  vofMask?: string
  scale: boolean
  motion?: boolean
  leaveOut?: number[]
  smoothInTime?: boolean
  hematocritLarge?: number
  hematocritSmall?: number
  brainDensity?: number
  svdThreshold?: number
  oscillationLimit?: number
  smoothInPlane?: number
  timeStep?: number
  /** Name of a preset of tissue at risk. */
  rule?: string
  reference?: SideChoice
  /** Write the one page too. */
  summary?: boolean
  /** Of TensorFlow. */
  backend?: BackendName
  json?: boolean
}

const help = `
PATH is a folder, a zip file or DICOM files; where there are several perfusion series, the one with most images is taken.

OUT gets cbf cbv mtt ttp tmax delay .nii.gz (float32) and mask.nii.gz on the grid of the images, dicom/ with a
parametric map series for each map and a colour secondary capture series, tissue-at-risk.nii.gz (1 core, 2 hypoperfusion),
structures.nii.gz (1 skull, 2 fluid, 3 vessels, 4 midline), montage.png, curves.png and summary.json; with --summary also the one page of tissue at risk as PDF, PNG and DICOM.

Examples:
  umbra maps study -o maps
  umbra maps study -o maps --method csvd --aif 120,96,4 121,96,4
  umbra maps study -o maps --json | jq .aif.quality`

/** `umbra maps PATH -o OUT`: perfusion maps of a study, with everything that says how they came about. */
export function command(): Command {
  return new Command('maps')
    .description('compute the perfusion maps of a study and write them as NIfTI, DICOM and pictures')
    .argument('<path...>', 'the study: folders, zip files or DICOM files')
    .requiredOption('-o, --out <folder>', 'where to write; made when missing')
    .option('--series <uid>', 'the series to use, by UID or by the key that `umbra info` prints')
    .addOption(
      new Option('--method <method>', 'how to deconvolve; cnn: by a network')
        .choices(mapsMethods)
        .default('bennink'),
    )
    .option('--aif <x,y,z...>', 'arterial voxels, counted from 0 (default: found automatically)', voxel)
    .addOption(
      new Option('--aif-mask <file>', 'arterial voxels as a NIfTI mask on the same grid').conflicts('aif'),
    )
    .option('--vof <x,y,z...>', 'venous voxels (default: found automatically)', voxel)
    .addOption(
      new Option('--vof-mask <file>', 'venous voxels as a NIfTI mask on the same grid').conflicts('vof'),
    )
    .option('--motion', 'bring the head of every frame to its place in the first before anything else')
    .option('--leave-out <frames>', 'frames that are not used, counted from 1, like 12,40-42', frames)
    .option('--no-scale', 'do not scale the arterial curve to the venous area')
    .option('--hematocrit-large <share>', 'haematocrit of large vessels (default: 0.45)', number)
    .option('--hematocrit-small <share>', 'haematocrit of small vessels (default: 0.25)', number)
    .option('--brain-density <g/ml>', 'density of brain tissue (default: 1.05)', number)
    .option(
      '--svd-threshold <share>',
      'smallest singular value kept, of the largest (default: ssvd 0.2, csvd 0.1)',
      number,
    )
    .option('--oscillation-limit <index>', 'largest oscillation index of osvd (default: 0.035)', number)
    .option('--smooth-in-time', 'smooth curves and model over time (¼ ½ ¼) before the box regression')
    .option('--no-smooth-in-time', 'do not (the default)')
    .option(
      '--smooth-in-plane <mm>',
      'Gaussian smoothing in the slice plane, full width (default: 0)',
      number,
    )
    .option('--time-step <s>', 'step of the uniform time grid (default: the median interval)', number)
    .addOption(
      new Option('--rule <name>', 'how tissue at risk is told')
        .choices(tissueAtRiskPresets.map(({ rule }) => rule.name))
        .default(tissueAtRiskPresets[0].rule.name),
    )
    .addOption(
      new Option('--reference <side>', 'the healthy hemisphere, of the patient')
        .choices(sideChoices)
        .default('automatic'),
    )
    .option('--summary', 'write the one page of tissue at risk: PDF, PNG and DICOM')
    .option('--model <model>', 'with cnn: the network, by folder, .onnx file or name')
    .addOption(backendOption('with cnn: '))
    .option('--json', 'print summary.json on stdout')
    .addHelpText('after', help)
    .action(writeMaps)
}

/** Makes the maps of a study and writes them, with progress on stderr and the report, or the summary, on stdout. */
export async function writeMaps(paths: string[], flags: MapsFlags): Promise<void> {
  const summary = await withProgress('Maps', (run) => makeMaps(paths, flags, run))
  if (flags.json) {
    warningLines(summary).forEach(tell)
    printJson(summary)
  } else {
    process.stdout.write(printable(report(summary, flags.out)))
  }
}

async function makeMaps(paths: string[], flags: MapsFlags, run: Run): Promise<ExportSummary> {
  const missing = paths.find((path) => !existsSync(path))
  if (missing !== undefined) {
    throw new UmbraError({ code: 'not-found', message: 'There is no such file or folder.', where: missing })
  }
  const settings = settingsOf(flags)
  const directory = resolve(flags.out)
  const predictor = flags.method === 'cnn' ? await openPredictor(flags.model ?? DEFAULT_MODEL, flags) : null
  const [study, opening] = await timed(() => openStudy(paths, partOfRun(run, 0, 0.1)))
  try {
    const { series: chosen, why, warnings } = choosePerfusionSeries(study.catalogue, flags.series)
    tell(`Series ${describeSeries(chosen)}: ${why}.`)
    const [series, loading] = await timed(() => study.load(chosen.key, partOfRun(run, 0.1, 0.3)))
    const inputs = {
      arterialInput: await inputOf(flags.aif, flags.aifMask, series),
      venousOutput: await inputOf(flags.vof, flags.vofMask, series),
    }
    const make = predictor ? predictMaps.bind(null, predictor.predictor) : computePerfusion
    const chosenSettings = { ...settings, ...inputs }
    let still = series
    const result = await withMotionCorrected(
      series,
      chosenSettings,
      partOfRun(run, 0.3, 0.8),
      (inPlace, part) => {
        still = inPlace
        return make(inPlace, chosenSettings, part)
      },
      { leaveOut: flags.leaveOut },
    )
    const told = {
      ...result,
      warnings: [...warnings, ...result.warnings],
      timings: { open: opening, load: loading, ...result.timings },
    }
    const rule = tissueAtRiskPresets.find((preset) => preset.rule.name === flags.rule)?.rule
    const judgement = judgeMaps(still, told, { rule, referenceSide: flags.reference })
    await exportMaps(
      { series: still, result: told, directory, judgement, onePage: flags.summary },
      partOfRun(run, 0.8, 1),
    )
    return JSON.parse(await readFile(join(directory, 'summary.json'), 'utf8')) as ExportSummary
  } finally {
    await study.close()
    await predictor?.close()
  }
}

/** A result and the seconds it took. */
async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now()
  const result = await work()
  return [result, (performance.now() - start) / 1000]
}

function settingsOf(flags: MapsFlags): PerfusionSettings {
  const parsed = perfusionSettingsSchema.safeParse({
    method: flags.method === 'cnn' ? undefined : flags.method,
    motionCorrection: flags.motion,
    scaleToVenous: flags.scale,
    smoothInTime: flags.smoothInTime,
    hematocritLarge: flags.hematocritLarge,
    hematocritSmall: flags.hematocritSmall,
    brainDensity: flags.brainDensity,
    svdThreshold: flags.svdThreshold,
    oscillationLimit: flags.oscillationLimit,
    smoothInPlaneMm: flags.smoothInPlane,
    timeStep: flags.timeStep,
  })
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const flag = String(issue.path[0])
    .replace(/Mm$/, '')
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  throw new UmbraError({ code: 'usage', message: `--${flag}: ${issue.message}.` })
}

async function inputOf(
  voxels: Vec3[] | undefined,
  maskPath: string | undefined,
  series: VolumeSeries,
): Promise<InputChoice> {
  if (voxels) return { kind: 'voxels', voxels }
  if (maskPath) return { kind: 'voxels', voxels: await maskVoxels(maskPath, series.geometry) }
  return { kind: 'automatic' }
}

function tell(line: string): void {
  process.stderr.write(`${printable(line)}\n`)
}

/** What a person wants to know first: how good the inputs are, typical values, warnings, where the files are. */
function report(summary: ExportSummary, out: string): string {
  const { aif, vof, maps, tissueAtRisk, quality } = summary
  const ml = (volume: number): string => `${volume.toFixed(1)} ml`
  const ratio = tissueAtRisk.mismatchRatio
  const lines = [
    `${summary.methodName}, ${summary.maskVolumeMl.toFixed(0)} ml of brain`,
    `Arterial input: ${aif.quality.grade}, ${aif.voxels.length} voxels, peak at ${aif.quality.timeToPeak.toFixed(1)} s, scale ${aif.scale.toFixed(2)}`,
    vof
      ? `Venous output: ${vof.quality.grade}, ${vof.voxels.length} voxels, peak at ${vof.quality.timeToPeak.toFixed(1)} s`
      : 'Venous output: none found',
    ...mapNames.map((name) => {
      const { median, unit, label } = maps[name]
      return `${label.padEnd(22)} median ${median === null ? '–' : median.toPrecision(3)} ${unit}`
    }),
    `Core ${ml(tissueAtRisk.coreMl)}, hypoperfusion ${ml(tissueAtRisk.hypoperfusionMl)}, mismatch ${ml(tissueAtRisk.mismatchMl)}${ratio === null ? '' : `, ratio ${ratio.toFixed(1)}`}`,
    ...tissueAtRisk.statements,
    ...quality
      .filter(({ grade }) => grade !== 'green')
      .map(({ grade, label, reason }) => `${grade === 'red' ? 'Red' : 'Amber'}: ${label}: ${reason}`),
    ...warningLines(summary),
    `Written to ${out}`,
  ]
  return `${lines.join('\n')}\n`
}

function warningLines(summary: ExportSummary): string[] {
  return summary.warnings.map(({ message, hint }) => `Warning: ${message}${hint ? ` ${hint}` : ''}`)
}
