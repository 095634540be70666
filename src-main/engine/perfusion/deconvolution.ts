import type { MapName, PerfusionMethod } from '@contract'
import {
  LANES,
  createBlockProduct,
  createVectorUnit,
  padded,
  type Plane,
  type VectorUnit,
} from '../compute/vectorUnit'
import type { ArterialFunction } from './arterialFunction'
import { createBlockReader, eachMaskedBlock, type BlockReader, type RowSource } from './blockReader'
import {
  BOX_DELAY,
  BOX_FLOW,
  BOX_TRANSIT,
  createBoxFitter,
  type BoxLimits,
  type TransitPrior,
} from './boxFit'
import { createBoxPeaks } from './boxPeaks'
import { tissueCurveSpace, type CurveSpace } from './curveSpace'
import type { TruncatedInverse } from './inverse'
import { residueMaps } from './residueMaps'
import { multiply, transpose } from './matrices'
import { hasQuietDirections, spreadOverNoise, noiseVariances, withoutNoise } from './noiseFloor'
import type { SeriesView } from '../volume'
import { createSimilarityFilter, type Averaging } from './similarityFilter'
import { areaWeights, volumeWeights } from './volumeWeights'

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
  /** Of a voxel's curve, in enhancement: what the SVD methods tell blood volume from; null: noise is not to be reduced. */
  curveNoise: number | null
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

/** Fills the maps of a block of voxels, given by their indices in the volume; −1 in the lanes that get none. */
export interface VoxelFitter {
  (voxels: Int32Array, maps: Record<MapName, Float32Array>): void
}

/** Hands every block of the rows that has masked voxels to `sink`, its columns being ready for the fitter. */
interface BlockSource {
  eachBlock(rows: RowSource, sink: (voxels: Int32Array) => void): void
}

let prepared: { key: string; source: BlockSource; fitter: VoxelFitter } | null = null

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
  // Most scanners take all slices at once: what depends on the times alone is made once.
  const key = `${job.id}/${baselineFrames}/${times.join()}`
  if (prepared?.key !== key) prepared = { key, ...prepare(job, times, baselineFrames) }
  const { source, fitter } = prepared
  const maps = Object.fromEntries(
    Object.entries(job.maps).map(([name, buffer]) => [name, new Float32Array(buffer)]),
  ) as Record<MapName, Float32Array>
  const mask = new Uint8Array(job.mask)
  let fitted = 0
  source.eachBlock({ view: job.view, mask, slice, baselineFrames, fromRow, toRow }, (voxels) => {
    fitter(voxels, maps)
    for (let i = 0; i < LANES; i++) if (voxels[i] >= 0) fitted++
  })
  return fitted
}

function prepare(
  job: DeconvolutionJob,
  times: Float64Array,
  baselineFrames: number,
): { source: BlockSource; fitter: VoxelFitter } {
  const unit = createVectorUnit()
  const reader = createBlockReader(unit, job.view.frames)
  if (job.averaging === null) {
    return {
      source: plainBlocks(reader),
      fitter: createVoxelFitter(unit, job, times, baselineFrames, reader.enhancement, null),
    }
  }
  const space = tissueCurveSpace(job.arterial, times, job.limits)
  const source = createSimilarityFilter(unit, space, job.averaging, reader)
  return { source, fitter: createVoxelFitter(unit, job, times, baselineFrames, source.averaged, space) }
}

function plainBlocks(reader: BlockReader): BlockSource {
  const voxels = new Int32Array(LANES)
  return {
    eachBlock: (rows, sink) => {
      for (let y = rows.fromRow; y < rows.toRow; y++) {
        eachMaskedBlock(rows, y, voxels, (x) => {
          reader.read(rows, x, y)
          sink(voxels)
        })
      }
    },
  }
}

/** The fitter of a job for the curves in `columns`, sampled at `times`, or for their coordinates in `space`. */
function createVoxelFitter(
  unit: VectorUnit,
  job: DeconvolutionJob,
  times: Float64Array,
  baselineFrames: number,
  columns: Plane,
  space: CurveSpace | null,
): VoxelFitter {
  if (job.deconvolution === null) {
    return createBoxVoxelFitter(unit, job, times, baselineFrames, columns, space)
  }
  const { arterial, arrival, tissueFactor, curveNoise } = job
  const bloodVolume =
    curveNoise === null
      ? areaWeights(arterial, times)
      : volumeWeights(arterial, times, job.limits, baselineFrames, curveNoise)
  const analysis = { ...job.deconvolution, times, bloodVolume, arrival, tissueFactor, baselineFrames }
  return residueMaps(unit, analysis, columns, space)
}

function createBoxVoxelFitter(
  unit: VectorUnit,
  job: DeconvolutionJob,
  times: Float64Array,
  baselineFrames: number,
  columns: Plane,
  space: CurveSpace | null,
): VoxelFitter {
  const { tissueFactor, arrival, limits } = job
  const fitter = createBoxFitter(job.arterial, times, limits, job.smoothInTime, job.transitPrior)
  const peakTime = createBoxPeaks(job.arterial, limits)
  const end = times[times.length - 1]
  const frames = times.length
  const curves = space === null ? columns : unit.reserve(padded(frames) * LANES)
  const toCurves =
    space === null
      ? null
      : createBlockProduct(unit, transpose(space.basis, space.rank, frames), frames, space.rank)
  const curve = new Float64Array(frames)
  const result = new Float64Array(4)
  const quiet = space !== null && hasQuietDirections(space) ? space : null
  const variances = new Float64Array(LANES)
  const floor =
    quiet === null
      ? 0
      : spreadOverNoise(quiet, baselineFrames, (coordinates) => {
          fitter.fit(multiply(coordinates, quiet.basis, 1, quiet.rank, frames), result)
          return result[BOX_FLOW]
        })
  return (voxels, maps) => {
    if (quiet !== null) noiseVariances(columns, quiet, variances)
    toCurves?.run(columns, curves.at)
    const samples = curves.floats
    for (let i = 0; i < LANES; i++) {
      const voxel = voxels[i]
      if (voxel < 0) continue
      for (let t = 0, at = i; t < frames; t++, at += LANES) curve[t] = samples[at]
      fitter.fit(curve, result)
      if (!(result[BOX_FLOW] > 0)) continue
      const flow = withoutNoise(result[BOX_FLOW], Math.sqrt(variances[i]) * floor)
      const transit = result[BOX_TRANSIT]
      const delay = result[BOX_DELAY]
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
