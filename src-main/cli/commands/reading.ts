import { resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import {
  methods,
  readingFormats,
  UmbraError,
  type Input,
  type LabelChoice,
  type Output,
  type ReadingFormat,
  type readingFileMethods,
} from '@contract'
import type { ReadingRoom } from '../../engine/reading'
import { printJson } from '../program'
import { withProgress } from '../progress'
import { signedIn } from '../signedIn'
import { printable } from '../terminal'

interface CommonFlags {
  as: string
  data?: string
  json?: boolean
}

interface ExportFlags extends CommonFlags {
  out: string
  format: ReadingFormat[]
  identified?: boolean
  reference?: string
  reading?: string
}

interface ImportFlags extends CommonFlags {
  labels?: { value: number; structure: string | null }[]
  resample?: boolean
  replace?: boolean
}

type FileMethod = keyof typeof readingFileMethods

const help = `
NAME signs in with the PIN in UMBRA_PIN, or as it is asked for on the terminal. A running Umbra must be closed first.

Examples:
  umbra reading list --as "Ada Owner"
  umbra reading export "CNN against NLR" -o readings --as "Ada Owner" --reference r3
  umbra agree readings/study.json -o agreement
  umbra reading import 3f2a… case-7.nii.gz labels.txt --as "Rater One"
  umbra reading import 3f2a… drawn.nii.gz --as "Rater One" --labels 3=core,4=penumbra,5=none`

/** `umbra reading list | export | import`: what was drawn in reading studies, as files. */
export function command(): Command {
  return new Command('reading')
    .description('readings of a study as files: list, export, import')
    .addHelpText('after', help)
    .addCommand(
      common(new Command('list'))
        .description('studies and readings, with the names that the other commands take')
        .argument('[study]', 'name or id')
        .action(list),
    )
    .addCommand(
      common(new Command('export'))
        .description('write the signed readings of a study, or one reading')
        .argument('<study>', 'name or id')
        .requiredOption('-o, --out <folder>', 'where to write; made when missing')
        .option('--format <formats>', `of ${readingFormats.join(',')}`, formats, [...readingFormats])
        .option('--identified', 'with the names of patients and raters (default: keys of the protocol)')
        .option('--reference <rater>', 'key of the rater that umbra agree compares the others with')
        .option('--reading <id>', 'this reading only')
        .action(exportReadings),
    )
    .addCommand(
      common(new Command('import'))
        .description('put a drawing made elsewhere into a reading: NIfTI with ITK-SNAP labels, DICOM SEG')
        .argument('<reading>', 'id, as `umbra reading list` prints it')
        .argument('<file...>', 'labelmaps or segmentations, and label descriptions')
        .option('--labels <labels>', 'structures by label value, like 1=core,2=penumbra,3=none', labels)
        .option('--resample', 'take another grid, each voxel from the nearest')
        .option('--replace', 'in place of what is drawn')
        .action(importFiles),
    )
}

const common = (made: Command): Command =>
  made
    .exitOverride()
    .requiredOption('--as <name>', 'who signs in')
    .option('--data <folder>', 'the data folder of Umbra (default: that of this user)')
    .option('--json', 'print the result as JSON')

function perform<M extends FileMethod>(
  room: ReadingRoom,
  method: M,
  title: string,
  params: Input<M>,
): Promise<Output<M>> {
  const start = room.fileHandlers[method] as (params: unknown) => {
    work(run: object): Promise<Output<M>>
  }
  const { work } = start(methods[method].in.parse(params))
  return withProgress(title, (run) => work({ ...run, log: () => undefined }))
}

async function studyOf(
  room: ReadingRoom,
  session: string,
  asked: string,
): Promise<Output<'reading.studies'>['studies'][number]> {
  const { studies } = await room.handlers['reading.studies']({ session }, new Uint8Array())
  const found = studies.filter(({ studyId, name }) => studyId === asked || name === asked)
  if (found.length === 1) return found[0]
  throw new UmbraError({
    code: 'unknown-study',
    message:
      found.length > 1
        ? `${found.length} studies are called "${asked}".`
        : `You take part in no study "${asked}".`,
    hint: `Give the id: ${studies.map(({ studyId, name }) => `${studyId} (${name})`).join(', ') || 'there is none'}.`,
  })
}

async function list(asked: string | undefined, flags: CommonFlags): Promise<void> {
  const found = await signedIn(flags, async (room, session): Promise<Found> => {
    if (asked === undefined) return room.handlers['reading.studies']({ session }, new Uint8Array())
    const { studyId, owned } = await studyOf(room, session, asked)
    if (owned) {
      const { readings } = await room.handlers['reading.study']({ session, studyId }, new Uint8Array())
      return { readings }
    }
    const { items } = await room.handlers['reading.worklist']({ session, studyId }, new Uint8Array())
    return { items }
  })
  if (flags.json) return printJson(found)
  const lines = linesOf(found)
  process.stdout.write(printable(lines.length > 0 ? `${lines.join('\n')}\n` : 'None.\n'))
}

type Found = Partial<
  Output<'reading.studies'> &
    Pick<Output<'reading.study'>, 'readings'> &
    Pick<Output<'reading.worklist'>, 'items'>
>

function linesOf({ studies = [], readings = [], items = [] }: Found): string[] {
  return [
    ...studies.map(({ studyId, name, progress: { open, draft, signed } }) => {
      return `${studyId}  ${name}: ${signed} of ${open + draft + signed} signed`
    }),
    ...readings.map(({ readingId, rater, case: subject, source, pass, state }) => {
      return `${readingId}  ${rater}, ${subject}, ${source}${pass > 1 ? ', again' : ''}: ${state}`
    }),
    ...items.map(({ readingId, label, source, state }) => {
      return `${readingId}  ${label}${source === null ? '' : `, ${source}`}: ${state}`
    }),
  ]
}

async function exportReadings(asked: string, flags: ExportFlags): Promise<void> {
  const { reading, reference = null, identified = false } = flags
  const directory = resolve(flags.out)
  const written = await signedIn(flags, async (room, session) => {
    const shared = { session, directory, formats: flags.format, identified }
    if (reading !== undefined) {
      return perform(room, 'reading.exportReading', 'Export', { ...shared, readingId: reading })
    }
    const { studyId } = await studyOf(room, session, asked)
    return perform(room, 'reading.exportStudy', 'Export', { ...shared, studyId, reference })
  })
  if (flags.json) return printJson(written)
  const told = [
    ...written.notes.map((note) => `Note: ${note}`),
    `${written.files.length} files written to ${flags.out}`,
  ]
  process.stdout.write(printable(`${told.join('\n')}\n`))
}

async function importFiles(readingId: string, files: string[], flags: ImportFlags): Promise<void> {
  const { resample = false, replace = false } = flags
  const paths = files.map((file) => resolve(file))
  const taken = await signedIn(flags, async (room, session) => {
    const asked = { session, readingId, paths }
    const choices = flags.labels && (await chosen(room, asked, flags.labels))
    return perform(room, 'reading.importFiles', 'Import', {
      ...asked,
      ...{ labels: choices ?? null, resample, replace },
    })
  })
  if (flags.json) return printJson(taken)
  const volumes = Object.entries(taken.volumes).map(([name, ml]) => `${name} ${ml.toFixed(2)} ml`)
  const told = [
    ...taken.notes.map((note) => `Note: ${note}`),
    `Taken: ${volumes.join(', ')}. It is to be signed.`,
  ]
  process.stdout.write(printable(`${told.join('\n')}\n`))
}

/** What `--labels` says for every label that the files hold; values it does not name are left out. */
async function chosen(
  room: ReadingRoom,
  asked: Input<'reading.inspectFiles'>,
  given: NonNullable<ImportFlags['labels']>,
): Promise<LabelChoice[]> {
  const { labels: found } = await perform(room, 'reading.inspectFiles', 'Reading', asked)
  return found.map(({ file, value }) => ({
    ...{ file, value },
    structure: given.find((each) => each.value === value)?.structure ?? null,
  }))
}

function formats(text: string): ReadingFormat[] {
  const asked = text.split(',').map((part) => part.trim())
  const known = readingFormats.filter((format) => asked.includes(format))
  if (known.length === new Set(asked).size) return known
  throw new InvalidArgumentError(`Formats are some of ${readingFormats.join(', ')}.`)
}

function labels(text: string): NonNullable<ImportFlags['labels']> {
  return text.split(',').map((part) => {
    const [, value, structure] = /^\s*(\d+)\s*=\s*([\w.-]+)\s*$/.exec(part) ?? []
    if (value === undefined) {
      throw new InvalidArgumentError('Labels are VALUE=STRUCTURE, like 1=core,2=penumbra.')
    }
    return { value: Number(value), structure: structure === 'none' ? null : structure }
  })
}
