import { UmbraError, type Geometry } from '@contract'
import { stopIfCancelled, type Run } from '../compute/run'
import type { SourceIdentity, VolumeSeries, Voxels } from '../volume'
import { allocateVoxels } from '../compute/allocateVoxels'
import type { Arrangement } from './arrange'
import type { SeriesPlan } from './catalogue'
import { fillGaps } from './fill-gaps'
import { firstOfEach } from './grid'
import { storedPictures } from './read-file'
import type { Cell, ReadTask } from './read-pixels'
import type { ReaderPool } from './reader-pool'
import type { Slice } from './slices'
import { voxelFormatOf, type VoxelFormat } from './voxel-format'

/** Slices in one message to a worker. */
const cellsPerMessage = 16
/** No compression makes real pictures a thousand times smaller; a file that claims so is damaged or hostile. */
const largestRatio = 1000

/** Reads a series into one shared buffer. Throws UmbraError, naming the file, where its pixels cannot be read. */
export async function loadSeries(plan: SeriesPlan, pool: ReaderPool, run: Run): Promise<VolumeSeries> {
  const arrangement = loadable(plan)
  const present = arrangement.cells.filter((cell): cell is Slice => cell !== null)
  let format = voxelFormatOf(present)
  let read = await readVoxels(arrangement, plan, format, pool, run)
  if (read.overflow) {
    format = voxelFormatOf(present, true)
    read = await readVoxels(arrangement, plan, format, pool, run)
  }
  const { geometry, summary } = plan
  const voxels = read.voxels
  fillGaps(voxels, geometry.size, arrangement)
  const middle = present[Math.floor(present.length / 2)]
  const { header } = present[0].instance
  return {
    key: summary.key,
    kind: summary.kind,
    modality: summary.modality,
    description: summary.description,
    geometry,
    frames: arrangement.frames,
    voxels,
    slope: format.slope,
    intercept: format.intercept,
    unit: header.modality === 'CT' ? 'HU' : '1',
    times: arrangement.times,
    echoTime: middle.frame.echoTime === null ? null : middle.frame.echoTime / 1000,
    window: middle.frame.window,
    source: identityOf(arrangement, present[0]),
    warnings: summary.warnings,
  }
}

/** Where a series lies and which images it is of, without its pixels. Throws `not-loadable`. */
export function describeSeries(plan: SeriesPlan): SeriesPlace {
  const arrangement = loadable(plan)
  const first = arrangement.cells.find((cell): cell is Slice => cell !== null) ?? plan.slices[0]
  const { geometry, summary } = plan
  return { geometry, modality: summary.modality, source: identityOf(arrangement, first) }
}

/** A series without its pixels. */
export interface SeriesPlace {
  geometry: Geometry
  modality: string
  source: SourceIdentity
}

function loadable({ arrangement, summary, slices }: SeriesPlan): Arrangement {
  const refuse = (message: string, hint: string): never => {
    throw new UmbraError({ code: 'not-loadable', message, hint, where: summary.description || summary.uid })
  }
  if (slices.length === 0) return refuse(summary.reason, 'Choose a series of images.')
  if (!arrangement) return refuse(summary.reason, 'Export the series again with its acquisition times.')
  const { image } = slices[0].instance.header
  if (!image || image.samples > 1 || image.photometric === 'PALETTE COLOR') {
    return refuse(
      summary.reason,
      'Choose the series with the measured values instead of the colour pictures.',
    )
  }
  if (image.bitsAllocated === 1) {
    return refuse('A segmentation of single bits is not an image.', 'Choose its source images.')
  }
  for (const { header } of new Set(slices.map(({ instance }) => instance))) {
    const claimed = header.frames.length * image.rows * image.columns * (image.bitsAllocated / 8)
    if (claimed > header.bytes * largestRatio) {
      return refuse(
        `A file of ${header.bytes} bytes claims ${claimed} bytes of pixels.`,
        'The file is damaged; export it again.',
      )
    }
  }
  return arrangement
}

