import { usualRule, type QualityLine, type SideChoice, type TissueAtRiskRule } from '@contract'
import type { PerfusionMaps } from '../perfusion'
import { gradeStudy, type MovedFrame } from '../quality'
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
  /** What motion correction did to each frame. */
  motion?: readonly MovedFrame[]
}

/** Tissue at risk and quality of maps; the verdict on quality leads the words of the former. */
export function judgeMaps(
  series: VolumeSeries,
  result: PerfusionMaps,
  { rule = usualRule, referenceSide, motion }: JudgementOptions = {},
): Judgement {
  const found = assessTissueAtRisk(result, rule, { referenceSide })
  const quality = gradeStudy({ series, maps: result, motion, tissueAtRisk: found })
  return { assessment: judgedBy(found, quality), quality }
}
