import type { VascularInput } from '@contract'
import type { CurveShape } from './curveFeatures'

type Quality = Pick<VascularInput['quality'], 'grade' | 'score' | 'reasons'>

/** What a vascular curve is judged by. */
export interface QualityEvidence {
  shape: CurveShape
  voxels: number
  chosenByHand: boolean
  /** Standard deviation of the mean curve, in enhancement. */
  noise: number
  /** Bolus arrival and end of the scan, s. */
  arrival: number
  end: number
  baselineSamples: number
  /** Whether the curve rises or falls faster than a bolus of its width can, see `jumps`. */
  jumps: boolean
}

/** Of peak · interval / width: steeper than a bell (1.4) or any bolus falls, and rises. */
const STEEPEST_FALL = 2
const STEEPEST_RISE = 3.5
/** s: a jump makes a curve look narrow; no bolus is narrower in the brain. */
const NARROWEST = 4

/** Whether a curve on a uniform grid of `step` s leaps between two samples: the head moved, or an image is another one's. */
export function jumps(curve: ArrayLike<number>, step: number, { peak, width }: CurveShape): boolean {
  const usual = (peak * step) / Math.max(width, NARROWEST)
  for (let i = 1; i < curve.length; i++) {
    const change = curve[i] - curve[i - 1]
    if (change > STEEPEST_RISE * usual || -change > STEEPEST_FALL * usual) return true
  }
  return false
}

/**
 * Grades a vascular curve: every fault multiplies the score and is named; without faults, what speaks for the curve is. Good from 0.7, fair from 0.4, else poor.
 * Widths after the clinical range of arterial inputs (full width at half maximum 4 to 14 s).
 */
export function gradeInput(evidence: QualityEvidence, vessel: 'arterial' | 'venous'): Quality {
  const { shape, voxels, noise, arrival, end, baselineSamples } = evidence
  const reasons: string[] = []
  const faults: string[] = []
  let score = 1
  const finding = (factor: number, reason: string): void => {
    score *= factor
    faults.push(reason)
  }
  const ratio = noise > 0 ? shape.peak / noise : Infinity
  if (ratio < 10) finding(0.3, `The peak is only ${ratio.toFixed(0)} times the noise.`)
  else if (ratio < 30) finding(0.7, `The peak is ${ratio.toFixed(0)} times the noise.`)
  else reasons.push('The peak stands clear of the noise.')
  if (evidence.jumps) {
    finding(
      0.35,
      'The curve leaps between two frames, faster than a bolus can: the head moved, or an image is wrong.',
    )
  }
  const widest = vessel === 'arterial' ? 14 : 20
  if (shape.width > widest) {
    finding(0.5, `The bolus is ${shape.width.toFixed(1)} s wide at half its height: broad.`)
  } else reasons.push(`The bolus is ${shape.width.toFixed(1)} s wide at half its height.`)
  if (!evidence.chosenByHand && voxels < 4) {
    finding(0.5, `Only ${voxels} voxel${voxels === 1 ? '' : 's'} found.`)
  } else if (!evidence.chosenByHand && voxels < 15) finding(0.8, `Only ${voxels} voxels found.`)
  else reasons.push(`Mean of ${voxels} voxel${voxels === 1 ? '' : 's'}.`)
  if (baselineSamples < 2) finding(0.6, 'The bolus arrives with the first frames: the baseline is uncertain.')
  if (end - arrival < 25) {
    finding(0.6, `Only ${(end - arrival).toFixed(0)} s were scanned after the bolus arrived.`)
  }
  if (shape.tail > 0.5) finding(0.6, 'The curve is still above half its peak when the scan ends.')
  return {
    score,
    grade: score >= 0.7 ? 'good' : score >= 0.4 ? 'fair' : 'poor',
    reasons: faults.length > 0 ? faults : reasons,
  }
}
