import type { QualityLine, SideChoice, TissueAtRiskRule } from '@contract'
import { collectGarbage } from '../compute/allocateVoxels'
import type { Run } from '../compute/run'
import type { PerfusionMaps } from '../perfusion'
import { gradeNetwork, type Deconvolved } from '../quality'
import { assessTissueAtRisk, judgedBy } from '../tissueAtRisk'
import type { VolumeSeries } from '../volume'
import { fillExport } from './fillExport'

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
}

/** Writes the files of `exportNetwork` into a folder that is empty. Throws `write-failed`. */
export async function fillNetwork(
  run: Run,
  folder: string,
  { series, result, deconvolved, rule, referenceSide, quality }: NetworkMaps,
): Promise<void> {
  const found = assessTissueAtRisk(result, rule, { referenceSide })
  const own = gradeNetwork(quality, series, result, deconvolved, found)
  const judgement = { assessment: judgedBy(found, own), quality: own }
  // The study's own files are being written by another worker: what judging left behind is let go first.
  collectGarbage()
  await fillExport(run, folder, { series, result, judgement, structures: false })
}
