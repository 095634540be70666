import { integralUntil, type ArterialFunction } from './arterialFunction'
import { within, type ResidueDeconvolution, type VoxelFitter } from './deconvolution'
import { multiply, multiplyTransposed } from './matrixProduct'
import { chooseComponents, componentCounts } from './oscillation'
import { findPeak, leadingHalfMaximum, unwrap, type Peak } from './residue'
import { splineMatrix } from './spline'

/** A deconvolution for curves sampled at `times` (s), with what turns residues into maps. */
export interface ResidueAnalysis extends ResidueDeconvolution {
  times: Float64Array
  arterial: ArterialFunction
  arrival: number
  tissueFactor: number
}

const MOST_VOXELS = 64

/**
 * Maps from the residues of sSVD, cSVD or oSVD, a chunk of voxels in two matrix products (coordinates, then residues).
 * CBF from the highest residue, Tmax from its sub-sample place (negative ones survive on a circulant), delay from the
 * leading half maximum, CBV from the areas, MTT = CBV/CBF, TTP from the peak of the re-convolved curve. Curves off the
 * uniform grid are interpolated by the same matrix that takes their coordinates.
 */
export function residueMaps(analysis: ResidueAnalysis): VoxelFitter {
  const { inverse, judged, times, grid, arterial, arrival, tissueFactor, oscillationLimit } = analysis
  const frames = times.length
  const { rank, residueSamples, residueStep, circular, fittedSamples, fittedStep } = inverse
  const input = multiply(inverse.input, splineMatrix(times, grid), rank, grid.length, frames)
  const weights = trapezoidWeights(times)
  const arterialArea = integralUntil(arterial, times[frames - 1])
  const coordinates = new Float64Array(MOST_VOXELS * rank)
  const residues = new Float64Array(MOST_VOXELS * residueSamples)
  const fitted = new Float64Array(MOST_VOXELS * fittedSamples)
  const counts = judged === null ? null : componentCounts(judged)
  const judgedOutput = judged === null ? null : transpose(judged.output, judged.residueSamples, rank)
  const scratch = new Float64Array(judged?.residueSamples ?? 0)
  const peak: Peak = { index: 0, position: 0, height: 0 }

  return (curves, voxels, count, maps) => {
    multiplyTransposed(curves, input, count, rank, frames, coordinates)
    if (judged !== null && counts !== null && judgedOutput !== null) {
      for (let i = 0; i < count; i++) {
        const from = i * rank
        const kept = chooseComponents(
          judged,
          judgedOutput,
          counts,
          coordinates,
          from,
          oscillationLimit,
          scratch,
        )
        coordinates.fill(0, from + kept, from + rank)
      }
    }
    multiplyTransposed(coordinates, inverse.output, count, residueSamples, rank, residues)
    multiplyTransposed(coordinates, inverse.fitted, count, fittedSamples, rank, fitted)
    for (let i = 0; i < count; i++) {
      let area = 0
      for (let t = 0, at = i * frames; t < frames; t++, at++) area += weights[t] * curves[at]
      const volume = tissueFactor * (area / arterialArea)
      findPeak(residues, i * residueSamples, residueSamples, circular, peak)
      if (!(peak.height > 0) || !(volume > 0)) continue
      const voxel = voxels[i]
      const flow = 60 * tissueFactor * peak.height
      const rise = leadingHalfMaximum(residues, i * residueSamples, residueSamples, circular, peak)
      const wrap = circular ? unwrap(peak.position, residueSamples) - peak.position : 0
      maps.cbv[voxel] = within('cbv', volume)
      maps.cbf[voxel] = within('cbf', flow)
      maps.mtt[voxel] = within('mtt', (60 * volume) / flow)
      maps.tmax[voxel] = within('tmax', (peak.position + wrap) * residueStep)
      maps.delay[voxel] = within('delay', (rise + wrap) * residueStep)
      findPeak(fitted, i * fittedSamples, fittedSamples, false, peak)
      maps.ttp[voxel] = within('ttp', peak.position * fittedStep + grid[0] - arrival)
    }
  }
}

function trapezoidWeights(times: Float64Array): Float64Array {
  const last = times.length - 1
  return times.map((_, i) => 0.5 * (times[Math.min(i + 1, last)] - times[Math.max(i - 1, 0)]))
}

export function transpose(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(matrix.length)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j]
  }
  return result
}
