import type { QualityGrade, QualityLine, TissueAtRisk, VascularInput } from '@contract'
import type { PerfusionMaps } from '../perfusion'
import type { VolumeSeries } from '../volume'
import { graded, lineOf, type Finding } from './line'

const grades = { good: 'green', fair: 'amber', poor: 'red' } as const
const BY_HAND = 'Look where its voxels lie; where they are no such vessel, choose others by hand.'
/** Areas of vein and artery beyond these are no partial volume. */
const SCALE = { lower: 1, upper: 3 }
/** HU of the strongest vessel: below these the bolus is weak, or none. */
const WEAK_PEAK = 120
const NO_PEAK = 50
/** s, width at half height of the arterial bolus. */
const BROAD = 14
const VERY_BROAD = 22
/** Of healthy flow: where a method shows less, short transits look alike, and core is told from little. */
const LITTLE_SHOWN = 0.62
/** Warnings of a network that saw no bolus like this one. */
const unlearnt: Partial<Record<string, QualityGrade>> = {
  'network-bolus-width': 'amber',
  'network-bolus-unlearnt': 'red',
}
const ADULT_BASELINE = 2
/** s after the arrival that must be scanned. */
const AFTER_ARRIVAL = { amber: 30, red: 20 }
const TAIL = { amber: 0.5, red: 0.8 }

/** The arterial input: how its curve is graded, and whether its area is an artery's. A network needs none. */
export function gradeArtery(
  { aif, method }: PerfusionMaps,
  { kind }: Pick<VolumeSeries, 'kind'>,
): QualityLine {
  const findings: Finding[] = []
  const { grade, reasons, score } = aif.quality
  const usual = reasons.join(' ')
  const needed = method !== 'cnn'
  if (aif.voxels.length === 0) {
    findings.push({
      grade: needed ? 'red' : 'amber',
      reason: usual || 'No artery was found.',
      remedy: 'Choose arterial voxels by hand, in a middle or anterior cerebral artery.',
      actions: ['chooseArtery'],
    })
  } else if (grade !== 'good') {
    findings.push({
      grade: needed ? grades[grade] : 'amber',
      reason: usual,
      remedy: BY_HAND,
      actions: ['chooseArtery'],
    })
  }
  if (kind === 'mr-perfusion') {
    findings.push({
      grade: 'amber',
      reason:
        'The signal of DSC-MRI flattens the curve of an artery that fills part of a voxel: healthy flow comes out too high.',
      remedy: 'Core by relative flow is rather too large than too small; tell it by diffusion.',
    })
  }
  if (aif.scale < SCALE.lower || aif.scale > SCALE.upper) {
    findings.push({
      grade: 'amber',
      reason: `The venous area is ${aif.scale.toFixed(1)} times the arterial one, outside 1 to 3.`,
      remedy: 'Check both vessels: one of them may be a wrong vessel, or truncated.',
      actions: ['chooseArtery', 'chooseVein'],
    })
  }
  return lineOf('arterialInput', findings, usual, { value: 100 * score, unit: '%' })
}

export function gradeVein({ vof }: PerfusionMaps): QualityLine {
  if (!vof) {
    const reason = 'No venous curve was found, so the artery was not corrected for partial volume.'
    const remedy =
      'Choose venous voxels by hand, in the superior sagittal sinus; absolute CBF and CBV are too high without.'
    return lineOf('venousOutput', [{ grade: 'amber', reason, remedy, actions: ['chooseVein'] }], '')
  }
  const { grade, reasons, score } = vof.quality
  const found: Finding = {
    grade: grade === 'good' ? 'green' : 'amber',
    reason: reasons.join(' '),
    remedy: BY_HAND,
    actions: ['chooseVein'],
  }
  return lineOf('venousOutput', [found], reasons.join(' '), { value: 100 * score, unit: '%' })
}

