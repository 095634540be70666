import type { FilterSettings } from '@contract'
import { viewVoxels, type SeriesView } from '../volume'

/** Everything the workers need; voxels are shared, never copied. */
export interface FilterJob {
  view: SeriesView
  /** In the slice plane, mm. */
  spacing: [number, number]
  settings: FilterSettings
  /** uint8 [voxel]: what is filtered; the rest stays as it is. */
  selected: SharedArrayBuffer
  /** What a value of 1 HU (MR: of 1 per cent of the tissue's signal) is in the series' unit. */
  perHu: number
  /** Standard deviation of the noise of a voxel in one frame, in the series' unit. */
  noise: number
  /** [voxel of all frames], as `resultVoxels` sees it. */
  result: SharedArrayBuffer
  /** Stored values of the result for one of the source; 0 where the result holds float32. */
  factor: number
}

/** The result's voxels: int16 in steps of 1 / factor of the source's, or float32. */
export function resultVoxels({
  result,
  factor,
}: Pick<FilterJob, 'result' | 'factor'>): Int16Array | Float32Array {
  return factor > 0 ? new Int16Array(result) : new Float32Array(result)
}

/** Voxels of one slice in one frame of the source, stored values. */
export function sourceSlice(
  { view }: Pick<FilterJob, 'view'>,
  slice: number,
  frame: number,
): Int16Array | Uint8Array | Float32Array {
  const [nx, ny, nz] = view.size
  const at = (frame * nz + slice) * nx * ny
  return viewVoxels(view).subarray(at, at + nx * ny)
}

/** The same slice of the result. */
export function resultSlice(job: FilterJob, slice: number, frame: number): Int16Array | Float32Array {
  const [nx, ny, nz] = job.view.size
  const at = (frame * nz + slice) * nx * ny
  return resultVoxels(job).subarray(at, at + nx * ny)
}

/** [voxel] of a slice. */
export function selectedSlice(
  { selected, view }: Pick<FilterJob, 'selected' | 'view'>,
  slice: number,
): Uint8Array {
  const area = view.size[0] * view.size[1]
  return new Uint8Array(selected, slice * area, area)
}

/** Runs of vectors of eight voxels of a row that hold at least one selected voxel: [from, to), to beyond the row's end. */
export function eachRun(
  selected: Uint8Array,
  width: number,
  row: number,
  sink: (from: number, to: number) => void,
): void {
  const start = row * width
  let from = -1
  for (let x = 0; x < width + 8; x += 8) {
    let any = false
    for (let i = x; i < Math.min(x + 8, width) && !any; i++) any = selected[start + i] === 1
    if (any && from < 0) from = x
    if (!any && from >= 0) {
      sink(from, x)
      from = -1
    }
  }
}

/** Copies rows [fromRow, toRow) of a slice in one frame as they are into the result, in the result's steps. */
export function keepRows(job: FilterJob, slice: number, frame: number, fromRow: number, toRow: number): void {
  const [nx] = job.view.size
  const source = sourceSlice(job, slice, frame)
  const result = resultSlice(job, slice, frame)
  const factor = Math.max(1, job.factor)
  for (let i = fromRow * nx; i < toRow * nx; i++) result[i] = source[i] * factor
}
