import { CBF_STEPS, TMAX_STEPS, type SideChoice, type TissueAtRisk, type TissueAtRiskRule } from '@contract'
import { ranked } from '../compute/ranked'
import { findMidline, leaveOutIslands, smootherWithin, type Midline } from '../masks'
import { mapDefinitions, type PerfusionMaps } from '../perfusion'
import { voxelVolume } from '../volume'
import { usualThreshold } from './coreThreshold'
import { findHealthyTissue, mirroredFlow, type ComparedFlow, type HealthyTissue } from './healthy'
import { statementsOf } from './words'

export interface AssessOptions {
  /** Which hemisphere is healthy; found where none is given. */
  referenceSide?: SideChoice
  /** Where it is known already, from `findMidline(maps.geometry, maps.mask)`. */
  midline?: Midline
}

/** Tissue at risk and where it lies; masks are [voxel] on the grid of the maps, 0 or 1. */
export interface TissueAtRiskAssessment extends TissueAtRisk {
  core: Uint8Array
  hypoperfusion: Uint8Array
}

/** Values of the hypoperfusion and CBV index, s. */
const INDEX_TMAX = { lower: 6, upper: 10 }
/** ml/100 g: core by a threshold that needs no healthy side (Wintermark et al., Stroke 2006;37:979). */
const ABSOLUTE_CBV = 2

/**
 * Core, hypoperfusion and what follows from them by a rule: volumes, mismatch, steps, indices and words. Maps are smoothed
 * within the mask, thresholded against healthy tissue of the reference hemisphere, and islands left out. A voxel of core
 * whose arrival cannot be measured any more (no contrast reaches it) counts as hypoperfused where hypoperfused tissue
 * surrounds it. The usual rule becomes that of the method; without a plane of symmetry, or a healthy side, nothing is
 * mirrored. Nothing here knows the quality of the study: see `judgedBy`. An empty mask has no volumes.
 */
export function assessTissueAtRisk(
  maps: PerfusionMaps,
  asked: TissueAtRiskRule,
  { referenceSide = 'automatic', midline = findMidline(maps.geometry, maps.mask) }: AssessOptions = {},
): TissueAtRiskAssessment {
  const smooth = smoothed(maps, asked.smoothingMm)
  const healthy = findHealthyTissue(maps, smooth, midline, referenceSide, asked.smallestIslandMl)
  const { rule: preferred, coreFlow } = usualThreshold(maps, asked)
  const oneSideHealthy = healthy.affectedSide !== 'both' || referenceSide !== 'automatic'
  const rule = midline.trusted && oneSideHealthy ? preferred : { ...preferred, reference: 'global' as const }
  const compared = comparedFlow(maps, smooth.cbf, healthy, midline, rule)
  const flow = relativeFlow(smooth.cbf, compared)
  const select = selector(maps, rule.smallestIslandMl)
  const voxelMl = voxelVolume(maps.geometry) / 1000

  const hypoperfusion = select(hypoperfusedBy(rule, smooth, healthy))
  const lowFlow = rule.core.measure === 'cbv' ? smooth.cbv : flow
  const { below } = rule.core
  const core = select(
    (i) => lowFlow[i] < below && (!rule.coreWithinHypoperfusion || hypoperfusion.mask[i] === 1),
  )
  const outside = core.mask.reduce(
    (sum, value, i) => sum + (value === 1 && hypoperfusion.mask[i] === 0 ? 1 : 0),
    0,
  )

  const late = (above: number): number => select((i) => smooth.tmax[i] > above).ml
  const tmax = TMAX_STEPS.map((threshold) => ({ threshold, ml: late(threshold) }))
  const cbf = CBF_STEPS.map((threshold) => ({
    threshold,
    ml: select((i) => flow[i] < threshold && (!rule.coreWithinHypoperfusion || hypoperfusion.mask[i] === 1))
      .ml,
  }))
  const absoluteCore =
    healthy.affectedSide === 'both' && rule.core.measure === 'relativeCbf'
      ? {
          below: ABSOLUTE_CBV,
          ml: select((i) => smooth.cbv[i] < ABSOLUTE_CBV && hypoperfusion.mask[i] === 1).ml,
        }
      : null
  const unsure = (i: number): boolean =>
    hypoperfusion.mask[i] === 1 &&
    compared?.local[i] === 0 &&
    flow[i] > EITHER_TISSUE.lower * below &&
    flow[i] < EITHER_TISSUE.upper * below
  const coreUncertainMl = rule.core.measure === 'cbv' ? 0 : select(unsure).ml
  const volumes = { coreMl: core.ml, hypoperfusionMl: hypoperfusion.ml, outsideMl: outside * voxelMl }
  const found: Omit<TissueAtRisk, 'statements'> = {
    rule,
    ...(coreFlow ? { coreFlow } : {}),
    coreMl: volumes.coreMl,
    hypoperfusionMl: volumes.hypoperfusionMl,
    ...mismatchOf(volumes, rule, healthy),
    steps: { tmax, cbf },
    hypoperfusionIndex: ratio(late(INDEX_TMAX.upper), late(INDEX_TMAX.lower)),
    cbvIndex: cbvIndex(maps, smooth, healthy),
    affectedSide: healthy.affectedSide,
    referenceSide: healthy.referenceSide,
    referenceChosenBy: referenceSide === 'automatic' ? 'engine' : 'person',
    referenceCbf: healthy.cbf,
    referenceTtp: healthy.ttp,
    referenceMl: healthy.healthyMl,
    referenceNotLate: healthy.notLateShare,
    referencePoorMl: healthy.poorMl,
    coreUncertainMl,
    tmaxDefinition: mapDefinitions(maps.method).tmax.definition,
    midline,
    reliability: 'reliable',
  }
  return {
    ...found,
    statements: statementsOf(found, healthy.lateMl, absoluteCore),
    core: core.mask,
    hypoperfusion: hypoperfusion.mask,
  }
}

