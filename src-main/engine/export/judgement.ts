import { usualRule, type QualityLine, type SideChoice, type TissueAtRiskRule } from '@contract'
import type { PerfusionMaps } from '../perfusion'
import { gradeStudy } from '../quality'
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

/** Tissue at risk and quality of maps and of the series as they were made of it; the verdict on quality leads the words of the former. */
export function judgeMaps(
  series: VolumeSeries,
  result: PerfusionMaps,
  { rule = usualRule, referenceSide }: JudgementOptions = {},
): Judgement {
  const found = assessTissueAtRisk(result, rule, { referenceSide })
  const quality = gradeStudy({ series, maps: result, motion: result.motion?.frames, tissueAtRisk: found })
  return { assessment: judgedBy(found, quality), quality }
}
