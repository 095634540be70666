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
  /** Found by the usual rule where it is absent. */
  tissueAtRisk?: TissueAtRisk
}

/**
 * Grades a study: a traffic light for each check, with figure, reason and remedy, in the order of `qualityChecks`. It
 * never throws for a bad study; what cannot be asked of it, such as a curve of maps that could not be computed, is left
 * out, and the failure stands as a red line. See docs/tissue-at-risk.md for the limits and where they come from.
 */
export function gradeStudy({ series, maps, failure, motion, tissueAtRisk }: StudyToGrade): QualityLine[] {
  const slices = series.geometry.size[2]
  const end = series.times[(series.frames - 1) * slices] ?? 0
  const images = [
    gradeTiming(series, maps?.arrival ?? null),
    gradeNoise(series, maps),
    gradeMotion(series, motion),
  ]
  const content = [gradeMissing(series, maps?.mask ?? null), gradeClipping(series, maps)]
  if (!maps || !maps.mask.includes(1)) return [failed(failure), ...images, ...content]
  const found = tissueAtRisk ?? assessTissueAtRisk(maps, usualRule)
  return [
    gradeArtery(maps),
    gradeVein(maps),
    gradeBolus(maps, series),
    gradeTruncation(maps, end),
    ...images,
    gradeCoverage(series, maps, found.midline),
    ...content,
    gradeArterySide(maps, found),
    gradeSymmetry(found),
  ]
}

/** Which check a failure to compute maps belongs to. */
const checkOf: Record<string, QualityLine['check']> = {
  'no-brain': 'coverage',
  'no-contrast': 'bolus',
  'no-vessels': 'bolus',
  'no-arterial-input': 'arterialInput',
  'too-few-time-points': 'timing',
  'no-acquisition-times': 'timing',
  'incomplete-series': 'missingData',
}

function failed(failure: Problem | undefined): QualityLine {
  const check = checkOf[failure?.code ?? ''] ?? 'coverage'
  return {
    check,
    label: labels[check],
    grade: 'red',
    reason: failure?.message ?? 'The maps hold no brain tissue.',
    remedy: failure?.hint ?? 'Choose another series of the study.',
  }
}
