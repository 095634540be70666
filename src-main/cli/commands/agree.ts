import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { UmbraError, type AgreementReport, type Reading } from '@contract'
import { partOfRun, type Run } from '../../engine/compute/run'
import {
  agree,
  anyStructure,
  checkedDefinition,
  defaults,
  markdownTable,
  parseLabels,
  raterOf,
  readDefinition,
  usualTitle,
  tableOne,
  writeReport,
  type Agreement,
  type AgreementDefinition,
} from '../../engine/concordance'
import { printJson } from '../program'
import { withProgress } from '../progress'
import { agreeSigned, exportedProtocol } from '../signedAgreement'
import { printable } from '../terminal'

interface Flags {
  out: string
  reference?: Reading
  rater?: Reading[]
  labels?: string
  as?: string
  title?: string
  resamples?: number
  seed?: number
  json?: boolean
}

const help = `
STUDY is a JSON file that names the folders; without it --reference and --rater do. With --as it is a study of the reading
room, by its name or its exported protocol: what is signed there is compared (the PIN is that of UMBRA_PIN, or asked for on
the terminal; --reference then names a reading, or is "none"). A folder holds one drawing a case, a
NIfTI labelmap or a DICOM segmentation; cases are matched by file name, segmentations also by the series they are drawn on.
Cases that both of a pair left empty do not count in its means; the figures that count them stand beside.

OUT gets report.json, report.html, report.pdf, cases.csv, pairs.csv, table1.md, the figures as SVG and PNG, and the consensus
of the raters as NIfTI (docs/agreement.md).

Examples:
  umbra agree --reference gt --rater rater1=r1 --rater rater2=r2 --labels 1=core,2=penumbra -o agreement
  umbra agree --reference GT=gt --rater anna=a1 --rater anna#2=a2 -o agreement     # a second reading by the same rater
  UMBRA_PIN=2468 umbra agree "CNN against deconvolution" --as "Dr Owner" -o agreement
  umbra agree study.json -o agreement --json | jq '.pairs[0].withoutNormals.dice'`

/** `umbra agree STUDY|--reference DIR --rater NAME=DIR … -o OUT`: how far raters agree. */
export function command(): Command {
  return new Command('agree')
    .description('compare raters with a reference and with each other, and report')
    .argument('[study]', 'a JSON file that says what is compared')
    .requiredOption('-o, --out <folder>', 'where to write; made when missing')
    .option('--reference <dir>', 'the folder of the reference, as DIR or NAME=DIR', reference)
    .option(
      '--rater <name=dir>',
      'the folder of a rater; NAME#2=DIR for a second reading; may be repeated',
      rater,
    )
    .option(
      '--labels <labels>',
      'structures by label value, like 1=core,2=penumbra (default: all that is marked)',
    )
    .option('--as <name>', 'compare a study of the reading room, signed in as this person')
    .option('--title <text>', 'of the report')
    .option('--resamples <count>', `of the bootstrap, 0 for none (default: ${defaults.resamples})`, whole)
    .option('--seed <number>', `of the bootstrap (default: ${defaults.seed})`, whole)
    .option('--json', 'print report.json on stdout')
    .addHelpText('after', help)
    .action(async (study: string | undefined, flags: Flags) => {
      const directory = resolve(flags.out)
      const report = await withProgress('Agreement', async (run) => {
        const comparing = partOfRun(run, 0, 0.9)
        const made = await (flags.as === undefined
          ? agree(await definitionOf(study, flags), comparing)
          : ofReadingRoom(study, flags, flags.as, comparing))
        await writeReport(made, directory, partOfRun(run, 0.9, 1))
        return made.report
      })
      tellLimits(report)
      if (flags.json) printJson(report)
      else process.stdout.write(printable(summary(report, flags.out)))
    })
}

