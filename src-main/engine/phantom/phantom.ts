import type { Geometry } from '@contract'
import { stopIfCancelled, type Run } from '../compute/run'
import { voxelToWorld } from '../volume'
import { headArterialInput, kudoArterialInput, venousOutput, type Bolus } from './bolus'
import { acquisitionTimes, decimal, phantomGeometry } from './grid'
import { headVoxels } from './head'
import { kudoVoxels } from './kudo'
import { headMotion, motionMargin, type Pose } from './motion'
import { samplingOf, type PhantomOptions } from './options'
import { pointGeometry, takePerfusion, type Sampling } from './planes'
import { mttRange, tissueResponse, type TissueResponse } from './residue'
import { withoutMargin, type PhantomVoxels } from './tissue'

/** A digital perfusion phantom: everything its images and its truth follow from, but no images yet. */
export interface Phantom {
  options: PhantomOptions
  geometry: Geometry
  frames: number
  /** When each slice is acquired, [frame × slices + slice], s from the first. */
  times: Float64Array
  arterial: Bolus
  venous: Bolus
  response: TissueResponse
  /** On `geometry`. */
  voxels: PhantomVoxels
  /** Place of the head in every frame; null: it does not move. */
  poses: Pose[] | null
  /** The same head on a grid with `margin` more slices at either end, for motion to bring into view. */
  stillGeometry: Geometry
  stillVoxels: PhantomVoxels
  margin: number
  /** That head at the points that each voxel is the mean of; null: a voxel shows its middle. */
  finer: { sampling: Sampling; geometry: Geometry; voxels: PhantomVoxels } | null
}

/** Longest the enhancement of a tissue can last after the scan, s; its peak is sought until then. */
const TAIL = 70

/** Makes a phantom. Throws `usage` for a lesion that does not fit; stops with the run. */
export async function makePhantom(options: PhantomOptions, run: Run = {}): Promise<Phantom> {
  stopIfCancelled(run)
  const geometry = phantomGeometry(options)
  const times = acquisitionTimes(options)
  const duration = Math.max(times[times.length - 1], mttRange.highest) + TAIL
  const arterial =
    options.kind === 'kudo'
      ? kudoArterialInput(duration)
      : headArterialInput(duration, options.individual?.bolus)
  const margin = motionMargin(options.motion, options.thickness)
  const stillGeometry = withMargin(geometry, margin)
  const stillVoxels =
    options.kind === 'kudo'
      ? kudoVoxels(stillGeometry, margin)
      : await headVoxels(options, stillGeometry, margin, run)
  const [nx, ny] = geometry.size
  const sampling = samplingOf(options)
  let finer: Phantom['finer'] = null
  if (sampling.planes > 1 || sampling.points > 1) {
    const grid = pointGeometry(stillGeometry, sampling)
    finer = {
      sampling,
      geometry: grid,
      voxels: await headVoxels(options, grid, margin * sampling.planes, run),
    }
    takePerfusion(stillVoxels, finer.voxels, sampling, geometry.size)
  }
  return {
    options,
    geometry,
    frames: options.volumes,
    times,
    arterial,
    venous: venousOutput(arterial, options.individual?.bolus),
    response: tissueResponse(options.residue, arterial),
    voxels: withoutMargin(stillVoxels, nx * ny, margin),
    poses: options.motion > 0 ? headMotion(options.volumes, options.motion, options.seed) : null,
    stillGeometry,
    stillVoxels,
    margin,
    finer,
  }
}

function withMargin(geometry: Geometry, margin: number): Geometry {
  const [nx, ny, nz] = geometry.size
  const [x, y, z] = voxelToWorld(geometry, [0, 0, -margin])
  return { ...geometry, size: [nx, ny, nz + 2 * margin], origin: [decimal(x), decimal(y), decimal(z)] }
}
