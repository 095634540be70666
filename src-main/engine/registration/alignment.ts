import type { Vec3 } from '@contract'
import { cross, dot, indexSteps, voxelToWorld, worldToVoxel } from '../volume'
import { finerGrid, type Image } from './finerGrid'
import { medianOfPositive } from './order'
import {
  freedomBasis,
  LEVER_MM,
  PARAMETERS,
  stepWithin,
  type Evaluation,
  type Freedom,
  type Sampled,
} from './poseStep'
import { uncertaintyOf } from './poseUncertainty'
import type { ValueRange } from './reducedGrid'
import { compose, rotationVector, type Rigid } from './rigid'

/** What a frame is brought to, and where in it motion shows. */
export interface AlignmentTarget extends Image {
  /** The reference as it is interpolated: on a grid so fine that lines between its voxels are good enough. */
  finer: Image
  /** Voxels at edges, evenly thinned out; the first of them are a thinner choice of all. */
  edges: Int32Array
}

export interface Alignment {
  /** Takes points of the frame to points of the reference. */
  motion: Rigid
  /** 1 − the correlation of the two images at the edges: 0 where they show the same, 1 where nothing in common. */
  difference: number
  /** Root mean square error within 80 mm of the centre that the images leave room for, mm. */
  uncertaintyMm: number
}

const MOST_EDGES = 16_000
/** Part of the edges that is enough to come near. */
const SOME_EDGES = 3000
/** Change between neighbours, as a share of the range, that makes an edge. */
const STEEP = 0.05
const ITERATIONS = 30
/** A step shorter than this at the surface of the head ends a search, mm. */
const NEAR_STEP_MM = 0.1
const LAST_STEP_MM = 0.003
/** Huber's limit in robust standard deviations: 95 % as efficient as least squares where the noise is normal. */
const HUBER = 1.345
const TO_DEVIATION = 1.4826
/** Finds where a reference has edges within its slices. */
export function alignmentTarget({ geometry, values }: Image, range: ValueRange): AlignmentTarget {
  const [nx, ny, nz] = geometry.size
  const steep = (2 * STEEP * (range.highest - range.lowest)) ** 2
  const near = new Uint8Array(values.length)
  for (let k = 0, at = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) {
        if (i === 0 || j === 0 || i === nx - 1 || j === ny - 1) continue
        const across = values[at + 1] - values[at - 1]
        const down = values[at + nx] - values[at - nx]
        if (across * across + down * down > steep) near[at - 1] = near[at] = near[at + 1] = 1
      }
    }
  }
  let count = 0
  for (let i = 0; i < near.length; i++) count += near[i]
  const stride = Math.max(1, count / MOST_EDGES)
  const inOrder = new Int32Array(Math.floor(count / stride))
  for (let i = 0, seen = 0, kept = 0; i < near.length && kept < inOrder.length; i++) {
    if (near[i] && seen++ >= kept * stride) inOrder[kept++] = i
  }
  return { geometry, values, finer: finerGrid({ geometry, values }), edges: thinnerFirst(inOrder) }
}

/** The same numbers so ordered that the first few are spread over all. */
function thinnerFirst(inOrder: Int32Array): Int32Array {
  const rounds = Math.max(1, Math.floor(inOrder.length / SOME_EDGES))
  const ordered = new Int32Array(inOrder.length)
  for (let round = 0, to = 0; round < rounds; round++) {
    for (let i = round; i < inOrder.length; i += rounds) ordered[to++] = inOrder[i]
  }
  return ordered
}

/** Brings a frame near to the reference: on a part of the edges, and no closer than a tenth of a millimetre. */
export function alignNearly(
  target: AlignmentTarget,
  frame: Float32Array,
  guess: Rigid,
  freedom: Freedom,
): Alignment {
  const some = { ...target, edges: target.edges.subarray(0, SOME_EDGES) }
  return alignUntil(NEAR_STEP_MM, some, frame, guess, freedom)
}

