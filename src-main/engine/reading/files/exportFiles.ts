import { join } from 'node:path'
import { UmbraError, type AgreementStudy, type ExportedReadings, type ReadingFormat } from '@contract'
import { partOfRun, stopIfCancelled, type Run } from '../../compute/run'
import type { SeriesPlace } from '../../dicom'
import { writeFileSet } from '../../export'
import { writeFileAtomically } from '../../files/atomic'
import { labelDescriptionText } from '../../segmentation'
import type { Person } from '../people'
import { appendAudit, type CaseStore } from '../store'
import { readingOf, readingsOf, studyOf, type StoredReading, type StoredStudy } from '../studies'
import { scanOfCase } from './caseScan'
import { contentOf, type ReadingContent } from './content'
import { fileNames, folderName, hidesScan, raterOf, type FileNames } from './naming'
import { volumesCsv } from './volumesCsv'
import { writeReading } from './writeReading'

/** What is asked for, by whom. */
export interface ExportRequest {
  person: Person
  directory: string
  formats: readonly ReadingFormat[]
  identified: boolean
}

interface Exported {
  content: ReadingContent
  names: FileNames
}

const refuse = (code: string, message: string, hint?: string): UmbraError =>
  new UmbraError({ code, message, hint })

function refuseIdentity({ protocol }: StoredStudy, owner: boolean, identified: boolean): void {
  if (!identified || !hidesScan(protocol, owner)) return
  throw refuse(
    'not-allowed',
    'The patient of this reading is blinded: its files cannot name them.',
    'The owner of the study can write files with names.',
  )
}

/** One reading that this person may have as files. Throws `not-allowed`, `nothing-saved`. */
export function exportableReading(
  store: CaseStore,
  { person, identified }: Pick<ExportRequest, 'person' | 'identified'>,
  readingId: string,
): Exported {
  const reading = readingOf(store, readingId)
  const study = studyOf(store, reading.study)
  const owner = study.owner === person.key
  if (reading.person !== person.key && !(owner && reading.state === 'signed')) {
    throw refuse(
      'not-allowed',
      'This is the reading of another person.',
      'The owner of the study can have it as files when it is signed.',
    )
  }
  refuseIdentity(study, owner, identified)
  const content = contentOf(store, study, reading)
  if (!content) throw refuse('nothing-saved', 'Nothing of this reading was saved yet.')
  return { content, names: fileNames(study.protocol, reading, { owner, identified }) }
}

/** Writes one reading into a folder. */
export async function exportReading(
  store: CaseStore,
  request: ExportRequest,
  readingId: string,
  now: () => Date,
  run: Run,
): Promise<ExportedReadings> {
  const { directory, formats, identified, person } = request
  const exported = exportableReading(store, request, readingId)
  const { content, names } = exported
  const { study } = content
  const hidden = hidesScan(study.protocol, study.owner === person.key)
  const scan = hidden ? 'hidden' : needsScan(formats) ? await scanFor(content, partOfRun(run, 0, 0.5)) : null
  const notes: string[] = []
  const files = await writeFileSet(directory, async (folder) => {
    stopIfCancelled(run)
    run.onProgress?.(0.5, 'Writing')
    const places = {
      seg: join(folder, `${names.file}.seg.dcm`),
      sr: join(folder, `${names.file}.sr.dcm`),
      nifti: join(folder, names.file),
    }
    const said = await writeReading({ content, names, scan, identified, formats, places })
    notes.push(...said.map((note) => `${names.file}: ${note}.`))
    await writeShared(folder, formats, study, [exported], names.file)
  })
  tell(store, person, study, readingId, { formats, identified }, now())
  return { directory, files, notes }
}

/** Writes every signed reading of a study: a folder for each rater and source, one file a case. */
export async function exportStudy(
  store: CaseStore,
  request: ExportRequest & { reference: string | null },
  study: StoredStudy,
  now: () => Date,
  run: Run,
): Promise<ExportedReadings> {
  const { directory, formats, identified, person, reference } = request
  const signed = readingsOf(store, study.id).filter(({ state }) => state === 'signed')
  if (signed.length === 0) {
    throw refuse(
      'nothing-signed',
      'No reading of this study is signed yet.',
      'Only signed readings are exported.',
    )
  }
  const notes: string[] = []
  /** Which readings each note is of. */
  const said = new Map<string, string[]>()
  const tabled: Exported[] = []
  const scans = await scansOf(study, signed, formats, partOfRun(run, 0, 0.4))
  const files = await writeFileSet(directory, async (folder) => {
    for (const [i, reading] of signed.entries()) {
      stopIfCancelled(run)
      run.onProgress?.(0.4 + (0.6 * i) / signed.length, `Writing reading ${i + 1} of ${signed.length}`)
      const content = contentOf(store, study, reading)
      if (!content) continue
      const names = fileNames(study.protocol, reading, { owner: true, identified })
      const within = (format: string, end: string): string =>
        join(folder, format, folderName(study.protocol, reading), reading.case_key + end)
      const places = { seg: within('seg', '.dcm'), sr: within('sr', '.dcm'), nifti: within('nifti', '') }
      const scan = scans.get(reading.case_key) ?? null
      for (const note of await writeReading({ content, names, scan, identified, formats, places })) {
        said.set(note, [...(said.get(note) ?? []), names.file])
      }
      tabled.push({ names, content: withoutVoxels(content) })
    }
    await writeShared(folder, formats, study, tabled, 'volumes')
    if (!needsScan(formats)) return
    const definition = agreementStudy(study, signed, { identified, reference })
    if (definition) {
      await writeFileAtomically(join(folder, 'study.json'), pretty(definition))
      if (reference !== null && !definition.reference) {
        notes.push(`No reading by ${reference} is signed: study.json has no reference.`)
      }
    } else notes.push('There is one reading a case only: nothing for `umbra agree` to compare.')
  })
  tell(store, person, study, null, { formats, identified, readings: signed.length }, now())
  return { directory, files, notes: [...notes, ...[...said].map(gathered)] }
}