/** A study of the reading room says itself who read what and how it is labelled. */
async function ofReadingRoom(
  study: string | undefined,
  { reference: against, rater: raters, labels, title, resamples, seed }: Flags,
  name: string,
  run: Run,
): Promise<Agreement> {
  if (study === undefined || raters || labels !== undefined) {
    throw new UmbraError({
      code: 'usage',
      message: 'With --as, give the reading study by its name, and neither --rater nor --labels.',
    })
  }
  const choice = {
    name,
    ...(against ? { reference: against.directory === 'none' ? null : against.directory } : {}),
    resamples: resamples ?? defaults.resamples,
    seed: seed ?? defaults.seed,
  }
  const agreement = await agreeSigned(study, choice, run)
  return title === undefined ? agreement : { ...agreement, report: { ...agreement.report, title } }
}

async function definitionOf(study: string | undefined, flags: Flags): Promise<AgreementDefinition> {
  const changes = {
    ...(flags.labels === undefined ? {} : { structures: parseLabels(flags.labels) }),
    ...(flags.title === undefined ? {} : { title: flags.title }),
    ...(flags.resamples === undefined ? {} : { resamples: flags.resamples }),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
  }
  if (study !== undefined) {
    if (!existsSync(study) || (await exportedProtocol(study)) !== null) {
      throw new UmbraError({
        code: existsSync(study) ? 'usage' : 'study-unreadable',
        message: existsSync(study)
          ? 'This is the protocol of a reading study, whose drawings are in the reading room.'
          : 'There is no such study file.',
        hint: 'Give --as NAME to compare what is signed in a study of the reading room.',
        where: study,
      })
    }
    if (flags.reference || flags.rater) {
      throw new UmbraError({ code: 'usage', message: 'Give a study, or --reference and --rater, not both.' })
    }
    return { ...(await readDefinition(study)), ...changes }
  }
  return checkedDefinition({
    title: usualTitle,
    readings: [...(flags.rater ?? []), ...(flags.reference ? [flags.reference] : [])],
    hasReference: flags.reference !== undefined,
    structures: anyStructure,
    ...defaults,
    ...changes,
  })
}

function reference(text: string): Reading {
  const [, name, directory] = /^([^=/\\]+)=(.+)$/.exec(text) ?? []
  const named = name !== undefined && !existsSync(text)
  return {
    name: named ? name : 'Reference',
    rater: named ? name : 'Reference',
    source: '',
    directory: named ? directory : text,
  }
}

function rater(text: string, before: Reading[] = []): Reading[] {
  const parts = /^([^=]+)=(.+)$/.exec(text)
  if (!parts) throw new InvalidArgumentError('A rater is NAME=DIR.')
  const [, name, directory] = parts
  return [...before, { name, rater: raterOf(name), source: '', directory }]
}

function whole(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > 1_000_000) throw new InvalidArgumentError('A whole number, 0 or more.')
  return value
}

/** Missing cases and what was done to the input, on stderr. */
function tellLimits({ missing, notes, readings }: AgreementReport): void {
  const lines = readings.flatMap(({ name }) => {
    const cases = missing.filter(({ reading }) => reading === name).map((gap) => gap.case)
    if (cases.length === 0) return []
    const shown = cases.slice(0, 5).join(', ') + (cases.length > 5 ? ', …' : '')
    return [`${name} lacks ${cases.length} of the cases: ${shown}`]
  })
  for (const line of [...lines, ...notes]) process.stderr.write(`${printable(`Note: ${line}`)}\n`)
}

function summary(report: AgreementReport, out: string): string {
  const normals = report.pairs.some(({ bothEmpty }) => bothEmpty > 0)
  const counts = report.pairs.map(
    ({ pair, structure, cases, bothEmpty }) =>
      `${structure}, ${pair}: ${cases === 1 ? 'one case' : `${cases} cases`}${bothEmpty > 0 ? `, ${bothEmpty} of them empty in both` : ''}`,
  )
  const tables = [tableOne(report, 'withoutNormals'), ...(normals ? [tableOne(report, 'withNormals')] : [])]
  return `${tables.map(markdownTable).join('\n')}\n${counts.join('\n')}\nWritten to ${out}\n`
}