/**
 * The rigid motion that brings a frame (on the reference's grid) onto the reference, from a first guess: the smallest
 * mean of Huber's function of the differences at the edges, by Gauss–Newton steps with Levenberg's damping. What
 * changes with contrast is a small part of the edges and is held down by Huber's limit. The reference is the image that
 * is interpolated, trilinearly.
 */
export function align(
  target: AlignmentTarget,
  frame: Float32Array,
  guess: Rigid,
  freedom: Freedom,
): Alignment {
  const near = alignNearly(target, frame, guess, freedom)
  return alignUntil(LAST_STEP_MM, target, frame, near.motion, freedom)
}

function alignUntil(
  stepMm: number,
  target: AlignmentTarget,
  frame: Float32Array,
  guess: Rigid,
  freedom: Freedom,
): Alignment {
  const sample = edgeSampler(target, frame)
  const basis = freedomBasis(target.geometry, freedom)
  let best = evaluate(sample(guess))
  let motion = guess
  let damping = 1e-4
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const step = stepWithin(best, basis, damping)
    if (step === null) break
    const moved = movedBy(motion, step)
    const next = evaluate(sample(moved))
    // With the limit of the place it comes from, or a step towards better agreement would look like a worse one.
    const lower = huberCost(next, best.limit) < best.cost
    if (lower) {
      motion = moved
      best = next
      damping = Math.max(1e-7, damping / 10)
    } else damping *= 10
    if (Math.hypot(...step) < stepMm || damping > 1e3) break
  }
  return { motion, difference: 1 - correlation(best), uncertaintyMm: uncertaintyOf(best, basis) }
}

function edgeSampler(
  { geometry: ofFrame, finer: { geometry, values }, edges }: AlignmentTarget,
  frame: Float32Array,
): (motion: Rigid) => Sampled {
  const [nx, ny, nz] = geometry.size
  const area = nx * ny
  const [xStep, yStep, zStep] = indexSteps(geometry)
  const volume = dot(xStep, cross(yStep, zStep))
  const [iu, iv, iw] = cross(yStep, zStep).map((value) => value / volume)
  const [ju, jv, jw] = cross(zStep, xStep).map((value) => value / volume)
  const [ku, kv, kw] = cross(xStep, yStep).map((value) => value / volume)
  const [i0, j0, k0] = worldToVoxel(geometry, [0, 0, 0])
  const slack = nz === 1 ? 0.5 : 1e-6
  const lastSlice = Math.max(0, nz - 2)
  const above = nz === 1 ? 0 : area

  const [mx, my] = ofFrame.size
  const positions = new Float64Array(3 * edges.length)
  for (let n = 0; n < edges.length; n++) {
    const voxel = edges[n]
    const index: Vec3 = [voxel % mx, Math.floor(voxel / mx) % my, Math.floor(voxel / (mx * my))]
    positions.set(voxelToWorld(ofFrame, index), 3 * n)
  }
  const buffers = [0, 1].map(() => ({
    residuals: new Float32Array(edges.length),
    frameValues: new Float32Array(edges.length),
    jacobian: new Float32Array(edges.length * PARAMETERS),
    levers: new Float32Array(edges.length * 3),
  }))
  let turn = 0

  return ({ rotation: r, translation: t, centre: c }) => {
    // By turns, so that the last result outlives this one.
    const { residuals, frameValues, jacobian, levers } = buffers[turn++ % 2]
    let count = 0
    for (let n = 0; n < edges.length; n++) {
      const px = positions[3 * n] - c[0]
      const py = positions[3 * n + 1] - c[1]
      const pz = positions[3 * n + 2] - c[2]
      const rx = r[0] * px + r[1] * py + r[2] * pz + t[0]
      const ry = r[3] * px + r[4] * py + r[5] * pz + t[1]
      const rz = r[6] * px + r[7] * py + r[8] * pz + t[2]
      const wx = rx + c[0]
      const wy = ry + c[1]
      const wz = rz + c[2]
      const i = iu * wx + iv * wy + iw * wz + i0
      const j = ju * wx + jv * wy + jw * wz + j0
      const k = ku * wx + kv * wy + kw * wz + k0
      if (!(i >= 0 && j >= 0 && k >= -slack && i < nx - 1 && j < ny - 1 && k <= nz - 1 + slack)) continue
      const ix = Math.floor(i)
      const iy = Math.floor(j)
      const iz = Math.min(lastSlice, Math.max(0, Math.floor(k)))
      const fx = i - ix
      const fy = j - iy
      const fz = nz === 1 ? 0 : k - iz
      const a = iz * area + iy * nx + ix
      const b = a + above
      const lowTop = values[a + 1] - values[a]
      const lowBottom = values[a + nx + 1] - values[a + nx]
      const highTop = values[b + 1] - values[b]
      const highBottom = values[b + nx + 1] - values[b + nx]
      const low0 = values[a] + lowTop * fx
      const low1 = values[a + nx] + lowBottom * fx
      const high0 = values[b] + highTop * fx
      const high1 = values[b + nx] + highBottom * fx
      const low = low0 + (low1 - low0) * fy
      const high = high0 + (high1 - high0) * fy
      const gi = (lowTop * (1 - fy) + lowBottom * fy) * (1 - fz) + (highTop * (1 - fy) + highBottom * fy) * fz
      const gj = (low1 - low0) * (1 - fz) + (high1 - high0) * fz
      const gk = high - low
      frameValues[count] = frame[edges[n]]
      residuals[count] = frameValues[count] - (low + gk * fz)
      const gx = gi * iu + gj * ju + gk * ku
      const gy = gi * iv + gj * jv + gk * kv
      const gz = gi * iw + gj * jw + gk * kw
      const to = count * PARAMETERS
      jacobian[to] = gx
      jacobian[to + 1] = gy
      jacobian[to + 2] = gz
      // g · (ω × p) = ω · (p × g)
      jacobian[to + 3] = (ry * gz - rz * gy) / LEVER_MM
      jacobian[to + 4] = (rz * gx - rx * gz) / LEVER_MM
      jacobian[to + 5] = (rx * gy - ry * gx) / LEVER_MM
      levers[3 * count] = rx
      levers[3 * count + 1] = ry
      levers[3 * count + 2] = rz
      count++
    }
    // Too little of the head in common says nothing about where it is.
    return {
      count,
      enough: count > edges.length / 3 && count >= 100,
      residuals,
      values: frameValues,
      jacobian,
      levers,
    }
  }
}

