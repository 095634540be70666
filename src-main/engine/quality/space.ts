import type { QualityLine, Side, TissueAtRisk, VascularInput } from '@contract'
import { LEFT, headMasks, sidesOf } from '../masks'
import type { PerfusionMaps } from '../perfusion'
import { HEALTHY_TMAX } from '../tissueAtRisk'
import { dot, indexSteps, stackSpacing, voxelVolume, type VolumeSeries } from '../volume'
import type { MovedFrame } from './images'
import { graded, lineOf, type Finding } from './line'

type Midline = TissueAtRisk['midline']

/** mm along the body. */
const SLAB = { amber: 35, red: 9 }
/** mm between the 1st and 99th percentile of the widest slice: an adult's brain has 115 to 135. */
const SMALL_HEAD = 108
const LITTLE_BRAIN_ML = 40
/** Of what lies inside the skull. */
const FOUND = 0.6
/** Of the brain's outline that lies on the edge of the image. */
const CUT_OFF = 0.03
/** Of the brain's outline that no bone covers. */
const UNCOVERED = { amber: 0.1, red: 0.2 }
/** Of the brain's volume: less bone than this is no skull, as in images that were cut out of one. */
const A_SKULL = 0.05

/** Of the frames, the share in which the head lies a slice or more out of its place, through the slices. */
const OUT_OF_SLAB = 0.25

/** How much of a brain there is, whether it is whole from side to side, and whether it is an adult's. */
export function gradeCoverage(
  series: VolumeSeries,
  maps: PerfusionMaps,
  midline: Midline,
  motion: readonly MovedFrame[] = [],
): QualityLine {
  const { geometry } = series
  const slab = geometry.size[2] * stackSpacing(geometry)
  const { brain, skull } = headMasks(series, maps)
  const brainMl = (count(brain) * voxelVolume(geometry)) / 1000
  const [width, length] = widestExtents(maps, midline)
  const findings: Finding[] = []
  if (slab < SLAB.amber) {
    findings.push({
      grade: slab < SLAB.red ? 'red' : 'amber',
      reason: `The slices cover ${slab.toFixed(0)} mm only.`,
      remedy: 'A lesion above or below them is not counted; take volumes as those of the slab.',
    })
  }
  if (brainMl < LITTLE_BRAIN_ML) {
    findings.push({
      grade: 'red',
      reason: `Only ${brainMl.toFixed(0)} ml of brain were found.`,
      remedy: 'Check series, window of values and field of view.',
    })
  }
  if (width < 0.58 * length) {
    findings.push({
      grade: 'red',
      reason: `The brain found is ${width.toFixed(0)} mm wide and ${length.toFixed(0)} mm long: one hemisphere is missing.`,
      remedy: 'There is no other side to compare with; do not use volumes relative to it.',
      actions: ['chooseRule'],
    })
  } else if (width < SMALL_HEAD) {
    findings.push({
      grade: 'amber',
      reason: `The head is small (brain ${width.toFixed(0)} mm wide): a child's, or cut off.`,
      remedy: 'Thresholds are those of adults; a child’s flow is higher and its transit shorter.',
      adultsOnly: true,
    })
  }
  const cut = edgeShare(brain, maps)
  if (cut > CUT_OFF) {
    findings.push({
      grade: cut > 4 * CUT_OFF ? 'red' : 'amber',
      reason: 'The brain reaches the edge of the image: part of it is cut off.',
      remedy: 'Use a larger field of view.',
    })
  }
  const uncovered = uncoveredShare(brain, skull, maps)
  if (uncovered > UNCOVERED.amber) {
    findings.push({
      grade: graded(uncovered, UNCOVERED.amber, UNCOVERED.red),
      reason: `No bone covers ${(100 * uncovered).toFixed(0)} % of the outline of what was taken for brain: a piece of the skull is missing, and scalp may be counted as late tissue or core.`,
      remedy: 'Look at the mask; where it holds more than brain, do not use these volumes.',
    })
  }
  const distance = stackSpacing(geometry)
  const used = motion.filter(({ state }) => state !== 'leftOut')
  const away = used.filter(({ throughMm = 0 }) => throughMm >= distance)
  if (away.length > OUT_OF_SLAB * used.length) {
    const furthest = Math.max(...away.map(({ throughMm = 0 }) => throughMm))
    findings.push({
      grade: 'amber',
      reason: `In ${((100 * away.length) / used.length).toFixed(0)} % of the frames the head lies up to ${furthest.toFixed(0)} mm further up or down: the first or last slice was not scanned then.`,
      remedy: 'Trust volumes that reach the first or the last slice less.',
      actions: ['showMotion'],
    })
  }
  const inside = insideSkull(skull, maps)
  if (inside > 0 && count(brain) < FOUND * inside) {
    findings.push({
      grade: 'red',
      reason: `The brain found fills ${((100 * count(brain)) / inside).toFixed(0)} % of the skull.`,
      remedy: 'Look at the mask: bleeding, air, a defect of the skull or streaks may hide the rest.',
    })
  }
  const usual = `The slices cover ${slab.toFixed(0)} mm and ${brainMl.toFixed(0)} ml of brain.`
  return lineOf('coverage', findings, usual, { value: slab, unit: 'mm' })
}

