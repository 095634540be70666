import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, readFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { UmbraError } from '@contract'
import { writeFileAtomically } from '../files/atomic'
import { inputSpecSchema, outputSpecSchema, type InputSpec, type OutputSpec } from '../networks'

/** Inputs are stored as whole 4096ths: −8 to 8, which no channel passes. */
const INPUT_STEP = 1 / 4096
/** Targets in [0, 1] are stored as whole 65534ths; this marks a pixel whose maps are unknown. */
const UNKNOWN = 65535
const TARGET_STEPS = 65534
const FORMAT = 1

const studySchema = z.strictObject({
  /** Who: all studies of one patient go to the same part of a split. */
  patient: z.string().min(1),
  study: z.string().min(1),
  file: z.string(),
  rows: z.number().int().positive(),
  columns: z.number().int().positive(),
  slices: z.number().int().positive(),
  /** Of the file. */
  sha256: z.string(),
  /** StudyInstanceUID; null for what is generated. */
  uid: z.string().nullable().default(null),
  /** By fixed thresholds; null where it is not known. */
  hypoperfusedMl: z.number().nullable().default(null),
  /** By what the patient is known again, see `patientIdentity`; of cases of the store. */
  identity: z.array(z.string()).default([]),
})
export type CachedStudy = z.output<typeof studySchema>

const skippedSchema = z.strictObject({
  patient: z.string(),
  reason: z.string(),
  /** Of the problem. */
  code: z.string().default(''),
})
/** A patient, or a part of one, that is not in the data set. */
export type SkippedStudy = z.output<typeof skippedSchema>

const indexSchema = z.strictObject({
  format: z.literal(FORMAT),
  input: inputSpecSchema,
  outputs: outputSpecSchema,
  studies: z.array(studySchema).min(1),
  /** What of the data was left out, and why. */
  skipped: z.array(skippedSchema).default([]),
})

/** One slice as a network learns from it. */
export interface TrainingSlice {
  rows: number
  columns: number
  /** [row × column × time point] */
  input: Float32Array
  /** [row × column × map], 0..1; −1 where unknown. */
  target: Float32Array
}

/** A data set on disk, read slice by slice. */
export interface DatasetCache {
  directory: string
  input: InputSpec
  outputs: OutputSpec
  studies: CachedStudy[]
  skipped: SkippedStudy[]
  read(study: CachedStudy, slice: number): Promise<TrainingSlice>
  close(): Promise<void>
}

/** Packs slices of one study: each its inputs as int16, then its targets as uint16. Throws `nan-in-data`. */
export function packSlice(slice: TrainingSlice): Uint8Array {
  const inputs = Int16Array.from(slice.input, (value) =>
    Math.min(Math.max(Math.round(value / INPUT_STEP), -32768), 32767),
  )
  const targets = Uint16Array.from(slice.target, (value) =>
    value < 0 ? UNKNOWN : Math.round(Math.min(value, 1) * TARGET_STEPS),
  )
  if (slice.input.some(Number.isNaN) || slice.target.some(Number.isNaN)) {
    throw new UmbraError({
      code: 'nan-in-data',
      message: 'A training slice holds values that are no numbers.',
      hint: 'Check the maps of this study.',
    })
  }
  const packed = new Uint8Array(inputs.byteLength + targets.byteLength)
  packed.set(new Uint8Array(inputs.buffer), 0)
  packed.set(new Uint8Array(targets.buffer), inputs.byteLength)
  return packed
}

function unpackSlice(bytes: Uint8Array, study: CachedStudy, timePoints: number, maps: number): TrainingSlice {
  const { rows, columns } = study
  const area = rows * columns
  const stored = new Int16Array(bytes.buffer, bytes.byteOffset, area * timePoints)
  const targets = new Uint16Array(bytes.buffer, bytes.byteOffset + stored.byteLength, area * maps)
  const input = new Float32Array(stored.length)
  for (let i = 0; i < input.length; i++) input[i] = stored[i] * INPUT_STEP
  const target = new Float32Array(targets.length)
  for (let i = 0; i < target.length; i++) target[i] = targets[i] === UNKNOWN ? -1 : targets[i] / TARGET_STEPS
  return { rows, columns, input, target }
}

