import { usualRule, type QualityLine, type SideChoice, type TissueAtRiskRule } from '@contract'
import type { PerfusionMaps } from '../perfusion'
import { gradeBesideNetwork, gradeStudy } from '../quality'
import { assessTissueAtRisk, judgedBy, type TissueAtRiskAssessment } from '../tissueAtRisk'
import type { VolumeSeries } from '../volume'

/** What is at risk in the maps, and how far the study can be trusted. */
export interface Judgement {
  assessment: TissueAtRiskAssessment
  quality: QualityLine[]
}

export interface JudgementOptions {
  rule?: TissueAtRiskRule
  referenceSide?: SideChoice
}

/**
 * Tissue at risk and quality of maps and of the series as they were made of it; the verdict on quality leads the words of the
 * former. Where a network has made maps of the same series too, `predicted`, a line says whether it agrees.
 */
export function judgeMaps(
  series: VolumeSeries,
  result: PerfusionMaps,
  { rule = usualRule, referenceSide }: JudgementOptions = {},
  predicted: PerfusionMaps | null = null,
): Judgement {
  const found = assessTissueAtRisk(result, rule, { referenceSide })
  const quality = gradeStudy({ series, maps: result, motion: result.motion?.frames, tissueAtRisk: found })
  if (predicted?.mask.includes(1)) quality.push(gradeBesideNetwork(series, predicted, result, found))
  return { assessment: judgedBy(found, quality), quality }
}
