import type { MapName, PerfusionMethod } from '@contract'
import type { ArterialFunction } from './arterialFunction'
import {
  BOX_DELAY,
  BOX_FLOW,
  BOX_TRANSIT,
  createBoxFitter,
  type BoxLimits,
  type TransitPrior,
} from './boxFit'
import { createBoxPeaks } from './boxPeaks'
import { eachAveragedChunk, eachChunk, type Averaging, type RowSource } from './curveSource'
import { tissueCurveSpace, type CurveSpace } from './curveSpace'
import type { TruncatedInverse } from './inverse'
import { residueMaps, type ResidueAnalysis } from './residueMaps'
import type { SeriesView } from './seriesView'

/** Everything a worker needs to fill the maps of any slice; big arrays lie on shared memory. */
export interface DeconvolutionJob {
  id: string
  view: SeriesView
  /** uint8 [voxel]. */
  mask: SharedArrayBuffer
  /** float32 [voxel] each. */
  maps: Record<MapName, SharedArrayBuffer>
  method: PerfusionMethod
  /** 100·κ/ρ: a volume fraction of contrast in ml/100 g. */
  tissueFactor: number
  /** Partial-volume scaled. */
  arterial: ArterialFunction
  /** Bolus arrival in the artery, s: the origin of TTP. */
  arrival: number
  /** Box regression. */
  limits: BoxLimits
  smoothInTime: boolean
  transitPrior: TransitPrior | null
  /** The SVD methods; null for the box regression. */
  deconvolution: ResidueDeconvolution | null
  /** Averaging of each curve with its neighbours before the fit; null: none. */
  averaging: Averaging | null
}

export interface ResidueDeconvolution {
  /** The uniform grid the inverse works on, s. */
  grid: Float64Array
  inverse: TruncatedInverse
  /** oSVD: the same components, the residue every second, on which the oscillation index is defined; else null. */
  judged: TruncatedInverse | null
  oscillationLimit: number
}

/** Values are kept within these bounds, wide enough for anything physiological: noise makes no infinities. */
export const MAP_LIMITS: Record<MapName, [number, number]> = {
  cbf: [0, 1000],
  cbv: [0, 100],
  mtt: [0, 100],
  ttp: [-30, 300],
  tmax: [-60, 300],
  delay: [-60, 300],
}

/** Fills the maps of one chunk of curves: [voxel × frame] enhancement, and the voxels' indices in the volume. */
export interface VoxelFitter {
  (curves: Float64Array, voxels: Int32Array, count: number, maps: Record<MapName, Float32Array>): void
}

const CHUNK = 64
let prepared: { key: string; fitter: VoxelFitter; space: CurveSpace | null } | null = null

/**
 * Fills the maps for the rows [fromRow, toRow) of a slice. `times` are the slice's real acquisition times (s),
 * `baselineFrames` its frames before the bolus. Returns the number of voxels fitted.
 */
export function deconvolveRows(
  job: DeconvolutionJob,
  slice: number,
  times: Float64Array,
  baselineFrames: number,
  fromRow: number,
  toRow: number,
): number {
  const key = `${job.id}/${slice}`
  if (prepared?.key !== key) {
    const space = job.averaging === null ? null : tissueCurveSpace(job.arterial, times, job.limits)
    prepared = { key, fitter: createVoxelFitter(job, times), space }
  }
  const { fitter, space } = prepared
  const maps = Object.fromEntries(
    Object.entries(job.maps).map(([name, buffer]) => [name, new Float32Array(buffer)]),
  ) as Record<MapName, Float32Array>
  const rows: RowSource = {
    view: job.view,
    mask: new Uint8Array(job.mask),
    slice,
    baselineFrames,
    fromRow,
    toRow,
  }
  let fitted = 0
  const fit = (curves: Float64Array, voxels: Int32Array, count: number): void => {
    fitter(curves, voxels, count, maps)
    fitted += count
  }
  if (job.averaging === null || space === null) eachChunk(rows, CHUNK, fit)
  else eachAveragedChunk(rows, CHUNK, job.averaging, space, fit)
  return fitted
}

/** The fitter of a job for curves sampled at `times`. */
export function createVoxelFitter(job: DeconvolutionJob, times: Float64Array): VoxelFitter {
  if (job.deconvolution === null) return createBoxVoxelFitter(job, times)
  const analysis: ResidueAnalysis = {
    ...job.deconvolution,
    times,
    arterial: job.arterial,
    arrival: job.arrival,
    tissueFactor: job.tissueFactor,
  }
  return residueMaps(analysis)
}

function createBoxVoxelFitter(job: DeconvolutionJob, times: Float64Array): VoxelFitter {
  const { tissueFactor, arrival, limits } = job
  const fitter = createBoxFitter(job.arterial, times, limits, job.smoothInTime, job.transitPrior)
  const peakTime = createBoxPeaks(job.arterial, limits)
  const end = times[times.length - 1]
  const frames = times.length
  const result = new Float64Array(4)
  return (curves, voxels, count, maps) => {
    for (let i = 0; i < count; i++) {
      fitter.fit(curves.subarray(i * frames, (i + 1) * frames), result)
      const flow = result[BOX_FLOW]
      if (!(flow > 0)) continue
      const transit = result[BOX_TRANSIT]
      const delay = result[BOX_DELAY]
      const voxel = voxels[i]
      maps.cbv[voxel] = within('cbv', tissueFactor * flow * transit)
      maps.cbf[voxel] = within('cbf', 60 * tissueFactor * flow)
      maps.mtt[voxel] = within('mtt', transit)
      maps.delay[voxel] = within('delay', delay)
      maps.tmax[voxel] = within('tmax', delay + 0.5 * transit)
      maps.ttp[voxel] = within('ttp', Math.min(peakTime(transit) + delay, end) - arrival)
    }
  }
}

/** The value held within the bounds of its map. */
export function within(name: MapName, value: number): number {
  const [lower, upper] = MAP_LIMITS[name]
  return value > upper ? upper : value > lower ? value : lower
}
