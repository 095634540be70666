import {
  coreWords,
  hypoperfusionWords,
  qualityStatement,
  reliabilityOf,
  type QualityLine,
  type TissueAtRisk,
} from '@contract'

const ml = (volume: number): string => `${volume.toFixed(volume < 10 ? 1 : 0)} ml`
const NO_LESION = 'No lesion: '
const TARGET = 'Target mismatch'
const sideOf = { left: 'left', right: 'right', both: 'both hemispheres', none: 'neither' } as const

/** What a report says beside the figures: where the lesion is, what flow was compared with, how core was counted. */
export function statementsOf(
  found: Omit<TissueAtRisk, 'statements'>,
  lateMl: { left: number; right: number },
  /** Core by blood volume as such, where no side is healthy. */
  absoluteCore: { below: number; ml: number } | null = null,
): string[] {
  if (found.referenceMl === 0 && found.midline.symmetry === 0) {
    return ['The maps hold no brain tissue, so there are no volumes to tell.']
  }
  return [
    lesionWords(found, lateMl),
    ...referenceWords(found),
    ...absoluteWords(absoluteCore),
    ...thresholdWords(found),
    ...coreCounted(found),
    ...(found.mismatchRatio === null && found.hypoperfusionMl > 0
      ? ['There is no core, so there is no mismatch ratio.']
      : []),
    targetWords(found),
  ]
}

function lesionWords(
  { affectedSide, hypoperfusionMl, coreMl, rule, midline }: Omit<TissueAtRisk, 'statements'>,
  lateMl: { left: number; right: number },
): string {
  if (hypoperfusionMl === 0 && coreMl === 0) {
    return `${NO_LESION}no region of ${rule.smallestIslandMl} ml or more has ${hypoperfusionWords(rule)}, none ${coreWords(rule)}.`
  }
  if (affectedSide === 'both' && !midline.trusted) {
    return `${ml(lateMl.left + lateMl.right)} of tissue have Tmax > 6 s; on which side is not known, so there is no healthy side to compare with and volumes are uncertain.`
  }
  if (affectedSide === 'both') {
    return (
      `Tissue is late in both hemispheres (left ${ml(lateMl.left)}, right ${ml(lateMl.right)} with Tmax > 6 s): ` +
      'bilateral disease, poor circulation, or an arterial input from a diseased vessel. No side is healthy, so volumes are uncertain.'
    )
  }
  if (affectedSide === 'none') return 'Neither hemisphere has a clear lesion: what is counted here is small.'
  return `The lesion lies in the ${sideOf[affectedSide]} hemisphere.`
}

function referenceWords(found: Omit<TissueAtRisk, 'statements'>): string[] {
  const { referenceSide, referenceChosenBy, referenceCbf, referenceMl, affectedSide, midline, rule } = found
  if (referenceCbf === null) {
    return [
      'There is no healthy tissue to compare flow with: relative CBF is not known and no core can be told by it.',
    ]
  }
  const tissue =
    referenceSide === 'both' ? 'healthy tissue of both hemispheres' : `the ${referenceSide} hemisphere`
  const place = rule.reference === 'mirrored' ? ' at the mirrored place' : ''
  const chosen = referenceChosenBy === 'person' ? ', chosen by a person' : ''
  const lines = [
    `Flow is compared with ${tissue}${place} (${ml(referenceMl)}, mean CBF ${referenceCbf.toFixed(1)} ml/100 g/min${chosen}).`,
  ]
  if (!midline.trusted) {
    lines.push('No plane of symmetry was found, so left and right are not told apart.')
  } else if (referenceChosenBy === 'person' && referenceSide === affectedSide) {
    lines.push('The hemisphere chosen as reference is the one with more late tissue.')
  }
  return lines
}

function absoluteWords(core: { below: number; ml: number } | null): string[] {
  return core === null
    ? []
    : [
        'Without a healthy side relative flow is not to be relied on. By an absolute threshold, CBV < ' +
          `${core.below} ml/100 g, the core within hypoperfused tissue is ${ml(core.ml)} (rule cbv2-tmax6).`,
      ]
}

function thresholdWords({ coreFlow, rule }: Omit<TissueAtRisk, 'statements'>): string[] {
  if (!coreFlow) return []
  const [healthy, low] = [coreFlow.healthyShown, coreFlow.lowShown].map((share) => (100 * share).toFixed(0))
  return [
    `Core is ${coreWords(rule)} in these maps, which is ${coreFlow.below} % of true flow: with this artery ` +
      `the method shows ${healthy} % of healthy flow and ${low} % of low flow.`,
  ]
}

function coreCounted({ rule, coreOutsideHypoperfusionMl }: Omit<TissueAtRisk, 'statements'>): string[] {
  if (rule.coreWithinHypoperfusion) return ['Core is counted within hypoperfused tissue only.']
  return coreOutsideHypoperfusionMl > 0
    ? [
        `${ml(coreOutsideHypoperfusionMl)} of the core lie outside hypoperfused tissue; they are counted as core.`,
      ]
    : ['All of the core lies within hypoperfused tissue.']
}

function targetWords({ targetMismatch, rule, affectedSide }: Omit<TissueAtRisk, 'statements'>): string {
  const { ratio, mismatchMl, coreMl } = rule.targetMismatch
  const criteria = `ratio ≥ ${ratio}, mismatch ≥ ${mismatchMl} ml, core < ${coreMl} ml`
  const doubt = affectedSide === 'both' ? ', but no side is healthy: do not rely on it' : ''
  const met = targetMismatch.ratio && targetMismatch.mismatch && targetMismatch.core
  return `${TARGET} (${criteria}): ${met ? 'criteria met' : 'criteria not met'}${doubt}.`
}

/**
 * The same volumes as the quality of the study allows to read them: its verdict leads the statements. Of a study that is
 * not reliable nothing is concluded: neither that there is no lesion, nor whether criteria are met; of a head that may be a child's
 * not the latter, whose criteria come from trials of adults.
 */
export function judgedBy<T extends TissueAtRisk>(found: T, lines: readonly QualityLine[]): T {
  const reliability = reliabilityOf(lines)
  const verdict = qualityStatement(lines)
  const reliable = reliability !== 'notReliable'
  const adults = !lines.some(({ adultsOnly }) => adultsOnly)
  const words = reliable
    ? found.statements.map((statement) => (adults ? statement : withoutTarget(statement)))
    : found.statements.map(withoutConclusion)
  return {
    ...found,
    reliability,
    ...(reliable && adults ? {} : { targetMismatch: { ...found.targetMismatch, met: null } }),
    statements: [verdict, ...words],
  }
}

function withoutTarget(statement: string): string {
  return statement.startsWith(TARGET)
    ? `${TARGET} is not told of a head as small as a child’s: its criteria are of adults.`
    : statement
}

function withoutConclusion(statement: string): string {
  if (statement.startsWith(NO_LESION)) {
    return `No lesion was found, which this study cannot exclude: ${statement.slice(NO_LESION.length)}`
  }
  return statement.startsWith(TARGET) ? `${TARGET} is not told of a study that is not reliable.` : statement
}
