import { LANES, createBlockProduct, padded, type Plane, type VectorUnit } from '../compute/vectorUnit'
import type { CurveSpace } from './curveSpace'
import { within, type ResidueDeconvolution, type VoxelFitter } from './deconvolution'
import { multiply, stack, transpose } from './matrices'
import {
  hasQuietDirections,
  highestOfNoise,
  noiseVariances,
  transitOverNoise,
  withoutNoise,
} from './noiseFloor'
import { chooseComponents, componentCounts } from './oscillation'
import {
  leadingHalfMaximum,
  refinePeak,
  residueWindow,
  type Peak,
  type ResidueWindow,
  type SampledValues,
} from './residue'
import { splineMatrix } from './spline'

/** A deconvolution for curves sampled at `times` (s), with what turns residues into maps. */
export interface ResidueAnalysis extends ResidueDeconvolution {
  times: Float64Array
  /** Weights of the frames whose sum over a curve is the share of blood: see volumeWeights.ts. */
  bloodVolume: Float64Array
  arrival: number
  tissueFactor: number
  /** Frames before the bolus: the noise of their mean is in every sample of a curve. */
  baselineFrames: number
}

/**
 * Maps from the residues of sSVD, cSVD or oSVD, a block of voxels at a time, read from `columns`: enhancement curves
 * [frame × LANES], or their coordinates in `space`. CBF from the highest residue at a time that tissue can be
 * reached, Tmax from its sub-sample place, delay from the leading half maximum, MTT from the areas and CBF where it stands
 * out of the noise, CBV = CBF · MTT, TTP from the peak of the re-convolved curve. Everything up to the residue is linear and comes down to one or two matrix
 * products: interpolation of curves off the uniform grid, and the space, are folded into the matrices.
 */
export function residueMaps(
  unit: VectorUnit,
  analysis: ResidueAnalysis,
  columns: Plane,
  space: CurveSpace | null,
): VoxelFitter {
  const { inverse, grid, arrival, tissueFactor } = analysis
  const { residueStep, fittedSamples, fittedStep } = inverse
  const window = residueWindow(inverse.output, inverse)
  const { volumes, curves, floors } = createResidueProduct(unit, analysis, window, columns, space)
  const quiet = space !== null && hasQuietDirections(space) ? space : null
  const variances = new Float64Array(LANES)
  const residuePeaks = unit.reserve(LANES)
  const fittedPeaks = unit.reserve(LANES)
  const peak: Peak = { index: 0, position: 0, height: 0 }

  return (voxels, maps) => {
    if (quiet !== null) noiseVariances(columns, quiet, variances)
    curves.fill(voxels)
    const fittedFrom = window.samples * LANES
    unit.kernels.highestRows(curves.plane.at, window.samples, LANES, residuePeaks.at)
    unit.kernels.highestRows(curves.plane.at + 4 * fittedFrom, fittedSamples, LANES, fittedPeaks.at)
    const values = curves.plane.floats
    const areas = volumes.floats
    const [highestResidues, highestFitted] = [residuePeaks.integers, fittedPeaks.integers]
    const residue: SampledValues = { values, from: 0, step: LANES, length: window.samples }
    const fitted: SampledValues = { values, from: 0, step: LANES, length: fittedSamples }
    for (let i = 0; i < LANES; i++) {
      const voxel = voxels[i]
      const volume = areas[i]
      if (voxel < 0 || !(volume > 0)) continue
      residue.from = i
      peak.index = highestResidues[i]
      refinePeak(residue, peak)
      if (!(peak.height > 0)) continue
      const hidden = Math.sqrt(variances[i]) * floors[i]
      const height = withoutNoise(peak.height, hidden)
      const flow = 60 * tissueFactor * height
      const transit = transitOverNoise((60 * volume) / flow, height, hidden)
      const rise = leadingHalfMaximum(residue, peak)
      maps.cbv[voxel] = within('cbv', (flow * transit) / 60)
      maps.cbf[voxel] = within('cbf', flow)
      maps.mtt[voxel] = within('mtt', transit)
      maps.tmax[voxel] = within('tmax', (peak.position + window.first) * residueStep)
      maps.delay[voxel] = within('delay', (rise + window.first) * residueStep)
      fitted.from = fittedFrom + i
      peak.index = highestFitted[i]
      refinePeak(fitted, peak)
      maps.ttp[voxel] = within('ttp', peak.position * fittedStep + grid[0] - arrival)
    }
  }
}