type StudyFacts = Pick<CachedStudy, 'patient' | 'study' | 'rows' | 'columns'> &
  Partial<Pick<CachedStudy, 'uid' | 'hypoperfusedMl' | 'identity'>>

/** `key` says what the file is made from; two of one study, by other maps or of other series, differ in it. */
const fileOf = (key: string): string =>
  `${createHash('sha256').update(key).digest('hex').slice(0, 16)}.slices`

/** Writes the slices of a study into the data set's folder and tells what the index needs to know of it. */
export async function writeStudy(
  directory: string,
  study: StudyFacts,
  slices: Uint8Array[],
  key = study.study,
): Promise<CachedStudy> {
  const content = Buffer.concat(slices)
  const sha256 = createHash('sha256').update(content).digest('hex')
  const file = fileOf(key)
  await writeFileAtomically(join(directory, file), content)
  const cached = {
    uid: null,
    hypoperfusedMl: null,
    identity: [],
    ...study,
    file,
    slices: slices.length,
    sha256,
  }
  await writeFileAtomically(join(directory, `${file}.json`), JSON.stringify(cached))
  return cached
}

/** A study that an earlier, interrupted build has already written; null where there is none. */
export async function writtenStudy(directory: string, key: string): Promise<CachedStudy | null> {
  const file = fileOf(key)
  const path = join(directory, `${file}.json`)
  if (!existsSync(path) || !existsSync(join(directory, file))) return null
  const parsed = studySchema.safeParse(parseJson(await readFile(path, 'utf8')))
  return parsed.success ? parsed.data : null
}

export async function writeIndex(
  directory: string,
  index: Pick<DatasetCache, 'input' | 'outputs' | 'studies'> & Partial<Pick<DatasetCache, 'skipped'>>,
): Promise<void> {
  const { input, outputs, studies, skipped = [] } = index
  const text = JSON.stringify({ format: FORMAT, input, outputs, studies, skipped }, null, 1)
  await writeFileAtomically(join(directory, 'dataset.json'), text)
}

/** Opens a data set. Throws `no-dataset`, `damaged-dataset`. */
export async function openDataset(directory: string): Promise<DatasetCache> {
  const path = join(directory, 'dataset.json')
  const damaged = (message: string): UmbraError =>
    new UmbraError({
      code: 'damaged-dataset',
      message,
      hint: 'Delete the folder; it is built again.',
      where: path,
    })
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UmbraError({ code: 'no-dataset', message: 'There is no data set here.', where: path })
  })
  const parsed = indexSchema.safeParse(parseJson(text))
  if (!parsed.success) throw damaged('The index of the data set cannot be read.')
  const { input, outputs, studies, skipped } = parsed.data
  const handles = new Map<string, FileHandle>()
  return {
    directory,
    input,
    outputs,
    studies,
    skipped,
    read: async (study, slice) => {
      const bytes = study.rows * study.columns * 2 * (input.timePoints + outputs.length)
      let handle = handles.get(study.file)
      if (!handle) {
        if (handles.size >= OPEN_FILES) await closeAll(handles)
        handle = await open(join(directory, study.file), 'r').catch(() => {
          throw damaged(`The file of ${study.patient} is missing.`)
        })
        handles.set(study.file, handle)
      }
      const buffer = new Uint8Array(bytes)
      const { bytesRead } = await handle.read(buffer, 0, bytes, slice * bytes)
      if (bytesRead !== bytes) throw damaged(`The file of ${study.patient} is cut short.`)
      return unpackSlice(buffer, study, input.timePoints, outputs.length)
    },
    close: () => closeAll(handles),
  }
}

const OPEN_FILES = 64

async function closeAll(handles: Map<string, FileHandle>): Promise<void> {
  const open = [...handles.values()]
  handles.clear()
  await Promise.all(open.map((handle) => handle.close()))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