async function readVoxels(
  arrangement: Arrangement,
  plan: SeriesPlan,
  format: VoxelFormat,
  pool: ReaderPool,
  run: Run,
): Promise<{ voxels: Voxels; overflow: boolean }> {
  const [nx, ny] = plan.geometry.size
  const count = arrangement.cells.length * nx * ny
  const buffer = allocateVoxels(count * (format.type === 'int16' ? 2 : 4), plan.summary.description)
  const messages = messagesOf(tasksOf(arrangement, nx * ny, format))
  const total = arrangement.cells.length
  let next = 0
  let done = 0
  let overflow = false
  const lane = async (): Promise<void> => {
    while (next < messages.length) {
      stopIfCancelled(run)
      const tasks = messages[next++]
      for (const outcome of await pool.readPixels(tasks, buffer)) {
        if ('overflow' in outcome) overflow ||= outcome.overflow
        else throw unreadable(outcome.failed)
      }
      done += tasks.reduce((sum, task) => sum + task.cells.length, 0)
      run.onProgress?.(Math.min(1, done / total), `Reading pixels: ${done} of ${total} slices`)
    }
  }
  await Promise.all(Array.from({ length: pool.size * 2 }, lane))
  stopIfCancelled(run)
  return { voxels: format.type === 'int16' ? new Int16Array(buffer) : new Float32Array(buffer), overflow }
}

function unreadable({ file, reason }: { file: string; reason: string }): UmbraError {
  return new UmbraError({
    code: 'pixels-unreadable',
    message: reason,
    hint: 'The file is damaged or incomplete. Export or copy it again.',
    where: file,
  })
}

/** One task for each file, in the order in which their first voxels lie. */
function tasksOf(arrangement: Arrangement, voxelsPerSlice: number, format: VoxelFormat): ReadTask[] {
  const tasks = new Map<string, ReadTask>()
  arrangement.cells.forEach((slice, index) => {
    if (!slice) return
    const { file, header } = slice.instance
    if (!header.image) return
    let task = tasks.get(file.path)
    if (!task) {
      task = {
        path: file.path,
        name: file.name,
        transferSyntax: header.transferSyntax,
        image: header.image,
        pictures: storedPictures(header),
        type: format.type,
        cells: [],
      }
      tasks.set(file.path, task)
    }
    task.cells.push(cellOf(slice, index * voxelsPerSlice, format))
  })
  return [...tasks.values()]
}

function cellOf(slice: Slice, offset: number, format: VoxelFormat): Cell {
  const [scale, shift] = [format.scale(slice), format.shift(slice)]
  return { frame: slice.index, offset, scale, shift, padding: paddingOf(slice, format) }
}

/**
 * Padding below what tissue can have (the usual −2000 or 0) already reads as air. Padding that would shine as the
 * brightest voxel is turned into air (CT) or no signal (MR).
 */
function paddingOf(slice: Slice, format: VoxelFormat): Cell['padding'] {
  const { image, modality } = slice.instance.header
  if (!image || image.padding === null) return null
  const value = image.padding * slice.frame.slope + slice.frame.intercept
  const [dark, brightest] = modality === 'CT' ? [-1024, 3071] : [0, 0]
  if (value <= brightest) return null
  return { stored: image.padding, voxel: Math.round((dark - format.intercept) / format.slope) }
}

function messagesOf(tasks: readonly ReadTask[]): ReadTask[][] {
  const messages: ReadTask[][] = []
  let room = 0
  for (const task of tasks) {
    for (let from = 0; from < task.cells.length; from += cellsPerMessage) {
      const cells = task.cells.slice(from, from + cellsPerMessage)
      if (room < cells.length) {
        messages.push([])
        room = cellsPerMessage
      }
      messages[messages.length - 1].push({ ...task, cells })
      room -= cells.length
    }
  }
  return messages
}

function identityOf(arrangement: Arrangement, first: Slice): SourceIdentity {
  const { header } = first.instance
  return {
    studyInstanceUid: header.studyUid,
    seriesInstanceUid: header.seriesUid,
    frameOfReference: header.frameOfReference,
    patientId: header.patient.id,
    patientName: header.patient.name,
    patientBirthDate: header.patient.birthDate,
    patientSex: header.patient.sex,
    studyDate: header.study.date,
    studyTime: header.study.time,
    studyId: header.study.id,
    studyDescription: header.study.description,
    accessionNumber: header.study.accession,
    referringPhysician: header.study.referringPhysician,
    seriesDescription: header.series.description,
    instances: firstOfEach(arrangement).map(({ instance, index }) => ({
      sopClassUid: instance.header.sopClass,
      sopInstanceUid: instance.header.sopInstance,
      frame: instance.header.frames.length > 1 ? index + 1 : null,
    })),
  }
}
