import type { QualityLine, TissueAtRisk } from '@contract'
import type { PerfusionMaps } from '../perfusion'
import { HEALTHY_TMAX } from '../tissueAtRisk'
import type { VolumeSeries } from '../volume'
import { gradeArtery, gradeBolus } from './curves'
import { graded, lineOf } from './line'
import { gradeSymmetry } from './space'

/** s by which a network may place the peak of healthy tissue apart from a deconvolution. */
const APART = { amber: 1.5, red: 3 }

/** The maps of a deconvolution that a network's are compared with. */
export interface Deconvolved {
  mask: PerfusionMaps['mask']
  maps: Pick<PerfusionMaps['maps'], 'cbf' | 'tmax' | 'ttp'>
}

/**
 * The lines of a study as they hold for a network's maps of it: what rests on the maps is graded on those of the network,
 * and one line says whether they agree with the deconvolution's. The rest is of the images and stays.
 */
export function gradeNetwork(
  lines: readonly QualityLine[],
  series: VolumeSeries,
  predicted: PerfusionMaps,
  deconvolved: Deconvolved,
  found: TissueAtRisk,
): QualityLine[] {
  const own = [gradeArtery(predicted, series), gradeBolus(predicted, series, found), gradeSymmetry(found)]
  return [
    ...lines.map((line) => own.find(({ check }) => check === line.check) ?? line),
    gradeAgreement(predicted, deconvolved),
  ]
}

/** The median difference in the time to peak of tissue that the deconvolution finds healthy. */
function gradeAgreement(predicted: PerfusionMaps, deconvolved: Deconvolved): QualityLine {
  const differences: number[] = []
  for (let i = 0; i < predicted.mask.length; i++) {
    if (predicted.mask[i] === 0 || deconvolved.mask[i] === 0) continue
    if (!(deconvolved.maps.cbf[i] > 0) || deconvolved.maps.tmax[i] > HEALTHY_TMAX) continue
    differences.push(predicted.maps.ttp[i] - deconvolved.maps.ttp[i])
  }
  if (differences.length === 0) {
    return lineOf(
      'network',
      [],
      'No healthy tissue was found to compare the network with the deconvolution in.',
    )
  }
  differences.sort((a, b) => a - b)
  const apart = differences[differences.length >> 1]
  const words = `${Math.abs(apart).toFixed(1)} s ${apart < 0 ? 'earlier' : 'later'}`
  const finding = {
    grade: graded(Math.abs(apart), APART.amber, APART.red),
    reason: `In healthy tissue the network finds the peak ${words} than the deconvolution.`,
    remedy: 'Use the maps of the deconvolution: the network has not learnt studies like this one.',
  }
  return lineOf('network', [finding], finding.reason, { value: apart, unit: 's' })
}
