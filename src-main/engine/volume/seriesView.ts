import { UmbraError } from '@contract'
import type { VolumeSeries } from './series'

/** What a worker needs of a series; the voxels are shared, never copied. */
export interface SeriesView {
  voxels: SharedArrayBuffer
  type: 'int16' | 'uint8' | 'float32'
  byteOffset: number
  /** x, y, z */
  size: [number, number, number]
  frames: number
  slope: number
  intercept: number
  /** Seconds, for DSC-MRI; null for CT, whose enhancement is a plain difference. */
  echoTime: number | null
}

/** A view of the series' voxels for workers. Voxels that are not on shared memory are copied there once. */
export function viewSeries(series: VolumeSeries): SeriesView {
  const { voxels } = series
  const type = voxels instanceof Int16Array ? 'int16' : voxels instanceof Uint8Array ? 'uint8' : 'float32'
  const [nx, ny, nz] = series.geometry.size
  if (voxels.length < nx * ny * nz * series.frames) {
    throw new UmbraError({
      code: 'incomplete-series',
      message: 'The series holds fewer voxels than its size says.',
    })
  }
  let shared = voxels.buffer
  let byteOffset = voxels.byteOffset
  if (!(shared instanceof SharedArrayBuffer)) {
    const copy = new SharedArrayBuffer(voxels.byteLength)
    new Uint8Array(copy).set(new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength))
    shared = copy
    byteOffset = 0
  }
  return {
    voxels: shared,
    type,
    byteOffset,
    size: [nx, ny, nz],
    frames: series.frames,
    slope: series.slope,
    intercept: series.intercept,
    echoTime: echoTimeOf(series),
  }
}

/** Echo time in seconds for DSC-MRI (30 ms where the files name none: it cancels in every map), null for CT. */
export function echoTimeOf(series: Pick<VolumeSeries, 'kind' | 'echoTime'>): number | null {
  return series.kind === 'mr-perfusion' ? (series.echoTime ?? 0.03) : null
}

/** The stored voxels of a view, x fastest, then y, z, frame. */
export function viewVoxels(view: SeriesView): Int16Array | Uint8Array | Float32Array {
  const length = view.size[0] * view.size[1] * view.size[2] * view.frames
  if (view.type === 'int16') return new Int16Array(view.voxels, view.byteOffset, length)
  if (view.type === 'uint8') return new Uint8Array(view.voxels, view.byteOffset, length)
  return new Float32Array(view.voxels, view.byteOffset, length)
}
