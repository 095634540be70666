import type { Geometry, Vec3 } from '@contract'
import { resampleSlices } from '../registration'
import type { Bolus } from './bolus'
import { sampleAt } from './bolus'
import { sourceIndex, type SourceIndex } from './motion'
import { noiseMaker } from './noise'
import type { Phantom } from './phantom'
import { addPlane, meanOfPoints, pointGeometry, type Sampling } from './planes'
import { responseAt } from './residue'
import { ML_PER_100G } from './tissue'

/** Lowest and highest value a CT stores, HU. */
const CT_RANGE = [-1024, 3071] as const
const MR_RANGE = [0, 32767] as const
/**
 * −ln(S/S0) of an enhancement of 1 HU in DSC-MRI: the arterial peak takes away 92 % of the signal.
 */
const ATTENUATION_PER_HU = Math.log(12.5) / 400

/** Makes the time points of a phantom, one at a time, in any order: whole HU (MR: counts), x fastest, then y, slice. */
export type FrameRenderer = (frame: number) => Int16Array

/**
 * A renderer of the phantom's time points. Every call writes into the same array, so that a long series needs the
 * memory of one frame. What a voxel shows is baseline + enhancement at the slice's own time, moved with the head, with
 * noise, rounded to whole numbers as a scanner does.
 */
export function frameRenderer(phantom: Phantom): FrameRenderer {
  const { options, geometry, poses, finer } = phantom
  const [nx, ny, nz] = geometry.size
  const sliceLength = nx * ny
  const sampling = finer?.sampling ?? { planes: 1, points: 1 }
  const stillGeometry = finer?.geometry ?? phantom.stillGeometry
  const grid = pointGeometry(geometry, sampling)
  const still = new Float32Array(stillGeometry.size[0] * stillGeometry.size[1] * stillGeometry.size[2])
  const moved = poses || finer ? new Float32Array(sliceLength * nz) : still
  const noise = new Float32Array(sliceLength)
  const makeNoise = noiseMaker(nx, ny, geometry.spacing[0], options.seed)
  const [lowest, highest] = options.modality === 'mr' ? MR_RANGE : CT_RANGE
  const stored = new Int16Array(sliceLength * nz)

  return (frame) => {
    renderStill(phantom, frame, still)
    if (poses) {
      const source = sourceIndex(poses[frame], grid, stillGeometry)
      moveInto(moved, geometry.size, still, stillGeometry, source, sampling)
    } else if (finer) {
      meanOfPoints(still, sampling, geometry.size, moved)
    }
    for (let slice = 0; slice < nz; slice++) {
      if (options.noise > 0) makeNoise(frame, slice, noise)
      const start = slice * sliceLength
      storeSlice(moved, noise, options.noise, stored, start, lowest, highest)
    }
    return stored
  }
}

/** Adds noise of a standard deviation, rounds and clips one slice. */
function storeSlice(
  image: Float32Array,
  noise: Float32Array,
  deviation: number,
  stored: Int16Array,
  start: number,
  lowest: number,
  highest: number,
): void {
  for (let i = 0; i < noise.length; i++) {
    const value = Math.floor(image[start + i] + deviation * noise[i] + 0.5)
    stored[start + i] = value < lowest ? lowest : value > highest ? highest : value
  }
}

/** The head at its first place, without noise, at the times of a frame's slices. */
function renderStill(phantom: Phantom, frame: number, image: Float32Array): void {
  const { options, margin, times, response, arterial, venous, finer } = phantom
  const { baseline, cbv, mtt, delay, artery, vein } = finer?.voxels ?? phantom.stillVoxels
  const planes = finer?.sampling.planes ?? 1
  const [nx, ny, slices] = (finer?.geometry ?? phantom.stillGeometry).size
  const nz = slices / planes - 2 * margin
  const contrast = options.modality === 'mr' ? mrContrast : ctContrast
  for (let slice = 0; slice < slices; slice++) {
    const ofGrid = Math.floor(slice / planes) - margin
    const t = times[frame * nz + Math.min(Math.max(ofGrid, 0), nz - 1)]
    const inArtery = enhancement(arterial, t)
    const inVein = enhancement(venous, t)
    const start = slice * nx * ny
    for (let at = start; at < start + nx * ny; at++) {
      const vessel = artery[at] + vein[at]
      if (mtt[at] === 0 && vessel === 0) {
        image[at] = baseline[at]
        continue
      }
      const tissue = mtt[at] > 0 ? (cbv[at] / ML_PER_100G) * responseAt(response, t - delay[at], mtt[at]) : 0
      image[at] = contrast(baseline[at], tissue, artery[at], inArtery, vein[at], inVein)
    }
  }
}

function enhancement({ curve, step }: Bolus, t: number): number {
  return sampleAt(curve, step, t)
}

/** Attenuation adds up within a voxel. */
function ctContrast(
  baseline: number,
  tissue: number,
  artery: number,
  inArtery: number,
  vein: number,
  inVein: number,
): number {
  return baseline + (1 - artery - vein) * tissue + artery * inArtery + vein * inVein
}

/** Signals, not concentrations, add up within a voxel: S = S0 · Σ share · exp(−TE·ΔR2*). */
function mrContrast(
  baseline: number,
  tissue: number,
  artery: number,
  inArtery: number,
  vein: number,
  inVein: number,
): number {
  const remaining = (enhancementHu: number): number => Math.exp(-ATTENUATION_PER_HU * enhancementHu)
  return (
    baseline *
    ((1 - artery - vein) * remaining(tissue) + artery * remaining(inArtery) + vein * remaining(inVein))
  )
}

/** Resamples the still head onto the scanner's grid, each voxel the mean of the points within it. */
function moveInto(
  moved: Float32Array,
  [nx, ny, nz]: Vec3,
  still: Float32Array,
  stillGeometry: Geometry,
  { start, steps: [x, y, z] }: SourceIndex,
  { planes, points }: Sampling,
): void {
  moved.fill(0)
  const plane = new Float32Array(stillGeometry.size[0] * stillGeometry.size[1])
  for (let p = 0; p < nz * planes; p++) {
    resampleSlices(still, stillGeometry.size, { start, x, y, z }, [p, p], plane, 0)
    const slice = Math.floor(p / planes)
    addPlane(plane, points, nx, moved.subarray(slice * nx * ny, (slice + 1) * nx * ny), 1 / planes)
  }
}
