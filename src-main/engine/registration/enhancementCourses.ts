import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { frameOf, type VolumeSeries } from '../volume'
import { median } from './order'
import type { SlabRange } from './reducedGrid'

/** How contrast comes and goes in a slab, and how much one voxel is off. */
export interface EnhancementCourses {
  /** [frame × course]; the first course is 1, the others have no mean and a largest value of 1. */
  courses: Float64Array
  count: number
  /** Standard deviation over time of one voxel, stored values. */
  noise: number
  /** What a sample is off even without noise, because pixels are interpolated in the slices; stored values. */
  leastError: number
}

/** Courses besides the constant one: fewer do not follow late tissue, more follow the noise. */
const COURSES = 5
/** Brain and vessels over time, HU; elsewhere the middle half of the head. */
const SOFT_TISSUE = [0, 110] as const
/** Vessels among the voxels of brain: those that change most. */
const VESSEL_SHARE = 0.004
const FEWEST_VOXELS = 200
/** Of the range of soft tissue: 4 HU. */
const INTERPOLATION_ERROR = 0.036
/** Around an artery, what it loses by resampling is found again. */
const AROUND_ARTERIES_MM = 3
/** The same curves earlier and later, s. */
const VESSEL_SHIFTS = [-2, 0, 2]
const TISSUE_SHIFTS = [0, 2, 4, 6, 8]

/**
 * The courses of enhancement that the voxels of a slab are made of: the mean curves of brain and of vessels, earlier and
 * later, and of these the few that they all nearly follow from. Means over many
 * voxels, away from bone, because curves of single voxels hold the motion that is to be told from them. `series` has its
 * frames in place already. Null where there is no brain.
 */
export function enhancementCourses(series: VolumeSeries, slab: SlabRange): EnhancementCourses | null {
  const { frames, geometry, times } = series
  const [nx, ny, nz] = geometry.size
  const area = nx * ny
  const early = Math.max(3, Math.round(0.1 * frames))
  const before = meanOf(series, slab, early)
  const means = meanOf(series, slab, frames)
  const [lowest, highest] = softTissue(series, before)
  // Before contrast: with it a sinus is as bright as bone.
  const inside = (at: number): boolean => before[at] > lowest && before[at] < highest
  const steps = [0, -1, 1, -nx, nx, -area, area]
  const start = slab[0] * area
  const brain: number[] = []
  for (let at = area; at < means.length - area; at++) {
    if (steps.every((step) => inside(at + step))) brain.push(at + start)
  }
  if (brain.length < FEWEST_VOXELS) return null
  const change = Float32Array.from(brain, (at) => Math.abs(means[at - start] - before[at - start]))
  const limit = change.slice().sort()[Math.floor((1 - VESSEL_SHARE) * (brain.length - 1))]
  const vessels = brain.filter((_, i) => change[i] >= limit)
  const [arteries, veins] = earlyAndLate(series, vessels)
  const middle = (slab[0] + slab[1]) >> 1
  const clock = Float64Array.from({ length: frames }, (_, frame) => times[frame * nz + middle])
  const ofBrain = meanCurve(series, brain)
  const inSlab = (at: number): boolean => at >= start && at - start < before.length && inside(at - start)
  const curves = [
    ...shifted(arterialCurve(series, arteries, inSlab, ofBrain), clock, VESSEL_SHIFTS),
    ...shifted(meanCurve(series, veins), clock, VESSEL_SHIFTS),
    ...shifted(ofBrain, clock, TISSUE_SHIFTS),
  ]
  const chosen = spanning(curves, COURSES)
  const count = chosen.length + 1
  const courses = new Float64Array(frames * count).fill(1)
  chosen.forEach((curve, k) => curve.forEach((value, frame) => (courses[frame * count + k + 1] = value)))
  const leastError = INTERPOLATION_ERROR * (highest - lowest)
  return { courses, count, noise: noiseOf(series, brain), leastError }
}

/** Mean over the first `frames`, [voxel] of the slab. */
function meanOf(series: VolumeSeries, [first, last]: SlabRange, frames: number): Float32Array {
  const area = series.geometry.size[0] * series.geometry.size[1]
  const means = new Float32Array((last - first + 1) * area)
  for (let frame = 0; frame < frames; frame++) {
    const voxels = frameOf(series, frame)
    for (let i = 0, from = first * area; i < means.length; i++, from++) means[i] += voxels[from]
  }
  for (let i = 0; i < means.length; i++) means[i] /= frames
  return means
}

function softTissue({ unit, slope, intercept }: VolumeSeries, means: Float32Array): [number, number] {
  if (unit === 'HU') {
    return [(SOFT_TISSUE[0] - intercept) / slope, (SOFT_TISSUE[1] - intercept) / slope]
  }
  const overall = means.reduce((sum, value) => sum + value, 0) / means.length
  const head = median(means.filter((value) => value > overall))
  return [0.5 * head, 1.5 * head]
}