/** Height and width of the bolus, what the method makes of it, and whether anything was scanned before it. */
export function gradeBolus(
  maps: PerfusionMaps,
  series: VolumeSeries,
  { coreFlow }: Pick<TissueAtRisk, 'coreFlow'>,
): QualityLine {
  const { aif, vof, baselineFrames, warnings } = maps
  const findings: Finding[] = []
  const ct = series.kind !== 'mr-perfusion'
  const peak = Math.max(aif.quality.peak, vof?.quality.peak ?? 0)
  const width = aif.quality.fullWidthHalfMaximum
  if (ct && peak < WEAK_PEAK) {
    findings.push({
      grade: peak < NO_PEAK ? 'red' : 'amber',
      reason: `The strongest vessel rises by ${peak.toFixed(0)} HU only: little contrast arrived.`,
      remedy:
        'Check injection and access; a lower tube voltage or a faster injection gives a stronger bolus.',
    })
  }
  if (aif.voxels.length > 0 && width > BROAD) {
    findings.push({
      grade: graded(width, BROAD, VERY_BROAD),
      reason: `The arterial bolus is ${width.toFixed(1)} s wide at half its height.`,
      remedy: 'Slow injection, poor cardiac output or a stenosis: CBF is underestimated and Tmax uncertain.',
    })
  }
  if (coreFlow && coreFlow.healthyShown < LITTLE_SHOWN) {
    findings.push({
      grade: 'amber',
      reason: `The bolus is ${width.toFixed(1)} s wide: this method shows ${(100 * coreFlow.healthyShown).toFixed(0)} % of healthy flow only.`,
      remedy: 'The threshold of core allows for it; compare with the box regression, which loses less.',
    })
  }
  if (baselineFrames < ADULT_BASELINE || warnings.some(({ code }) => code === 'early-bolus')) {
    findings.push({
      grade: 'amber',
      reason: 'The bolus arrives with the first frames, so there is hardly a baseline.',
      remedy: 'Start the scan earlier; CBV and CBF may be too small.',
    })
  }
  for (const { code, message, hint } of warnings) {
    const grade = unlearnt[code]
    if (grade) findings.push({ grade, reason: message, remedy: hint ?? '' })
  }
  const usual = `The strongest vessel rises by ${peak.toFixed(0)} ${ct ? 'HU' : '1/s (ΔR2*)'}; the arterial bolus is ${width.toFixed(1)} s wide.`
  return lineOf('bolus', findings, usual, ct ? { value: peak, unit: 'HU' } : undefined)
}

/** Whether the scan lasts until the bolus has left. */
export function gradeTruncation(maps: PerfusionMaps, end: number): QualityLine {
  const after = end - maps.arrival
  const tail = Math.max(tailOf(maps.aif), maps.vof ? tailOf(maps.vof) : 0)
  const findings: Finding[] = []
  const remedy = 'Scan for 60 to 70 s; CBV, MTT and Tmax of late tissue are too small.'
  if (after < AFTER_ARRIVAL.amber) {
    findings.push({
      grade: after < AFTER_ARRIVAL.red ? 'red' : 'amber',
      reason: `Only ${after.toFixed(0)} s were scanned after the bolus arrived.`,
      remedy,
    })
  }
  if (tail > TAIL.amber) {
    findings.push({
      grade: graded(tail, TAIL.amber, TAIL.red),
      reason: `The scan ends while a vessel is still at ${(100 * tail).toFixed(0)} % of its peak.`,
      remedy,
    })
  }
  const usual = `${after.toFixed(0)} s were scanned after the bolus arrived; the vessels are back at ${(100 * Math.max(0, tail)).toFixed(0)} % of their peak.`
  return lineOf('truncation', findings, usual, { value: after, unit: 's' })
}

/** Mean of the last three samples of a curve over its peak. */
function tailOf({ curve, quality }: VascularInput): number {
  if (curve.length < 3 || !(quality.peak > 0)) return 0
  const last = curve.slice(-3)
  return last.reduce((sum, value) => sum + value, 0) / last.length / quality.peak
}

/** s between frames while the bolus passes, and how few frames are few. */
const INTERVAL = { amber: 2.6, red: 4.5 }
const FEW_FRAMES = 25
const TOO_FEW_FRAMES = 12
/** A gap this many times the usual interval hides part of the bolus. */
const GAP = 2.5

/** How densely, and how evenly, the bolus was sampled. */
export function gradeTiming(series: VolumeSeries, arrival: number | null): QualityLine {
  const slices = series.geometry.size[2]
  const times = Array.from({ length: series.frames }, (_, frame) => series.times[frame * slices])
  const intervals = times.slice(1).map((time, i) => time - times[i])
  const sorted = [...intervals].sort((a, b) => a - b)
  const usual = sorted[sorted.length >> 1] ?? 0
  const during = intervals.filter(
    (_, i) => arrival === null || (times[i + 1] >= arrival && times[i] <= arrival + 20),
  )
  const longest = Math.max(0, ...during)
  const findings: Finding[] = []
  if (series.frames < FEW_FRAMES) {
    findings.push({
      grade: series.frames < TOO_FEW_FRAMES ? 'red' : 'amber',
      reason: `The series has ${series.frames} time points.`,
      remedy: 'Thirty or more are usual; with fewer, delays and transit times are uncertain.',
      actions: ['chooseSeries'],
    })
  }
  if (usual > 0 && longest > GAP * usual) {
    findings.push({
      grade: longest > INTERVAL.red ? 'red' : 'amber',
      reason: `There is a gap of ${longest.toFixed(1)} s while the bolus passes, where frames usually lie ${usual.toFixed(1)} s apart.`,
      remedy: 'Check whether time points are missing; CBF, MTT and Tmax are uncertain.',
      actions: ['showNotes'],
    })
  } else if (longest > INTERVAL.amber) {
    findings.push({
      grade: graded(longest, INTERVAL.amber, INTERVAL.red),
      reason: `Frames lie ${longest.toFixed(1)} s apart while the bolus passes.`,
      remedy: 'Sample every 1 to 2 s during the first pass; CBF, MTT and Tmax are uncertain.',
    })
  }
  const even = `${series.frames} time points, every ${usual.toFixed(1)} s.`
  return lineOf('timing', findings, even, { value: longest || usual, unit: 's' })
}
