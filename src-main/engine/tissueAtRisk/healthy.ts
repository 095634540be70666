import type { SideChoice, TissueAtRisk } from '@contract'
import { ranked } from '../compute/ranked'
import { LEFT, RIGHT, boxMean, leaveOutIslands, mirroredVoxels, sidesOf, type Midline } from '../masks'
import type { PerfusionMaps } from '../perfusion'
import { voxelVolume } from '../volume'

/** Tissue is late above this Tmax, s, and healthy tissue lies at or below the other. */
const LATE = 6
export const HEALTHY_TMAX = 4
/** ml of late tissue that make a side affected; both are where the lesser has this share of the greater. */
const AFFECTED_ML = 3
const BILATERAL_SHARE = 0.3
/** ml: less healthy tissue than this on the side of reference, and that of both sides is taken. */
const ENOUGH_ML = 10
/** Values above this share of the healthy ones are vessels that the mask missed. */
const HIGHEST_SHARE = 0.95

/**
 * Of the mean of healthy tissue: what has less flow than this is not late, yet no measure of health either, such as an old
 * infarct. Healthy white matter has about 0.64 of it.
 */
const LEAST_FLOW = 0.5

export interface HealthyTissue {
  affectedSide: TissueAtRisk['affectedSide']
  referenceSide: TissueAtRisk['referenceSide']
  /** ml of late tissue on either side. */
  lateMl: { left: number; right: number }
  /** uint8 [voxel]: tissue that flow and time to peak are compared with. */
  healthy: Uint8Array
  healthyMl: number
  /** Of the tissue of the side or sides of reference, the share that is not late. */
  notLateShare: number
  /** ml of tissue there that is not late but has too little flow to be healthy; without islands. */
  poorMl: number
  /** Mean of the healthy voxels without the highest 5 %, ml/100 g/min; null where there is none. */
  cbf: number | null
  /** Mean, ml/100 g. */
  cbv: number | null
  /** Median, s. */
  ttp: number | null
}

/**
 * Finds the side of the lesion and the healthy tissue of the other one: not late (Tmax up to 4 s), in the hemisphere that
 * has less tissue with Tmax above 6 s, or in the one a person chose; in both where both are affected. `maps` are smoothed.
 */
export function findHealthyTissue(
  { geometry, mask }: Pick<PerfusionMaps, 'geometry' | 'mask'>,
  maps: { cbf: Float32Array; cbv: Float32Array; ttp: Float32Array; tmax: Float32Array },
  midline: Midline,
  choice: SideChoice,
  smallestIslandMl: number,
): HealthyTissue {
  const voxelMl = voxelVolume(geometry) / 1000
  const sides = sidesOf(geometry, midline)
  const late = mask.map((inside, i) => (inside !== 0 && maps.tmax[i] > LATE ? 1 : 0))
  leaveOutIslands(late, geometry, smallestIslandMl)
  const lateMl = { left: voxelMl * count(late, sides, LEFT), right: voxelMl * count(late, sides, RIGHT) }
  const affectedSide = affected(lateMl, midline.trusted)
  const referenceSide = choice !== 'automatic' ? choice : otherSide(affectedSide, lateMl, midline.trusted)
  const notLate = mask.map((inside, i) => (inside !== 0 && maps.tmax[i] <= HEALTHY_TMAX ? 1 : 0))
  const ofReference = (tissue: Uint8Array): Uint8Array =>
    referenceSide === 'both'
      ? tissue
      : tissue.map((inside, i) => (sides[i] === codes[referenceSide] ? inside : 0))
  const onSide = ofReference(notLate)
  const enough = voxelMl * sum(onSide) >= ENOUGH_ML
  const compared = enough || choice !== 'automatic' ? onSide : notLate
  const least = LEAST_FLOW * (typical(compared, maps).cbf ?? 0)
  const healthy = compared.map((inside, i) => (maps.cbf[i] >= least ? inside : 0))
  const poor = compared.map((inside, i) => (maps.cbf[i] < least ? inside : 0))
  const tissue = sum(compared === onSide ? ofReference(mask) : mask)
  return {
    affectedSide,
    referenceSide: compared === onSide ? referenceSide : 'both',
    lateMl,
    healthy,
    healthyMl: voxelMl * sum(healthy),
    notLateShare: tissue > 0 ? sum(compared) / tissue : 0,
    poorMl: voxelMl * leaveOutIslands(poor, geometry, smallestIslandMl),
    ...typical(healthy, maps),
  }
}

