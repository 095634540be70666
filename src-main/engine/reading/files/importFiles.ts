import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import {
  UmbraError,
  type DrawnLabel,
  type DrawnStructure,
  type Geometry,
  type InspectedFiles,
  type LabelChoice,
} from '@contract'
import { stopIfCancelled, type Run } from '../../compute/run'
import {
  describeDrawnFiles,
  gridRelation,
  matchLabels,
  MOST_STRUCTURES,
  onGrid,
  readStructures,
  type DrawnFile,
} from '../../segmentation'
import type { CaseStore } from '../store'
import { readingOf, studyOf } from '../studies'
import { scanOfCase } from './caseScan'

/** How files are taken. */
export interface ImportChoice {
  /** For every label; null: as it is proposed. */
  labels: readonly LabelChoice[] | null
  resample: boolean
}

/** A drawing on the grid of a reading: every slice that is drawn on. */
export interface TakenDrawing {
  geometry: Geometry
  slices: { structure: string; slice: number }[]
  bytes: Uint8Array
  notes: string[]
  /** For the audit trail. */
  detail: Record<string, unknown>
}

/** The grid that a reading is, or would be, drawn on. */
async function gridOf(store: CaseStore, readingId: string, run: Run): Promise<Geometry> {
  const reading = readingOf(store, readingId)
  if (reading.geometry !== null) return JSON.parse(reading.geometry) as Geometry
  const { cases } = studyOf(store, reading.study).protocol
  const subject = cases.find(({ key }) => key === reading.case_key)
  if (!subject) throw new Error(`reading ${readingId} is of no case of its study`)
  try {
    // Stages and failures name files, which would tell a blinded rater the patient.
    const quiet: Run = {
      signal: run.signal,
      onProgress: (progress) => run.onProgress?.(progress, 'reading the scan'),
    }
    return (await scanOfCase(subject, quiet)).geometry
  } catch (thrown) {
    if (run.signal?.aborted || !(thrown instanceof UmbraError)) throw thrown
    throw new UmbraError({
      code: 'case-moved',
      message: 'The scan of this reading could not be read, so its grid is not known.',
      hint: 'Whoever made the study can find the case again, in the progress of the study.',
    })
  }
}

/** What is in files drawn elsewhere, and how a reading would take it. */
export async function inspectFiles(
  store: CaseStore,
  readingId: string,
  paths: readonly string[],
  run: Run,
): Promise<Omit<InspectedFiles, 'drawn'>> {
  const { structures } = studyOf(store, readingOf(store, readingId).study).protocol
  run.onProgress?.(0, 'Reading the files')
  const files = await describeDrawnFiles(paths)
  const grid = await gridOf(store, readingId, run)
  const labels = matchLabels(files, structures)
  return {
    files: files.map(({ path, kind, geometry }) => ({
      name: basename(path),
      kind,
      size: geometry.size,
      spacing: geometry.spacing,
      grid: gridRelation(geometry, grid),
    })),
    labels,
    structures: structures.map(({ key, name, colour }) => ({ key, name, colour })),
    notes: labels.length === 0 ? ['Nothing is marked in it: a normal case.'] : [],
  }
}

/**
 * Reads files drawn elsewhere onto the grid of a reading. Throws `labels-unclear`, `other-grid`, `different-frames`,
 * `no-overlap`, or the problem of a file.
 */
export async function takeFiles(
  store: CaseStore,
  readingId: string,
  paths: readonly string[],
  choice: ImportChoice,
  run: Run,
): Promise<TakenDrawing> {
  const { structures } = studyOf(store, readingOf(store, readingId).study).protocol
  run.onProgress?.(0, 'Reading the files')
  const files = await describeDrawnFiles(paths)
  const geometry = await gridOf(store, readingId, run)
  const chosen = choice.labels ?? clearLabels(matchLabels(files, structures), structures)
  const [nx, ny, nz] = geometry.size
  const layers = structures.map(() => new Uint8Array(nx * ny * nz))
  const notes: string[] = []
  for (const [f, file] of files.entries()) {
    stopIfCancelled(run)
    if (!choice.resample) refuseOtherGrid(file, geometry)
    const own = chosen.filter((each) => each.file === f)
    notes.push(...(await takeFile(file, own, structures, layers, geometry)))
    notes.push(...leftOut(file, own))
  }
  return {
    ...{ geometry, notes: [...new Set(notes)] },
    ...slicesOf(structures, layers, geometry.size),
    detail: {
      formats: [...new Set(files.map(({ kind }) => kind))],
      sha256: await Promise.all(files.map(({ path }) => hashOf(path))),
      resampled: files.some((file) => gridRelation(file.geometry, geometry) === 'other'),
    },
  }
}