/** The third of the voxels whose contrast comes first, and the third where it comes last. */
function earlyAndLate(series: VolumeSeries, voxels: readonly number[]): [number[], number[]] {
  const middle = voxels.map((at) => {
    let [sum, weighted] = [0, 0]
    const start = series.voxels[at]
    for (let frame = 0; frame < series.frames; frame++) {
      const change = Math.abs(frameOf(series, frame)[at] - start)
      sum += change
      weighted += change * frame
    }
    return sum > 0 ? weighted / sum : 0
  })
  const order = voxels.map((_, i) => i).sort((a, b) => middle[a] - middle[b])
  const third = Math.ceil(voxels.length / 3)
  const of = (indices: number[]): number[] => indices.map((i) => voxels[i])
  return [of(order.slice(0, third)), of(order.slice(-third))]
}

/**
 * What arteries and the brain around them show above the brain. Arteries are thinner than slices: resampled by lines, each
 * loses height as the head moves, but its surroundings gain what it loses.
 */
function arterialCurve(
  series: VolumeSeries,
  arteries: readonly number[],
  inside: (at: number) => boolean,
  ofBrain: Float64Array,
): Float64Array {
  const { size, spacing } = series.geometry
  const [across, along] = [0, 1].map((axis) => Math.round(AROUND_ARTERIES_MM / spacing[axis]))
  const around = new Set<number>()
  for (const artery of arteries) {
    for (let z = -1; z <= 1; z++) {
      for (let y = -along; y <= along; y++) {
        for (let x = -across; x <= across; x++) {
          const at = artery + (z * size[1] + y) * size[0] + x
          if (inside(at)) around.add(at)
        }
      }
    }
  }
  return meanCurve(series, [...around]).map((value, frame) => value - ofBrain[frame])
}

function meanCurve(series: VolumeSeries, voxels: readonly number[]): Float64Array {
  return Float64Array.from({ length: series.frames }, (_, frame) => {
    const values = frameOf(series, frame)
    return voxels.reduce((sum, at) => sum + values[at], 0) / voxels.length
  })
}

/** The curve as it would be so many seconds later, of height 1; before its begin and after its end it goes on. */
function shifted(curve: Float64Array, clock: Float64Array, seconds: readonly number[]): Float64Array[] {
  const start = (curve[0] + curve[1] + curve[2]) / 3
  const height = Math.max(1e-9, ...curve.map((value) => Math.abs(value - start)))
  const at = (time: number): number => {
    let frame = 0
    while (frame < clock.length - 2 && clock[frame + 1] <= time) frame++
    const share = Math.min(1, Math.max(0, (time - clock[frame]) / (clock[frame + 1] - clock[frame])))
    return (curve[frame] + (curve[frame + 1] - curve[frame]) * share - start) / height
  }
  return seconds.map((later) => clock.map((time) => at(time - later)))
}

/**
 * The few courses without a mean, orthogonal to one another and of largest value 1, that hold most of the energy of the
 * curves (principal components).
 */
function spanning(curves: Float64Array[], most: number): Float64Array[] {
  const centred = curves.map((curve) => {
    const mean = curve.reduce((sum, value) => sum + value, 0) / curve.length
    return curve.map((value) => value - mean)
  })
  const products = new Matrix(
    centred.map((a) => centred.map((b) => a.reduce((sum, value, t) => sum + value * b[t], 0))),
  )
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(products, {
    assumeSymmetric: true,
  })
  const least = 1e-4 * Math.max(...realEigenvalues)
  return realEigenvalues
    .map((energy, index) => ({ energy, index }))
    .filter(({ energy }) => energy > least)
    .sort((a, b) => b.energy - a.energy)
    .slice(0, most)
    .map(({ index }) => {
      const course = centred[0].map((_, t) =>
        centred.reduce((sum, curve, c) => sum + eigenvectorMatrix.get(c, index) * curve[t], 0),
      )
      const height = Math.max(...course.map(Math.abs))
      return course.map((value) => value / height)
    })
}

/** From second differences over time, which neither contrast nor motion between two places moves by much. */
function noiseOf(series: VolumeSeries, voxels: readonly number[]): number {
  const every = Math.max(1, Math.floor(voxels.length / 500))
  const differences: number[] = []
  for (let frame = 1; frame + 1 < series.frames; frame++) {
    const [before, now, after] = [frame - 1, frame, frame + 1].map((each) => frameOf(series, each))
    for (let i = 0; i < voxels.length; i += every) {
      const at = voxels[i]
      differences.push(Math.abs(before[at] - 2 * now[at] + after[at]))
    }
  }
  // 1.4826 · the median is the deviation of a normal distribution; a second difference has √6 of it.
  return Math.max(0.5, (1.4826 * median(differences)) / Math.sqrt(6))
}
