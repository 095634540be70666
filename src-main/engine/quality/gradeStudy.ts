import { usualRule, type Problem, type QualityLine, type TissueAtRisk } from '@contract'
import type { PerfusionMaps } from '../perfusion'
import { assessTissueAtRisk } from '../tissueAtRisk'
import type { VolumeSeries } from '../volume'
import { gradeArtery, gradeBolus, gradeTiming, gradeTruncation, gradeVein } from './curves'
import { gradeClipping, gradeMissing, gradeMotion, gradeNoise, type MovedFrame } from './images'
import { labels } from './line'
import { gradeArterySide, gradeCoverage, gradeSymmetry } from './space'

export type { MovedFrame }

export interface StudyToGrade {
  /** As the maps were computed from it: corrected and filtered, where it was. */
  series: VolumeSeries
  /** Null where none could be computed. */
  maps: PerfusionMaps | null
  /** Why there are none. */
  failure?: Problem
  /** What motion correction did to each frame; absent where there was no correction. */
  motion?: readonly MovedFrame[]
  /** Noise of the series before it was filtered, in its unit; measured in `series` where it is absent. */
  unfilteredNoise?: number | null
  /** Found by the usual rule where it is absent. */
  tissueAtRisk?: TissueAtRisk
}

/**
 * Grades a study: a traffic light for each check, with figure, reason and remedy, in the order of `qualityChecks`. It
 * never throws for a bad study; what cannot be asked of it, such as a curve of maps that could not be computed, is left
 * out, and the failure stands as a red line. See docs/tissue-at-risk.md for the limits and where they come from.
 */
export function gradeStudy({
  series,
  maps,
  failure,
  motion,
  unfilteredNoise,
  tissueAtRisk,
}: StudyToGrade): QualityLine[] {
  const slices = series.geometry.size[2]
  const end = series.times[(series.frames - 1) * slices] ?? 0
  const images = [
    gradeTiming(series, maps?.arrival ?? null),
    gradeNoise(series, maps, unfilteredNoise),
    gradeMotion(series, motion),
  ]
  const whole = !motion?.some(({ state }) => state === 'leftOut')
  const content = [gradeMissing(series, maps?.mask ?? null, whole), gradeClipping(series, maps)]
  if (!maps || !maps.mask.includes(1)) return withFailure(failed(failure), [...images, ...content])
  const found = tissueAtRisk ?? assessTissueAtRisk(maps, usualRule)
  return [
    gradeArtery(maps, series),
    gradeVein(maps),
    gradeBolus(maps, series, found),
    gradeTruncation(maps, end),
    ...images,
    gradeCoverage(series, maps, found.midline, motion),
    ...content,
    gradeArterySide(maps, found),
    gradeSymmetry(found),
  ]
}

/** Which check a failure to compute maps belongs to. */
const checkOf: Record<string, QualityLine['check']> = {
  'no-brain': 'coverage',
  'no-contrast': 'bolus',
  'bolus-missed': 'bolus',
  'scan-ends-early': 'truncation',
  'not-hounsfield': 'missingData',
  'no-vessels': 'bolus',
  'no-arterial-input': 'arterialInput',
  'too-few-time-points': 'timing',
  'no-acquisition-times': 'timing',
  'incomplete-series': 'missingData',
  'reference-damaged': 'motion',
  'no-such-frame': 'motion',
  'too-many-left-out': 'motion',
}

const actionsOf: Partial<Record<string, QualityLine['actions']>> = {
  'no-arterial-input': ['chooseArtery'],
  'no-vessels': ['chooseArtery'],
  'bolus-missed': ['showNotes'],
  'scan-ends-early': ['showNotes'],
  'not-hounsfield': ['showNotes'],
  'incomplete-series': ['showNotes'],
  'reference-damaged': ['setMotion'],
  'no-such-frame': ['setMotion'],
  'too-many-left-out': ['setMotion'],
}

/** The failure stands first, with what else is wrong in the line of its check. */
function withFailure(failure: QualityLine, lines: QualityLine[]): QualityLine[] {
  const same = lines.find(({ check, grade }) => check === failure.check && grade !== 'green')
  const told = same && !failure.reason.startsWith(same.reason.replace(/\.$/, ''))
  const first = told
    ? { ...failure, reason: `${failure.reason} ${same.reason}`, remedy: `${failure.remedy} ${same.remedy}` }
    : failure
  return [first, ...lines.filter(({ check }) => check !== failure.check)]
}

function failed(failure: Problem | undefined): QualityLine {
  const check = checkOf[failure?.code ?? ''] ?? 'coverage'
  return {
    check,
    label: labels[check],
    grade: 'red',
    reason: failure?.message ?? 'The maps hold no brain tissue.',
    remedy: failure?.hint ?? 'Choose another series of the study.',
    actions: actionsOf[failure?.code ?? ''] ?? ['chooseSeries'],
  }
}