type Smoothed = Record<'cbf' | 'cbv' | 'ttp' | 'tmax', Float32Array>

/**
 * ml/100 g, and as a multiple of the median: more blood than this is a vessel that fills part of the voxel (vascular pixel
 * elimination; Kudo et al., AJNR 2003;24:419).
 */
const VESSEL_CBV = { ml: 8, medians: 3 }

/**
 * Vessels do not bleed into the tissue around them; what is under them is taken from it. Where no curve could be fitted
 * there is no flow, and no time either: the times are those of the voxels around. Nothing is taken away without smoothing.
 */
function smoothed({ geometry, mask, maps }: PerfusionMaps, fullWidthMm: number): Smoothed {
  const most = fullWidthMm > 0 ? mostBlood(maps.cbv, mask) : Infinity
  const tissue = mask.map((inside, i) => (inside !== 0 && maps.cbv[i] <= most ? 1 : 0))
  const timed = tissue.map((inside, i) => (inside !== 0 && maps.cbf[i] > 0 ? 1 : 0))
  const smooth = smootherWithin(mask, geometry, fullWidthMm, tissue)
  const smoothTimes = smootherWithin(mask, geometry, fullWidthMm, timed)
  return {
    cbf: smooth(maps.cbf),
    cbv: smooth(maps.cbv),
    ttp: smoothTimes(maps.ttp),
    tmax: smoothTimes(maps.tmax),
  }
}

function mostBlood(cbv: Float32Array, mask: Uint8Array): number {
  const volumes = cbv.filter((_, i) => mask[i] !== 0)
  const median = volumes.length > 0 ? ranked(volumes, volumes.length >> 1) : 0
  return Math.max(VESSEL_CBV.ml, VESSEL_CBV.medians * median)
}

/** What flow is compared with; null where there is nothing. */
function comparedFlow(
  maps: PerfusionMaps,
  cbf: Float32Array,
  healthy: HealthyTissue,
  midline: Midline,
  { reference }: TissueAtRiskRule,
): ComparedFlow | null {
  const usual = healthy.cbf
  if (usual === null || !(usual > 0)) return null
  if (reference === 'mirrored') return mirroredFlow(maps, cbf, healthy, midline)
  return { flow: new Float32Array(cbf.length).fill(usual), local: new Uint8Array(cbf.length).fill(1) }
}

/** CBF in per cent of the reference, [voxel]; Infinity where there is none, so that nothing is called core. */
function relativeFlow(cbf: Float32Array, compared: ComparedFlow | null): Float32Array {
  return cbf.map((value, i) => (compared === null ? Infinity : (100 * value) / compared.flow[i]))
}

/**
 * Of white and of grey matter, over the mean of both: what is compared with that mean has a core or not by which of the two
 * it is, where its flow lies between the threshold times these.
 */
const EITHER_TISSUE = { lower: 0.64, upper: 1.36 }

function hypoperfusedBy(
  { hypoperfusion }: TissueAtRiskRule,
  { tmax, ttp }: Smoothed,
  healthy: HealthyTissue,
): (voxel: number) => boolean {
  const { above } = hypoperfusion
  if (hypoperfusion.measure === 'tmax') return (i) => tmax[i] > above
  const usual = healthy.ttp ?? Infinity
  return (i) => ttp[i] - usual > above
}

/** Marks the voxels of the brain for which a condition holds, without islands. */
function selector(
  { mask, geometry }: PerfusionMaps,
  smallestIslandMl: number,
): (condition: (voxel: number) => boolean) => { mask: Uint8Array; ml: number } {
  const voxelMl = voxelVolume(geometry) / 1000
  return (condition) => {
    const selected = new Uint8Array(mask.length)
    for (let i = 0; i < mask.length; i++) if (mask[i] !== 0 && condition(i)) selected[i] = 1
    return { mask: selected, ml: voxelMl * leaveOutIslands(selected, geometry, smallestIslandMl) }
  }
}

function mismatchOf(
  { coreMl, hypoperfusionMl, outsideMl }: { coreMl: number; hypoperfusionMl: number; outsideMl: number },
  { targetMismatch }: TissueAtRiskRule,
  { affectedSide }: HealthyTissue,
): Pick<TissueAtRisk, 'mismatchMl' | 'mismatchRatio' | 'targetMismatch' | 'coreOutsideHypoperfusionMl'> {
  const mismatchMl = hypoperfusionMl - (coreMl - outsideMl)
  const mismatchRatio = ratio(hypoperfusionMl, coreMl)
  const met = {
    ratio: (mismatchRatio ?? (hypoperfusionMl > 0 ? Infinity : 0)) >= targetMismatch.ratio,
    mismatch: mismatchMl >= targetMismatch.mismatchMl,
    core: coreMl < targetMismatch.coreMl,
  }
  return {
    mismatchMl,
    mismatchRatio,
    coreOutsideHypoperfusionMl: outsideMl,
    targetMismatch: { met: affectedSide === 'both' ? null : met.ratio && met.mismatch && met.core, ...met },
  }
}

/** Mean CBV of tissue with Tmax > 6 s over that of healthy tissue. */
function cbvIndex({ mask }: PerfusionMaps, { cbv, tmax }: Smoothed, healthy: HealthyTissue): number | null {
  let sum = 0
  let voxels = 0
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0 || tmax[i] <= INDEX_TMAX.lower) continue
    sum += cbv[i]
    voxels++
  }
  return voxels > 0 && healthy.cbv !== null ? ratio(sum / voxels, healthy.cbv) : null
}

function ratio(over: number, under: number): number | null {
  return under > 0 ? over / under : null
}