function count(mask: Uint8Array): number {
  let voxels = 0
  for (const value of mask) voxels += value
  return voxels
}

/** mm across and along the midline, between the 1st and 99th percentile of the tissue of the widest slice. */
function widestExtents(
  { mask, geometry }: PerfusionMaps,
  { normal }: Midline,
): [width: number, length: number] {
  const [nx, ny, nz] = geometry.size
  const steps = indexSteps(geometry)
  const along = (direction: [number, number, number], slice: number): number => {
    const [x, y] = steps.map((step) => dot(step, direction))
    const places: number[] = []
    for (let i = 0; i < nx * ny; i += 3) {
      if (mask[slice * nx * ny + i] === 1) places.push((i % nx) * x + Math.floor(i / nx) * y)
    }
    places.sort((a, b) => a - b)
    return (
      (places[Math.floor(0.99 * (places.length - 1))] ?? 0) -
      (places[Math.floor(0.01 * (places.length - 1))] ?? 0)
    )
  }
  const widest = (direction: [number, number, number]): number =>
    Math.max(...Array.from({ length: nz }, (_, slice) => along(direction, slice)))
  return [widest(normal), widest([-normal[1], normal[0], 0])]
}

/** Of the edge of all slices, the share that is brain. */
function edgeShare(brain: Uint8Array, { geometry }: PerfusionMaps): number {
  const [nx, ny, nz] = geometry.size
  let edge = 0
  for (let z = 0; z < nz; z++) {
    const base = z * nx * ny
    for (let x = 0; x < nx; x++) edge += brain[base + x] + brain[base + (ny - 1) * nx + x]
    for (let y = 0; y < ny; y++) edge += brain[base + y * nx] + brain[base + y * nx + nx - 1]
  }
  return edge / (2 * (nx + ny) * nz)
}

/**
 * Of the ends of all rows and columns of brain, the share with no bone between them and the edge of the image; 0 without a
 * skull.
 */
function uncoveredShare(brain: Uint8Array, skull: Uint8Array, { geometry }: PerfusionMaps): number {
  if (count(skull) < A_SKULL * count(brain)) return 0
  const [nx, ny, nz] = geometry.size
  let [ends, bare] = [0, 0]
  const look = (start: number, step: number, length: number): void => {
    for (const [from, by] of [
      [start, step],
      [start + (length - 1) * step, -step],
    ]) {
      let bone = false
      let at = from
      let left = length
      for (; left > 0 && brain[at] === 0; left--, at += by) bone ||= skull[at] === 1
      if (left === 0) return
      ends++
      if (!bone) bare++
    }
  }
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) look((z * ny + y) * nx, 1, nx)
    for (let x = 0; x < nx; x++) look(z * ny * nx + x, nx, ny)
  }
  return ends > 0 ? bare / ends : 0
}

/** Voxels between the first and the last bone of every row: roughly what the skull holds. 0 without a skull. */
function insideSkull(skull: Uint8Array, { geometry }: PerfusionMaps): number {
  const [nx] = geometry.size
  let voxels = 0
  for (let row = 0; row < skull.length; row += nx) {
    let first = -1
    let last = -1
    let bone = 0
    for (let x = 0; x < nx; x++) {
      if (skull[row + x] === 0) continue
      if (first < 0) first = x
      last = x
      bone++
    }
    if (last > first) voxels += last - first + 1 - bone
  }
  return voxels
}

/**
 * s after the artery: tissue peaks later than what feeds it, by its delay and half of its transit time, 2 to 3 s in all. The
 * peak is that of the curve, which no deconvolution bends; their delays lie apart by more than a second.
 */
const EARLY = 0.5
const EARLY_SHARE = { amber: 0.1, red: 0.3 }
const ONE_SIDED = 0.8

/** Whether the artery lies on the diseased side, or fills after the tissue it should feed. */
export function gradeArterySide(maps: PerfusionMaps, found: TissueAtRisk): QualityLine {
  const findings: Finding[] = []
  const share = leftShare(maps, maps.aif, found.midline)
  const side: Side | null =
    share === null ? null : share > ONE_SIDED ? 'left' : share < 1 - ONE_SIDED ? 'right' : null
  if (side !== null && side === found.affectedSide) {
    findings.push({
      grade: 'amber',
      reason: `The artery lies in the ${side} hemisphere, which is the diseased one.`,
      remedy:
        'Choose an artery of the other side if it fills earlier: Tmax of the lesion may be underestimated.',
      actions: ['chooseArtery'],
    })
  }
  const early = earlyShare(maps)
  if (early > EARLY_SHARE.amber) {
    findings.push({
      grade: early > EARLY_SHARE.red ? 'red' : 'amber',
      reason: `${(100 * early).toFixed(0)} % of the tissue peaks with the artery or before it: the artery is late.`,
      remedy: 'Choose an artery that fills earlier.',
      actions: ['chooseArtery'],
    })
  }
  const where = side === null ? 'in both hemispheres or at the midline' : `in the ${side} hemisphere`
  const usual =
    share === null ? 'No artery was used.' : `The artery lies ${where} and peaks before the tissue.`
  return lineOf('arterySide', findings, usual, { value: 100 * early, unit: '% early tissue' })
}

