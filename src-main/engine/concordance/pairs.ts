import type { PairKind, Reading } from '@contract'

/** Two readings that are compared. */
export interface ReadingPair {
  name: string
  first: number
  second: number
  kind: PairKind
}

/** Every rater against the reference (the last reading, where there is one), then each pair of raters. */
export function pairsOf(readings: readonly Reading[], hasReference: boolean): ReadingPair[] {
  const reference = hasReference ? readings.length - 1 : null
  const raters = readings.flatMap((_, r) => (r === reference ? [] : [r]))
  const pair = (first: number, second: number, kind: PairKind): ReadingPair => ({
    name: `${readings[first].name}/${readings[second].name}`,
    first,
    second,
    kind,
  })
  const between = raters.flatMap((first, i) =>
    raters.slice(i + 1).map((second) => pair(first, second, kindOf(readings[first], readings[second]))),
  )
  return [
    ...(reference === null ? [] : raters.map((rater) => pair(rater, reference, 'reference'))),
    ...between,
  ]
}

function kindOf(first: Reading, second: Reading): PairKind {
  if (first.rater !== second.rater) return 'inter-rater'
  return first.source === second.source ? 'intra-rater' : 'inter-source'
}
