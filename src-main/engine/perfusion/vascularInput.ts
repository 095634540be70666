import type { Vec3, VascularInput } from '@contract'
import {
  sampleArterial,
  tabulateArterial,
  type ArterialFunction,
  type ArterialReach,
  type SampledCurve,
} from './arterialFunction'
import { describeCurve, type CurveShape } from './curveFeatures'
import { gatherEnhancement } from './enhancement'
import { fitGammaVariate, type GammaVariate } from './gammaVariate'
import type { SeriesView } from '../volume'
import type { Timing } from './timing'

/** A mean vascular curve of a slice at that slice's times; the weight is its number of voxels. */
export type SliceCurve = SampledCurve & { weight: number }

/**
 * Mean enhancement of the voxels, a curve for each slice they lie in. Voxels are indices in the volume; their order
 * and repetitions do not matter, to the last bit.
 */
export function meanCurves(
  view: SeriesView,
  timing: Timing,
  baselineFrames: readonly number[],
  voxels: readonly number[],
): SliceCurve[] {
  const area = view.size[0] * view.size[1]
  const bySlice = new Map<number, number[]>()
  for (const voxel of Int32Array.from(new Set(voxels)).sort()) {
    const slice = Math.floor(voxel / area)
    bySlice.set(slice, [...(bySlice.get(slice) ?? []), voxel - slice * area])
  }
  return [...bySlice].map(([slice, inSlice]) => {
    const curves = new Float64Array(inSlice.length * view.frames)
    gatherEnhancement(view, slice, Int32Array.from(inSlice), inSlice.length, baselineFrames[slice], curves)
    const values = new Float64Array(view.frames)
    for (let i = 0; i < curves.length; i++) values[i % view.frames] += curves[i] / inSlice.length
    return { times: timing.slices[slice], values, weight: inSlice.length }
  })
}

/** A vascular curve in all its forms, before partial-volume scaling. */
export interface VascularCurve {
  voxels: number[]
  curves: SliceCurve[]
  continuous: ArterialFunction
  /** Its first pass; null where the curve is no gamma variate. */
  firstPass: GammaVariate | null
  /** On the uniform grid. */
  sampled: Float64Array
  shape: CurveShape
}

/** The mean curve of the voxels, continuous and on the uniform grid, with its shape. */
export function vascularCurve(
  view: SeriesView,
  timing: Timing,
  baselineFrames: readonly number[],
  voxels: readonly number[],
  reach: ArterialReach,
): VascularCurve {
  const curves = meanCurves(view, timing, baselineFrames, voxels)
  const rough = sampleArterial(tabulateArterial(curves, reach), timing.grid)
  const firstPass = fitGammaVariate(timing.grid, rough)
  const continuous = tabulateArterial(curves, reach, firstPass)
  const sampled = sampleArterial(continuous, timing.grid)
  const shape: CurveShape = { peak: 0, timeToPeak: 0, area: 0, firstPass: 0, halfRise: 0, width: 0, tail: 0 }
  describeCurve(sampled, 0, timing.grid, shape)
  return { voxels: [...voxels], curves, continuous, firstPass, sampled, shape }
}

/** The curve as the contract carries it. */
export function describeInput(
  curve: VascularCurve,
  timing: Timing,
  size: Vec3,
  scale: number,
  quality: Pick<VascularInput['quality'], 'grade' | 'score' | 'reasons'>,
): VascularInput {
  const { shape } = curve
  return {
    voxels: curve.voxels.map((voxel) => voxelPosition(voxel, size)),
    times: Array.from(timing.grid),
    curve: Array.from(curve.sampled),
    scale,
    quality: {
      ...quality,
      peak: shape.peak,
      timeToPeak: shape.timeToPeak,
      fullWidthHalfMaximum: shape.width,
      area: shape.area,
    },
  }
}

export function voxelPosition(voxel: number, [nx, ny]: Vec3): Vec3 {
  return [voxel % nx, Math.floor(voxel / nx) % ny, Math.floor(voxel / (nx * ny))]
}