/** A note of many readings is said once. */
const gathered = ([note, readings]: [string, string[]]): string =>
  `${readings.length > 3 ? `${readings.length} readings` : readings.join(', ')}: ${note}.`

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
const needsScan = (formats: readonly ReadingFormat[]): boolean =>
  formats.includes('seg') || formats.includes('sr')

/** The table needs counts only; the voxels of hundreds of readings would fill the memory. */
const withoutVoxels = (content: ReadingContent): ReadingContent => ({
  ...content,
  structures: content.structures.map((layer) => ({ ...layer, voxels: new Uint8Array() })),
})

async function writeShared(
  folder: string,
  formats: readonly ReadingFormat[],
  { protocol }: StoredStudy,
  exported: readonly Exported[],
  name: string,
): Promise<void> {
  if (formats.includes('csv')) await writeFileAtomically(join(folder, `${name}.csv`), volumesCsv(exported))
  if (!formats.includes('nifti')) return
  const labels = protocol.structures.map(({ label, name: called, colour }) => ({
    value: label,
    name: called,
    colour,
  }))
  await writeFileAtomically(join(folder, 'labels.txt'), labelDescriptionText(labels))
}

/** Null where the files of the case are gone: the reading is written all the same. */
async function scanFor(
  { study, reading }: Pick<ReadingContent, 'study' | 'reading'>,
  run: Run,
): Promise<SeriesPlace | null> {
  const subject = study.protocol.cases.find(({ key }) => key === reading.case_key)
  if (!subject) return null
  try {
    return await scanOfCase(subject, run)
  } catch (thrown) {
    if (thrown instanceof UmbraError) return null
    throw thrown
  }
}

async function scansOf(
  study: StoredStudy,
  readings: readonly StoredReading[],
  formats: readonly ReadingFormat[],
  run: Run,
): Promise<Map<string, SeriesPlace | null>> {
  const scans = new Map<string, SeriesPlace | null>()
  if (!needsScan(formats)) return scans
  const ofCase = new Map(readings.map((reading) => [reading.case_key, reading]))
  for (const [key, reading] of ofCase) {
    stopIfCancelled(run)
    const from = scans.size / ofCase.size
    scans.set(key, await scanFor({ study, reading }, partOfRun(run, from, from + 1 / ofCase.size)))
  }
  return scans
}

/** What `umbra agree` compares: segment numbers count from 1 in the order of the structures. */
function agreementStudy(
  { protocol }: StoredStudy,
  signed: readonly StoredReading[],
  { identified, reference }: { identified: boolean; reference: string | null },
): AgreementStudy | null {
  const folders = new Map(signed.map((reading) => [folderName(protocol, reading), reading]))
  if (folders.size < 2) return null
  const readings = [...folders].map(([folder, reading]) => {
    const rater = raterOf(protocol, reading.person)
    const source = protocol.sources.find(({ key }) => key === reading.source_key)
    const sources = new Set(
      signed.filter(({ person }) => person === reading.person).map(({ source_key }) => source_key),
    )
    const name = identified ? rater.name : rater.key
    const shown = source && identified ? source.name : reading.source_key
    const again = reading.pass > 1 ? ` #${reading.pass}` : ''
    return {
      rater: name,
      name: `${name}${sources.size > 1 ? ` (${shown})` : ''}${again}`,
      source: shown,
      directory: `seg/${folder}`,
      isReference: rater.key === reference && reading.pass === 1,
    }
  })
  const chosen = readings.find(({ isReference }) => isReference)
  const plain = ({ isReference: _, ...rest }: (typeof readings)[number]) => rest
  return {
    title: protocol.name,
    ...(chosen && {
      reference: { name: chosen.name, source: chosen.source, directory: chosen.directory },
    }),
    raters: readings.filter((each) => each !== chosen).map(plain),
    labels: Object.fromEntries(protocol.structures.map(({ key }, s) => [key, s + 1])),
  }
}

function tell(
  store: CaseStore,
  person: Person,
  study: StoredStudy,
  readingId: string | null,
  detail: Record<string, unknown>,
  time: Date,
): void {
  const action = readingId === null ? 'study.exported' : 'reading.exported'
  appendAudit(store, { actor: person.name, action, studyId: study.id, readingId, detail }, time)
}