interface ResidueProduct {
  /** Blood volume in ml/100 g, [LANES]. */
  volumes: Plane
  curves: {
    /** [residue samples, then samples of the fitted curve × LANES] */
    plane: Plane
    /** Fills both for the block that lies in the columns. */
    fill(voxels: Int32Array): void
  }
  /** The highest sample that unit noise of the columns makes, [LANES]; 0 where it is not known. */
  floors: Float64Array
}

/**
 * The products that take columns to residues and fitted curves: through the components of the inverse, or, where the
 * columns are fewer than the components and none is to be chosen by voxel, at once.
 */
function createResidueProduct(
  unit: VectorUnit,
  {
    inverse,
    judged,
    times,
    grid,
    bloodVolume,
    tissueFactor,
    oscillationLimit,
    baselineFrames,
  }: ResidueAnalysis,
  window: ResidueWindow,
  columns: Plane,
  space: CurveSpace | null,
): ResidueProduct {
  const frames = times.length
  const { rank } = inverse
  const toColumns = (matrix: Float64Array, rows: number): Float64Array =>
    space === null
      ? matrix
      : multiply(matrix, transpose(space.basis, space.rank, frames), rows, frames, space.rank)
  const width = space === null ? frames : space.rank
  const volume = toColumns(
    bloodVolume.map((weight) => weight * tissueFactor),
    1,
  )
  const input = toColumns(multiply(inverse.input, splineMatrix(times, grid), rank, grid.length, frames), rank)
  const output = stack(window.matrix, inverse.fitted)
  const samples = window.samples + inverse.fittedSamples
  const floors = new Float64Array(LANES)
  const floorOf = (kept: number): number => {
    if (space === null) return 0
    const first = window.matrix.map((value, i) => (i % rank < kept ? value : 0))
    return highestOfNoise(multiply(first, input, window.samples, rank, width), space, baselineFrames)
  }
  if (judged === null) floors.fill(floorOf(rank))
  if (judged === null && width <= rank) {
    const all = createBlockProduct(
      unit,
      stack(multiply(output, input, samples, rank, width), volume),
      samples + 1,
      width,
    )
    const plane = unit.reserve(all.rows * LANES)
    return {
      volumes: rowOf(plane, samples),
      curves: { plane, fill: () => all.run(columns, plane.at) },
      floors,
    }
  }
  const first = createBlockProduct(unit, stack(input, volume), rank + 1, width)
  const second = createBlockProduct(unit, output, samples, rank)
  const coordinates = unit.reserve(first.rows * LANES)
  const plane = unit.reserve(padded(samples) * LANES)
  const choose =
    judged === null ? null : componentChoice(judged, oscillationLimit, coordinates, floors, floorOf)
  return {
    volumes: rowOf(coordinates, rank),
    curves: {
      plane,
      fill: (voxels) => {
        first.run(columns, coordinates.at)
        choose?.(voxels)
        second.run(coordinates, plane.at)
      },
    },
    floors,
  }
}

/** oSVD: sets to 0 the coordinates [component × LANES] of the components that a voxel's own threshold drops. */
function componentChoice(
  judged: NonNullable<ResidueAnalysis['judged']>,
  oscillationLimit: number,
  coordinates: Plane,
  floors: Float64Array,
  floorOf: (kept: number) => number,
): (voxels: Int32Array) => void {
  const { rank, residueSamples } = judged
  const counts = componentCounts(judged)
  const output = transpose(judged.output, residueSamples, rank)
  const scratch = new Float64Array(residueSamples)
  const own = new Float64Array(rank)
  const floorOfKept = new Map(Array.from(new Set(counts), (kept) => [kept, floorOf(kept)]))
  return (voxels) => {
    const values = coordinates.floats
    for (let i = 0; i < LANES; i++) {
      if (voxels[i] < 0) continue
      for (let r = 0; r < rank; r++) own[r] = values[r * LANES + i]
      const kept = chooseComponents(judged, output, counts, own, 0, oscillationLimit, scratch)
      for (let r = kept; r < rank; r++) values[r * LANES + i] = 0
      floors[i] = floorOfKept.get(kept) ?? 0
    }
  }
}

function rowOf(plane: Plane, row: number): Plane {
  const from = row * LANES
  return {
    at: plane.at + 4 * from,
    get floats() {
      return plane.floats.subarray(from, from + LANES)
    },
    get integers() {
      return plane.integers.subarray(from, from + LANES)
    },
  }
}
