import { UmbraError, type MapName } from '@contract'
import { partOfRun, type Run } from '../compute/run'
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
import { packSlice, writeStudy, type CachedStudy } from './cache'
import type { LabelledStudy } from './cohort'
import { hypoperfusedVolume, refuseUselessMaps } from './dataChecks'
import { patientIdentity } from './patients'

/** Of the head, beyond the brain, that a network still sees, mm. */
const MARGIN = 8

/** A study to be learnt from, loaded only when it is its turn. */
export interface Source {
  patient: string
  study: string
  /** What its part of the data set is made from. */
  key: string
  /** Made here: no two of them are one patient. */
  generated: boolean
  /** Left out with a reason, where it cannot be used; else the building ends. */
  optional: boolean
  /** Whose it is its files tell, not the list. */
  stored?: boolean
  load(run: Run): Promise<LabelledStudy>
}

/**
 * Loads a study, makes of it what the network sees and is taught, slice by slice, cropped to the brain, and writes that
 * into `folder`. Throws `nan-in-data`, `empty-study`, what loading and surveying throw, naming the study, `write-failed`.
 */
export async function prepareStudy(
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
      identity: source.stored ? patientIdentity(series.source) : [],
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
