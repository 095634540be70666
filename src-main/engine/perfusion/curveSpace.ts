import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import type { ArterialFunction } from './arterialFunction'
import type { BoxLimits } from './boxFit'
import { createBoxModel } from './boxModel'
import { multiply, stack, transpose } from './matrices'
import { modelShapes, spanningBasis } from './shapeTable'

/** The space of all tissue curves an arterial input can cause: a few orthonormal directions carry them. */
export interface CurveSpace {
  rank: number
  frames: number
  /** [rank × frame], orthonormal, by falling share of the energy of plausible curves. */
  basis: Float64Array
  /** Sum of each direction over the frames, [rank]: what an error of the baseline does to the coordinates. */
  offset: Float64Array
}

/** Delays tried, s: finer than the search, so that what lies between is spanned too. */
const DELAY_STEP = 0.7
/** Exponential residues hold boxes narrower than any that is fitted, s. */
const NARROWEST = 0.5
const MOST_DIRECTIONS = 32
/** Share of its energy that a tried curve may lose. */
const LOST_ENERGY = 1e-7

/**
 * The space spanned by the responses of boxes of all delays and widths, sampled at `times`. Every falling residue is a
 * mixture of boxes, so exponential and linear ones lie in it too; noise mostly does not.
 */
export function tissueCurveSpace(
  arterial: ArterialFunction,
  times: Float64Array,
  limits: BoxLimits,
): CurveSpace {
  const frames = times.length
  const { shapes } = modelShapes(
    createBoxModel(arterial, times, false),
    { ...limits, shortestTransit: NARROWEST },
    DELAY_STEP,
  )
  const spanning = spanningBasis(shapes, frames, MOST_DIRECTIONS, LOST_ENERGY)
  const rank = spanning.length / frames
  const coordinates = multiply(
    stack(...shapes),
    transpose(spanning, rank, frames),
    shapes.length,
    frames,
    rank,
  )
  const covariance = multiply(
    transpose(coordinates, shapes.length, rank),
    coordinates,
    rank,
    shapes.length,
    rank,
  )
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    Matrix.from1DArray(rank, rank, covariance),
    { assumeSymmetric: true },
  )
  const order = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[b] - realEigenvalues[a])
  const basis = new Float64Array(rank * frames)
  const offset = new Float64Array(rank)
  order.forEach((from, to) => {
    for (let i = 0; i < frames; i++) {
      let value = 0
      for (let r = 0; r < rank; r++) value += eigenvectorMatrix.get(r, from) * spanning[r * frames + i]
      basis[to * frames + i] = value
      offset[to] += value
    }
  })
  return { rank, frames, basis, offset }
}
