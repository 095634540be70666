import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UmbraError, type MapName } from '@contract'
import { partOfRun, stopIfCancelled, type Run } from '../compute/run'
import {
  lineWeights,
  prepareSeries,
  refuseNotNumbers,
  resampleImage,
  type InputSpec,
  type OutputSpec,
} from '../networks'
import { surveyContrast } from '../perfusion'
import { voxelVolume } from '../volume'
import {
  openDataset,
  packSlice,
  writeIndex,
  writeStudy,
  writtenStudy,
  type CachedStudy,
  type DatasetCache,
  type SkippedStudy,
} from './cache'
import { cohortPatient, cohortStudy, type CohortChoice, type LabelledStudy } from './cohort'
import { hypoperfusedVolume, refuseListedTwice, refuseSameStudy, refuseUselessMaps } from './dataChecks'
import { listedStudy, type StudyList } from './studyList'
import { unitobrainPatients, unitobrainStudy, type UnitobrainChoice } from './unitobrain'

export type DataChoice = CohortChoice | StudyList | UnitobrainChoice

/** Of the head, beyond the brain, that a network still sees, mm. */
const MARGIN = 8

/** A study to be learnt from, loaded only when it is its turn. */
interface Source {
  patient: string
  study: string
  /** What its part of the data set is made from. */
  key: string
  /** Made here: no two of them are one patient. */
  generated: boolean
  /** Left out with a reason, where it cannot be used; else the building ends. */
  optional: boolean
  load(run: Run): Promise<LabelledStudy>
}

async function sourcesOf(choice: DataChoice, outputs: OutputSpec): Promise<Source[]> {
  const wanted = outputs.map(({ map }) => map)
  if (choice.kind === 'cohort') {
    return Array.from({ length: choice.patients }, (_, index) => {
      const patient = cohortPatient(choice, index)
      return {
        patient,
        study: patient,
        key: patient,
        generated: true,
        optional: false,
        load: (run) => cohortStudy(choice, index, run),
      }
    })
  }
  if (choice.kind === 'unitobrain') {
    return (await unitobrainPatients(choice, wanted)).map((found) => ({
      patient: found.patient,
      study: found.series,
      key: JSON.stringify(found),
      generated: false,
      optional: true,
      load: (run) => unitobrainStudy(found, wanted, run),
    }))
  }
  refuseListedTwice(choice.studies)
  return choice.studies.map((entry) => ({
    patient: entry.patient,
    study: entry.study,
    key: JSON.stringify(entry),
    generated: false,
    optional: false,
    load: (run) => listedStudy(entry, wanted, run),
  }))
}

/** To be raised when the preparation changes, so that data sets prepared in another way are not taken for this one. */
const PREPARATION = 3

/** The name of a data set's folder: what it is built from, and what was found where a choice does not say it all. */
export function datasetKey(
  choice: DataChoice,
  input: InputSpec,
  outputs: OutputSpec,
  found: readonly string[] = [],
): string {
  return createHash('sha256')
    .update(JSON.stringify([PREPARATION, choice, input, outputs, ...found]))
    .digest('hex')
    .slice(0, 16)
}

/**
 * Opens the data set of a choice under `directory`, building what of it is not there yet: every study is prepared once,
 * cropped to the brain and written; an interrupted build goes on where it was. A patient of a
 * public data set who cannot be used is left out, with the reason. Throws `no-patient`, `nan-in-data` and what reading
 * and surveying a study throws, naming the study.
 */
export async function buildDataset(
  directory: string,
  choice: DataChoice,
  input: InputSpec,
  outputs: OutputSpec,
  run: Run = {},
): Promise<DatasetCache> {
  const sources = await sourcesOf(choice, outputs)
  const found = choice.kind === 'unitobrain' ? sources.map(({ key }) => key) : []
  const folder = join(directory, datasetKey(choice, input, outputs, found))
  if (existsSync(join(folder, 'dataset.json'))) return openDataset(folder)
  const studies: CachedStudy[] = []
  const skipped: SkippedStudy[] = []
  for (const [index, source] of sources.entries()) {
    stopIfCancelled(run)
    const part = partOfRun(run, index / sources.length, (index + 1) / sources.length)
    const named: Run = {
      signal: run.signal,
      onProgress: (progress) => part.onProgress?.(progress, `Preparing ${source.patient}`),
    }
    try {
      const before = await writtenStudy(folder, source.key)
      const study = before ?? (await prepareStudy(folder, source, input, outputs, named))
      if (!source.generated) refuseSameStudy(study, studies)
      studies.push(study)
    } catch (thrown) {
      if (!source.optional || !(thrown instanceof UmbraError) || thrown.code === 'write-failed') throw thrown
      skipped.push({ patient: source.patient, reason: thrown.message })
    }
  }
  if (studies.length === 0) throw nothingLeft(skipped)
  await writeIndex(folder, { input, outputs, studies, skipped })
  return openDataset(folder)
}

