import type { QualityLine, SideChoice, TissueAtRiskRule } from '@contract'
import type { Run } from '../compute/run'
import type { PerfusionMaps } from '../perfusion'
import { gradeNetwork, type Deconvolved } from '../quality'
import { assessTissueAtRisk, judgedBy } from '../tissueAtRisk'
import type { VolumeSeries } from '../volume'
import { exportMaps } from './index'

/** A network's maps of a study whose quality is known already. */
export interface NetworkMaps {
  /** Its voxels are not looked at. */
  series: VolumeSeries
  result: PerfusionMaps
  deconvolved: Deconvolved
  rule: TissueAtRiskRule
  referenceSide: SideChoice
  /** The lines of the study, with the maps of the deconvolution. */
  quality: QualityLine[]
  directory: string
}

/**
 * Finds the tissue at risk in a network's maps and writes both, under the verdict on these maps: what rests on maps is
 * judged by its own, the rest by the study. See `exportMaps`.
 */
export async function exportNetwork(
  run: Run,
  { series, result, deconvolved, rule, referenceSide, quality, directory }: NetworkMaps,
): Promise<string[]> {
  const found = assessTissueAtRisk(result, rule, { referenceSide })
  const own = gradeNetwork(quality, series, result, deconvolved, found)
  const judgement = { assessment: judgedBy(found, own), quality: own }
  return exportMaps({ series, result, directory, judgement }, run)
}
