import type { CurveSpace } from './curveSpace'
import { gatherSignals, toEnhancement } from './enhancement'
import { multiplyTransposed } from './matrixProduct'
import type { SeriesView } from './seriesView'
import { createSimilarityFilter, gaussianNeighbourhood, type CoordinateBlock } from './similarityFilter'

/** Rows [fromRow, toRow) of a slice of a series. */
export interface RowSource {
  view: SeriesView
  mask: Uint8Array
  slice: number
  baselineFrames: number
  fromRow: number
  toRow: number
}

/** How curves are averaged with their neighbours. */
export interface Averaging {
  /** Standard deviation in the slice plane, mm. */
  sigma: number
  spacing: [number, number]
  /** Temporal noise of a voxel; Infinity: average regardless of similarity. */
  noise: number
  compareBaseline: boolean
}

/** Takes `count` enhancement curves [voxel × frame] and their indices in the volume. */
export type CurveSink = (curves: Float64Array, voxels: Int32Array, count: number) => void

/** Hands the enhancement curves of the masked voxels to `sink`, at most `chunk` at a time. */
export function eachChunk(source: RowSource, chunk: number, sink: CurveSink): void {
  eachEnhancement(source, chunk, (curves, inSlice, count) => {
    const offset = source.slice * source.view.size[0] * source.view.size[1]
    for (let i = 0; i < count; i++) inSlice[i] += offset
    sink(curves, inSlice, count)
  })
}

/** As `eachChunk`, each curve averaged with its neighbours (see createSimilarityFilter) in the space of tissue curves. */
export function eachAveragedChunk(
  source: RowSource,
  chunk: number,
  averaging: Averaging,
  space: CurveSpace,
  sink: CurveSink,
): void {
  const { view, slice, fromRow, toRow, baselineFrames } = source
  const [nx, ny] = view.size
  const { rank, frames, transposed } = space
  const neighbourhood = gaussianNeighbourhood(averaging.sigma, averaging.spacing)
  const average = createSimilarityFilter(space, neighbourhood, { ...averaging, baselineFrames })
  const first = Math.max(0, fromRow - neighbourhood.reach)
  const last = Math.min(ny, toRow + neighbourhood.reach)
  const block = readBlock({ ...source, fromRow: first, toRow: last }, chunk, space)
  const averaged = new Float64Array(chunk * rank)
  const curves = new Float64Array(chunk * frames)
  const voxels = new Int32Array(chunk)
  let count = 0
  const flush = (): void => {
    multiplyTransposed(averaged, transposed, count, frames, rank, curves)
    sink(curves, voxels, count)
    count = 0
  }
  for (let y = fromRow; y < toRow; y++) {
    for (let x = 0; x < nx; x++) {
      if (block.slot[(y - first) * nx + x] < 0) continue
      average(block, y - first, x, averaged, count * rank)
      voxels[count++] = (slice * ny + y) * nx + x
      if (count === chunk) flush()
    }
  }
  flush()
}

/** The coordinates of the masked voxels of some rows. */
function readBlock(source: RowSource, chunk: number, { rank, frames, basis }: CurveSpace): CoordinateBlock {
  const [nx, ny] = source.view.size
  const { slice, fromRow, toRow } = source
  const masked = source.mask.subarray((slice * ny + fromRow) * nx, (slice * ny + toRow) * nx)
  const voxelCount = masked.reduce((sum, value) => sum + value, 0)
  const slot = new Int32Array(masked.length).fill(-1)
  const coordinates = new Float32Array(voxelCount * rank)
  const baseline = new Float32Array(voxelCount)
  const chunkCoordinates = new Float64Array(chunk * rank)
  let next = 0
  eachEnhancement(source, chunk, (curves, inSlice, count, baselines) => {
    multiplyTransposed(curves, basis, count, rank, frames, chunkCoordinates)
    coordinates.set(chunkCoordinates.subarray(0, count * rank), next * rank)
    for (let i = 0; i < count; i++) {
      slot[inSlice[i] - fromRow * nx] = next
      baseline[next++] = baselines[i]
    }
  })
  return { nx, rows: toRow - fromRow, slot, coordinates, baseline }
}

function eachEnhancement(
  { view, mask, slice, baselineFrames, fromRow, toRow }: RowSource,
  chunk: number,
  sink: (curves: Float64Array, inSlice: Int32Array, count: number, baselines: Float64Array) => void,
): void {
  const [nx, ny] = view.size
  const { frames, echoTime } = view
  const offset = slice * nx * ny
  const inSlice = new Int32Array(chunk)
  const curves = new Float64Array(chunk * frames)
  const baselines = new Float64Array(chunk)
  let next = fromRow * nx
  const end = toRow * nx
  while (next < end) {
    let count = 0
    for (; next < end && count < chunk; next++) if (mask[offset + next] === 1) inSlice[count++] = next
    gatherSignals(view, slice, inSlice, count, curves)
    for (let i = 0; i < count; i++) {
      baselines[i] = toEnhancement(curves, i * frames, frames, baselineFrames, echoTime)
    }
    if (count > 0) sink(curves, inSlice, count, baselines)
  }
}