function nothingLeft(skipped: readonly SkippedStudy[]): UmbraError {
  const reasons = skipped.slice(0, 5).map(({ patient, reason }) => `${patient}: ${reason}`)
  const more = skipped.length > reasons.length ? ` … and ${skipped.length - reasons.length} more` : ''
  return new UmbraError({
    code: 'no-patient',
    message: `Not one patient can be learnt from. ${reasons.join(' ')}${more}`,
    hint: 'Unpack the data set whole; docs/training.md tells its layout.',
  })
}

async function prepareStudy(
  folder: string,
  source: Source,
  input: InputSpec,
  outputs: OutputSpec,
  run: Run,
): Promise<CachedStudy> {
  try {
    const labelled = await source.load(partOfRun(run, 0, 0.5))
    const { series, maps, known } = labelled
    refuseUselessMaps(labelled, outputs)
    refuseNotNumbers(series)
    const survey = await surveyContrast(series, undefined, partOfRun(run, 0.5, 0.8))
    const prepared = prepareSeries(series, survey, input)
    const { rows, columns, slices } = prepared
    const [nx, ny] = series.geometry.size
    const [across, down] = [lineWeights(nx, columns), lineWeights(ny, rows)]
    const plane = (values: ArrayLike<number>, slice: number): Float32Array => {
      const from = slice * nx * ny
      return resampleImage(
        Float32Array.from({ length: nx * ny }, (_, i) => values[from + i]),
        across,
        down,
      )
    }
    const inside = Array.from({ length: slices }, (_, slice) => plane(known, slice))
    const box = brainBox(
      inside,
      columns,
      rows,
      Math.round(MARGIN / (input.spacing ?? series.geometry.spacing[0])),
    )
    const packed: Uint8Array[] = []
    for (let slice = 0; slice < slices; slice++) {
      if (!inside[slice].some((share) => share > KNOWN_SHARE)) continue
      const target = targetOf(outputs, maps, inside[slice], (values) => plane(values, slice), known)
      const cropped = {
        rows: box.rows,
        columns: box.columns,
        input: crop(prepared.slice(slice), columns, input.timePoints, box),
        target: crop(target, columns, outputs.length, box),
      }
      packed.push(packSlice(cropped))
    }
    if (packed.length === 0) {
      throw new UmbraError({ code: 'empty-study', message: 'The study has no slice with known maps.' })
    }
    const { patient, study, key, generated } = source
    const facts = {
      patient,
      study,
      rows: box.rows,
      columns: box.columns,
      uid: generated ? null : series.source.studyInstanceUid || null,
      hypoperfusedMl: hypoperfusedVolume(labelled, voxelVolume(series.geometry) / 1000),
    }
    return await writeStudy(folder, facts, packed, key)
  } catch (thrown) {
    if (!(thrown instanceof UmbraError)) throw thrown
    const { code, message, hint, where } = thrown
    if (code === 'write-failed') throw thrown
    const said = source.optional ? message : `${source.patient}: ${message}`
    throw new UmbraError({ code, message: said, hint, where: where ?? source.study })
  }
}

/** A coarser pixel counts where at least this share of it is known. */
const KNOWN_SHARE = 0.5

/** Targets of a slice [pixel × map]: map / scale, clipped to 0..1; −1 where unknown. Means take known voxels only. */
function targetOf(
  outputs: OutputSpec,
  maps: Partial<Record<MapName, Float32Array>>,
  inside: Float32Array,
  plane: (values: ArrayLike<number>) => Float32Array,
  known: Uint8Array,
): Float32Array {
  const target = new Float32Array(inside.length * outputs.length)
  outputs.forEach(({ map, scale }, channel) => {
    const values = maps[map]
    if (!values) {
      throw new UmbraError({
        code: 'map-missing',
        message: `The study has no ${map.toUpperCase()} map to learn from.`,
      })
    }
    const sum = plane(values.map((value, i) => (known[i] ? value : 0)))
    for (let i = 0; i < inside.length; i++) {
      const at = i * outputs.length + channel
      const value = sum[i] / inside[i] / scale
      target[at] = inside[i] > KNOWN_SHARE ? Math.min(Math.max(value, 0), 1) : -1
    }
  })
  return target
}

interface Box {
  row: number
  column: number
  rows: number
  columns: number
}

/** The smallest box around all known pixels of all slices, with a margin, within the image. */
function brainBox(planes: Float32Array[], columns: number, rows: number, margin: number): Box {
  let [left, right, top, bottom] = [columns, -1, rows, -1]
  for (const plane of planes) {
    for (let i = 0; i < plane.length; i++) {
      if (plane[i] <= KNOWN_SHARE) continue
      const [x, y] = [i % columns, Math.floor(i / columns)]
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y)
    }
  }
  const [row, column] = [Math.max(0, top - margin), Math.max(0, left - margin)]
  return {
    row,
    column,
    rows: Math.min(rows, bottom + margin + 1) - row,
    columns: Math.min(columns, right + margin + 1) - column,
  }
}

function crop(values: Float32Array, width: number, channels: number, box: Box): Float32Array {
  const cropped = new Float32Array(box.rows * box.columns * channels)
  for (let row = 0; row < box.rows; row++) {
    const from = ((box.row + row) * width + box.column) * channels
    cropped.set(values.subarray(from, from + box.columns * channels), row * box.columns * channels)
  }
  return cropped
}