function leftShare({ geometry }: PerfusionMaps, { voxels }: VascularInput, midline: Midline): number | null {
  if (voxels.length === 0 || !midline.trusted) return null
  const [nx, ny] = geometry.size
  const sides = sidesOf(geometry, midline)
  const left = voxels.filter(([x, y, z]) => sides[(z * ny + y) * nx + x] === LEFT).length
  return left / voxels.length
}

function earlyShare({ maps, mask, aif, arrival }: PerfusionMaps): number {
  if (aif.voxels.length === 0) return 0
  const peak = aif.quality.timeToPeak - arrival
  let tissue = 0
  let early = 0
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0 || !(maps.cbf[i] > 0)) continue
    tissue++
    if (maps.ttp[i] - peak < EARLY) early++
  }
  return tissue > 0 ? early / tissue : 0
}

/** Of the tissue of the side of reference: where less has Tmax up to 4 s, it is no measure of health. */
const NOT_LATE = 0.75
/** ml of the side of reference with too little flow to be healthy; of core that hangs on what it is compared with, also a share. */
const POOR_ML = 3
const UNCERTAIN = { ml: 3, share: 0.1 }

/** Whether left and right can be told apart, and one of them is healthy. */
export function gradeSymmetry(found: TissueAtRisk): QualityLine {
  const { midline, affectedSide, hypoperfusionMl, referenceMl, referenceCbf } = found
  const findings: Finding[] = []
  if (!midline.trusted) {
    findings.push({
      grade: 'amber',
      reason: 'No plane of symmetry was found, so left and right are not told apart.',
      remedy: 'Look at the mask; flow is compared with all tissue that is not late.',
    })
  }
  if (midline.trusted && affectedSide === 'both') {
    const mostly = hypoperfusionMl > referenceMl
    findings.push({
      grade: mostly ? 'red' : 'amber',
      reason: mostly
        ? `More tissue is late (${hypoperfusionMl.toFixed(0)} ml, in both hemispheres) than healthy (${referenceMl.toFixed(0)} ml): poor circulation, or a wrong artery.`
        : 'Tissue is late in both hemispheres: no side is healthy.',
      remedy:
        'Check the artery and the circulation; take the volumes as uncertain, and core by an absolute threshold (CBV).',
      actions: ['chooseArtery', 'chooseRule'],
    })
  }
  if (referenceCbf === null || referenceMl < 10) {
    findings.push({
      grade: 'red',
      reason: 'There is hardly any healthy tissue to compare flow with.',
      remedy: 'Choose another artery; absolute thresholds (CBV) may be used.',
      actions: ['chooseArtery', 'chooseRule'],
    })
  }
  if (midline.trusted && affectedSide !== 'both') findings.push(...doubtsOfReference(found))
  const usual = `The hemispheres mirror each other to ${(100 * midline.symmetry).toFixed(0)} %.`
  return lineOf('symmetry', findings, usual, { value: 100 * midline.symmetry, unit: '%' })
}

/** What speaks against the tissue that flow is compared with. */
function doubtsOfReference(found: TissueAtRisk): Finding[] {
  const { referenceSide, referenceNotLate = 1, referencePoorMl = 0, coreUncertainMl = 0, coreMl } = found
  const findings: Finding[] = []
  if (referenceNotLate < NOT_LATE) {
    findings.push({
      grade: 'amber',
      reason: `Of the tissue that should be healthy ${(100 * (1 - referenceNotLate)).toFixed(0)} % has Tmax > ${HEALTHY_TMAX} s: poor circulation, a wrong artery, or contrast that leaves tissue slowly, which the box regression takes for a long transit.`,
      remedy: 'Compare with cSVD: late tissue is rather too large than too small.',
      actions: ['chooseArtery'],
    })
  }
  if (referencePoorMl >= POOR_ML) {
    const where = referenceSide === 'both' ? 'both hemispheres' : `the ${referenceSide} hemisphere`
    findings.push({
      grade: 'amber',
      reason: `${referencePoorMl.toFixed(0)} ml of ${where} are not late, yet have less than half of healthy flow: an old infarct, or white matter that gets little blood.`,
      remedy: 'Flow is not compared with it; look at the core at the mirrored place, and at its CBV.',
    })
  }
  if (coreUncertainMl > Math.max(UNCERTAIN.ml, UNCERTAIN.share * coreMl)) {
    findings.push({
      grade: 'amber',
      reason: `${coreUncertainMl.toFixed(1)} ml of late tissue have no healthy tissue at the mirrored place: whether they are core depends on whether they are grey or white matter.`,
      remedy: 'Take the core as uncertain by so much; look at CBV there.',
      actions: ['chooseRule'],
    })
  }
  return findings
}
