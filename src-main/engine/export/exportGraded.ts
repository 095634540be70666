import type { QualityLine, SideChoice, TissueAtRiskRule } from '@contract'
import type { Run } from '../compute/run'
import type { PerfusionMaps } from '../perfusion'
import { assessTissueAtRisk, judgedBy } from '../tissueAtRisk'
import type { VolumeSeries } from '../volume'
import { exportMaps } from './index'

/** Maps of a study whose quality is known already. */
export interface GradedMaps {
  /** Its voxels are not looked at. */
  series: VolumeSeries
  result: PerfusionMaps
  rule: TissueAtRiskRule
  referenceSide: SideChoice
  quality: QualityLine[]
  directory: string
}

/** Finds the tissue at risk in the maps and writes both, under the verdict on the study: see `exportMaps`. */
export async function exportGraded(
  run: Run,
  { series, result, rule, referenceSide, quality, directory }: GradedMaps,
): Promise<string[]> {
  const assessment = judgedBy(assessTissueAtRisk(result, rule, { referenceSide }), quality)
  return exportMaps({ series, result, directory, judgement: { assessment, quality } }, run)
}
