import { frameOf, voxelVolume, type VolumeSeries } from '../volume'
import { BONE } from './brain'
import { close, fillHoles, labelComponents, meanWithin, type Grid } from './morphology'

/** Cerebrospinal fluid lies below this, HU (about 0 to 15; white matter about 29, an acute infarct above 20). */
export const FLUID_HU = 18
/** Enhancement of a large vessel: above this many HU, or above this share of the scaled arterial peak. */
const VESSEL_HU = 120
const VESSEL_SHARE = 0.4
/** ml: bone smaller than this is calcification or noise. */
const SMALLEST_BONE = 0.5
/** mm: gaps in the mask of the tissue that belong to the brain: sulci, ventricles and vessels. */
const GAPS = 6

/** The highest enhancement that is tissue's. `arterialPeak` is that of the scaled artery, Infinity where unknown. */
export function vesselEnhancement(arterialPeak: number, ct: boolean): number {
  return ct ? Math.min(VESSEL_HU, VESSEL_SHARE * arterialPeak) : VESSEL_SHARE * arterialPeak
}

/** Where what lies in a head, each [voxel], 0 or 1. On MR there is no skull and no fluid to be told. */
export interface HeadMasks {
  skull: Uint8Array
  /** Tissue, fluid and vessels inside the skull. */
  brain: Uint8Array
  fluid: Uint8Array
  vessels: Uint8Array
}

/** What maps tell of a head. */
export interface FoundTissue {
  /** Tissue: the brain without fluid and large vessels. */
  mask: Uint8Array
  aif: { scale: number; voxels: unknown[]; quality: { peak: number } }
  baselineFrames: number
}

/**
 * Skull, brain, fluid and large vessels of a series whose tissue is known (of PerfusionMaps): bone above 300 HU in one
 * piece of at least 0.5 ml; the brain is the tissue with its gaps closed; in it fluid lies below 18 HU before contrast,
 * and vessels rise by more than 120 HU or 40 % of the artery.
 */
export function headMasks(series: VolumeSeries, { mask, aif, baselineFrames }: FoundTissue): HeadMasks {
  const { geometry, frames, slope, intercept } = series
  const ct = series.kind !== 'mr-perfusion'
  const volume = mask.length
  const baseline = new Float32Array(volume)
  const before = Math.max(1, Math.min(frames, baselineFrames))
  for (let frame = 0; frame < before; frame++) {
    const stored = frameOf(series, frame)
    for (let i = 0; i < volume; i++) baseline[i] += (stored[i] * slope + intercept) / before
  }
  const skull = ct ? bonesOf(baseline, series) : new Uint8Array(volume)
  const brain = closeGaps(mask, geometry)
  for (let i = 0; i < volume; i++) if (skull[i] === 1) brain[i] = 0
  const fluid = new Uint8Array(volume)
  const vessels = new Uint8Array(volume)
  if (!ct) return { skull, brain, fluid, vessels }
  const smooth = meanWithin(baseline, brain, geometry.size, 1)
  const limit = vesselEnhancement(aif.voxels.length > 0 ? aif.quality.peak * aif.scale : Infinity, ct)
  const noTissue: number[] = []
  for (let i = 0; i < volume; i++) if (brain[i] === 1 && mask[i] !== 1) noTissue.push(i)
  const highest = highestOf(series, Int32Array.from(noTissue))
  noTissue.forEach((i, n) => {
    if (highest[n] - baseline[i] > limit) vessels[i] = 1
    else if (smooth[i] < FLUID_HU) fluid[i] = 1
  })
  return { skull, brain, fluid, vessels }
}

/** The highest value over time of some voxels. */
function highestOf(series: VolumeSeries, voxels: Int32Array): Float32Array {
  const { frames, slope, intercept } = series
  const highest = new Float32Array(voxels.length).fill(-Infinity)
  for (let frame = 0; frame < frames; frame++) {
    const stored = frameOf(series, frame)
    for (let n = 0; n < voxels.length; n++) {
      const value = stored[voxels[n]] * slope + intercept
      if (value > highest[n]) highest[n] = value
    }
  }
  return highest
}

function bonesOf(baseline: Float32Array, { geometry }: VolumeSeries): Uint8Array {
  const bone = new Uint8Array(baseline.length)
  for (let i = 0; i < bone.length; i++) if (baseline[i] > BONE) bone[i] = 1
  const { labels, sizes } = labelComponents(bone, geometry.size)
  const least = SMALLEST_BONE / (voxelVolume(geometry) / 1000)
  return bone.map((value, i) => (value === 1 && sizes[labels[i] - 1] >= least ? 1 : 0))
}

function closeGaps(mask: Uint8Array, { size, spacing }: Grid): Uint8Array {
  const flat: Grid = { size: [size[0], size[1], 1], spacing }
  const area = size[0] * size[1]
  const closed = new Uint8Array(mask.length)
  for (let z = 0; z < size[2]; z++) {
    const slice = mask.subarray(z * area, (z + 1) * area).map((value) => (value === 0 ? 0 : 1))
    closed.set(fillHoles(close(slice, flat, GAPS), flat), z * area)
  }
  return closed
}
