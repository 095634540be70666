import type { QualityLine, TissueAtRisk } from '@contract'
import { ranked } from '../compute/ranked'
import type { PerfusionMaps } from '../perfusion'
import { assessTissueAtRisk, HEALTHY_TMAX } from '../tissueAtRisk'
import type { VolumeSeries } from '../volume'
import { gradeArtery, gradeBolus } from './curves'
import { graded, lineOf, type Finding } from './line'
import { gradeSymmetry } from './space'

/**
 * s by which a network may place the peak of healthy tissue apart from a deconvolution: 0.1 to 0.3 s on heads like those it
 * learned, 0.6 s on others whose volumes it got right, 0.9 to 2.5 s on those whose core it did not.
 */
const APART = { amber: 0.75, red: 3 }

/** Volumes further apart than this many ml, and than this share of the larger, are not the same. */
const DIFFER = { ml: 2, share: 0.1 }

type Volumes = Pick<TissueAtRisk, 'coreMl' | 'hypoperfusionMl'>

/** The maps of a deconvolution that a network's are compared with. */
export interface Deconvolved {
  mask: PerfusionMaps['mask']
  maps: Pick<PerfusionMaps['maps'], 'cbf' | 'tmax' | 'ttp'>
  volumes: Volumes
}

/**
 * The lines of a study as they hold for a network's maps of it: what rests on the maps is graded on those of the network,
 * and one line says whether maps and volumes agree with the deconvolution's. The rest is of the images and stays.
 */
export function gradeNetwork(
  lines: readonly QualityLine[],
  series: VolumeSeries,
  predicted: PerfusionMaps,
  deconvolved: Deconvolved,
  found: TissueAtRisk,
): QualityLine[] {
  const own = [gradeArtery(predicted, series), gradeBolus(predicted, series, found), gradeSymmetry(found)]
  const ofStudy = lines.filter(({ check }) => check !== 'network')
  return [
    ...ofStudy.map((line) => own.find(({ check }) => check === line.check) ?? line),
    gradeAgreement(predicted, deconvolved, found),
  ]
}

/**
 * The line of a study that a network has looked at too: two methods that err in different ways, and whose volumes differ, are
 * not both right. Where the network has not learnt such studies nothing is concluded from what it finds.
 */
export function gradeBesideNetwork(
  series: VolumeSeries,
  predicted: PerfusionMaps,
  deconvolved: PerfusionMaps,
  found: TissueAtRisk,
): QualityLine {
  const { rule, midline } = found
  const referenceSide =
    found.referenceChosenBy === 'person' && found.referenceSide !== 'both' ? found.referenceSide : 'automatic'
  const other = assessTissueAtRisk(predicted, rule, { midline, referenceSide })
  const doubts = [
    gradeBolus(predicted, series, other),
    gradeAgreement(predicted, { ...deconvolved, volumes: other }, other),
  ]
  if (doubts.some(({ grade }) => grade !== 'green')) {
    return lineOf('network', [], 'The network has not learnt studies like this one, and is not asked.')
  }
  return lineOf('network', volumesApart(other, found), agreeing(other, found))
}

/** By the network, and by the deconvolution. */
function volumesApart(network: Volumes, deconvolution: Volumes): Finding[] {
  const differ = (one: number, other: number): boolean =>
    Math.abs(one - other) > Math.max(DIFFER.ml, DIFFER.share * Math.max(one, other))
  if (
    !differ(network.coreMl, deconvolution.coreMl) &&
    !differ(network.hypoperfusionMl, deconvolution.hypoperfusionMl)
  ) {
    return []
  }
  return [
    {
      grade: 'amber',
      reason: `Network and deconvolution do not agree: ${volumesWords(network, deconvolution)}`,
      remedy: 'Look at both maps where they differ; the volumes are uncertain by as much.',
    },
  ]
}

const agreeing = (network: Volumes, deconvolution: Volumes): string =>
  `Network and deconvolution agree: ${volumesWords(network, deconvolution)}`

function volumesWords(network: Volumes, deconvolution: Volumes): string {
  const words = ({ coreMl, hypoperfusionMl }: Volumes): string =>
    `${coreMl.toFixed(1)} ml of core and ${hypoperfusionMl.toFixed(1)} ml hypoperfused`
  return `${words(network)} by the one, ${words(deconvolution)} by the other.`
}

/** The median difference in the time to peak of tissue that the deconvolution finds healthy, and whether volumes agree. */
function gradeAgreement(predicted: PerfusionMaps, deconvolved: Deconvolved, found: Volumes): QualityLine {
  const differing = volumesApart(found, deconvolved.volumes)
  const differences = new Float32Array(predicted.mask.length)
  let voxels = 0
  for (let i = 0; i < predicted.mask.length; i++) {
    if (predicted.mask[i] === 0 || deconvolved.mask[i] === 0) continue
    if (!(deconvolved.maps.cbf[i] > 0) || deconvolved.maps.tmax[i] > HEALTHY_TMAX) continue
    differences[voxels++] = predicted.maps.ttp[i] - deconvolved.maps.ttp[i]
  }
  if (voxels === 0) {
    return lineOf(
      'network',
      differing,
      'No healthy tissue was found to compare the network with the deconvolution in.',
    )
  }
  const apart = ranked(differences.subarray(0, voxels), voxels >> 1)
  const words = `${Math.abs(apart).toFixed(1)} s ${apart < 0 ? 'earlier' : 'later'}`
  const finding = {
    grade: graded(Math.abs(apart), APART.amber, APART.red),
    reason: `In healthy tissue the network finds the peak ${words} than the deconvolution.`,
    remedy: 'Use the maps of the deconvolution: the network has not learnt studies like this one.',
  }
  return lineOf('network', [finding, ...differing], finding.reason, { value: apart, unit: 's' })
}