function clearLabels(labels: DrawnLabel[], structures: readonly DrawnStructure[]): LabelChoice[] {
  const unclear = labels.filter((label) => label.unclear)
  if (unclear.length === 0) return labels
  const listed = unclear.map(({ value, name }) => `${value}${name ? ` (${name})` : ''}`).join(', ')
  throw new UmbraError({
    code: 'labels-unclear',
    message: `It is not clear which structure ${unclear.length === 1 ? 'this label is' : 'these labels are'}: ${listed}.`,
    hint: `Say it for each: ${structures.map(({ key, label }) => `${label}=${key}`).join(', ')}, or leave it out.`,
  })
}

function refuseOtherGrid({ path, geometry }: DrawnFile, grid: Geometry): void {
  if (gridRelation(geometry, grid) !== 'other') return
  const words = ({ size, spacing }: Geometry): string =>
    `${size.join(' × ')} voxels of ${spacing.map((mm) => Number(mm.toFixed(3))).join(' × ')} mm`
  throw new UmbraError({
    code: 'other-grid',
    message: `It was drawn on another grid (${words(geometry)}) than the maps have (${words(grid)}).`,
    hint: 'Have it resampled (nearest voxel), or draw on the maps that Umbra exports.',
    where: basename(path),
  })
}

/** Adds the labels of one file to the layers of their structures. */
async function takeFile(
  { path }: DrawnFile,
  chosen: readonly LabelChoice[],
  structures: readonly DrawnStructure[],
  layers: readonly Uint8Array[],
  grid: Geometry,
): Promise<string[]> {
  const taken = structures
    .map(({ key, name }, s) => ({
      ...{ s, name },
      values: chosen.filter(({ structure }) => structure === key).map(({ value }) => value),
    }))
    .filter(({ values }) => values.length > 0)
  const notes: string[] = []
  // As many structures at once as a voxel of the reader has bits.
  for (let from = 0; from < taken.length; from += MOST_STRUCTURES) {
    const some = taken.slice(from, from + MOST_STRUCTURES)
    const drawing = onGrid({ ...(await readStructures(path, some)), notes: [] }, grid, basename(path))
    some.forEach(({ s }, bit) => {
      const layer = layers[s]
      for (let i = 0; i < layer.length; i++) if ((drawing.bits[i] >> bit) & 1) layer[i] = 1
    })
    notes.push(...drawing.notes)
  }
  return notes
}

const leftOut = ({ labels }: DrawnFile, chosen: readonly LabelChoice[]): string[] =>
  labels
    .filter(({ value }) => !chosen.some((each) => each.value === value && each.structure !== null))
    .map(({ value, name }) => `The label ${value}${name ? ` (${name})` : ''} was left out.`)

function slicesOf(
  structures: readonly DrawnStructure[],
  layers: readonly Uint8Array[],
  [nx, ny, nz]: Geometry['size'],
): Pick<TakenDrawing, 'slices' | 'bytes'> {
  const area = nx * ny
  const drawn = structures.flatMap(({ key }, s) =>
    Array.from({ length: nz }, (_, slice) => ({
      ...{ structure: key, slice },
      pixels: layers[s].subarray(slice * area, (slice + 1) * area),
    })).filter(({ pixels }) => pixels.includes(1)),
  )
  const bytes = new Uint8Array(drawn.length * area)
  drawn.forEach(({ pixels }, i) => bytes.set(pixels, i * area))
  return { bytes, slices: drawn.map(({ structure, slice }) => ({ structure, slice })) }
}

async function hashOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}