function evaluate(sampled: Sampled): Evaluation {
  const median = medianOfPositive(sampled.residuals, sampled.count)
  const limit = Math.max(1e-3, HUBER * TO_DEVIATION * median)
  return { ...sampled, limit, cost: huberCost(sampled, limit) }
}

function huberCost({ residuals, count, enough }: Sampled, limit: number): number {
  if (!enough) return Infinity
  let cost = 0
  for (let n = 0; n < count; n++) {
    const size = Math.abs(residuals[n])
    cost += size <= limit ? (size * size) / 2 : limit * (size - limit / 2)
  }
  return cost / count
}

/** Pearson's, of the frame and the reference at the edges that both hold; 0 where one of them is flat. */
function correlation({ residuals, values, count, enough }: Sampled): number {
  if (!enough) return 0
  let [sumF, sumR, ff, rr, fr] = [0, 0, 0, 0, 0]
  for (let n = 0; n < count; n++) {
    const inFrame = values[n]
    const inReference = inFrame - residuals[n]
    sumF += inFrame
    sumR += inReference
    ff += inFrame * inFrame
    rr += inReference * inReference
    fr += inFrame * inReference
  }
  const variance = (ff - (sumF * sumF) / count) * (rr - (sumR * sumR) / count)
  return variance > 0 ? (fr - (sumF * sumR) / count) / Math.sqrt(variance) : 0
}

function movedBy(motion: Rigid, [x, y, z, a, b, c]: number[]): Rigid {
  const rotation = rotationVector([a / LEVER_MM, b / LEVER_MM, c / LEVER_MM])
  return compose({ rotation, translation: [x, y, z], centre: motion.centre }, motion)
}