const codes = { left: LEFT, right: RIGHT }

function affected(
  { left, right }: HealthyTissue['lateMl'],
  sidesKnown: boolean,
): TissueAtRisk['affectedSide'] {
  const [lesser, greater] = left < right ? [left, right] : [right, left]
  if (left + right < AFFECTED_ML) return 'none'
  if (!sidesKnown || (lesser >= AFFECTED_ML && lesser >= BILATERAL_SHARE * greater)) return 'both'
  return left > right ? 'left' : 'right'
}

function otherSide(
  affectedSide: TissueAtRisk['affectedSide'],
  lateMl: HealthyTissue['lateMl'],
  sidesKnown: boolean,
): TissueAtRisk['referenceSide'] {
  if (!sidesKnown || affectedSide === 'none' || affectedSide === 'both') return 'both'
  return lateMl.left > lateMl.right ? 'right' : 'left'
}

function typical(
  healthy: Uint8Array,
  { cbf, cbv, ttp }: { cbf: Float32Array; cbv: Float32Array; ttp: Float32Array },
): Pick<HealthyTissue, 'cbf' | 'cbv' | 'ttp'> {
  const voxels = sum(healthy)
  const flows = healthyOf(cbf, healthy, voxels).sort()
  if (flows.length === 0) return { cbf: null, cbv: null, ttp: null }
  const usual = flows.subarray(0, Math.max(1, Math.round(HIGHEST_SHARE * flows.length)))
  const volumes = healthyOf(cbv, healthy, voxels)
  const peaks = healthyOf(ttp, healthy, voxels)
  return {
    cbf: mean(usual),
    cbv: mean(volumes),
    ttp: ranked(peaks, voxels >> 1),
  }
}

function healthyOf(map: Float32Array, healthy: Uint8Array, voxels: number): Float32Array {
  const values = new Float32Array(voxels)
  for (let i = 0, n = 0; i < map.length; i++) if (healthy[i] === 1) values[n++] = map[i]
  return values
}

/** Radius, mm, over which flow at the mirrored place is averaged, and the share of it that must be healthy. */
const MIRROR_RADIUS = 10
const MIRROR_COVER = 0.15

export interface ComparedFlow {
  /** ml/100 g/min, [voxel]. */
  flow: Float32Array
  /** uint8 [voxel]: 1 where it is that of the mirrored place, 0 where that holds too little. */
  local: Uint8Array
}

/**
 * Flow that each voxel is compared with: the mean of healthy tissue within about 10 mm of its mirror image, or the mean of
 * all healthy tissue where there is too little.
 */
export function mirroredFlow(
  { geometry }: Pick<PerfusionMaps, 'geometry'>,
  cbf: Float32Array,
  { healthy, cbf: usual }: HealthyTissue,
  midline: Midline,
): ComparedFlow {
  const radius = Math.max(1, Math.round(MIRROR_RADIUS / geometry.spacing[0]))
  const cover = boxMean(Float32Array.from(healthy), geometry.size, radius)
  const around = boxMean(
    cbf.map((value, i) => healthy[i] * value),
    geometry.size,
    radius,
  )
  const mirrored = mirroredVoxels(geometry, midline, MIRROR_RADIUS)
  const local = Uint8Array.from(mirrored, (at) => (at >= 0 && cover[at] > MIRROR_COVER ? 1 : 0))
  const flow = cbf.map((_, i) => (local[i] === 1 ? around[mirrored[i]] / cover[mirrored[i]] : (usual ?? 0)))
  return { flow, local }
}

function count(mask: Uint8Array, sides: Uint8Array, side: number): number {
  let voxels = 0
  for (let i = 0; i < mask.length; i++) if (mask[i] === 1 && sides[i] === side) voxels++
  return voxels
}

function sum(mask: Uint8Array): number {
  let voxels = 0
  for (const value of mask) voxels += value
  return voxels
}

function mean(values: Float32Array): number {
  let total = 0
  for (const value of values) total += value
  return total / values.length
}
