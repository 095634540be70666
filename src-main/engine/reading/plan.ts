import { createHash } from 'node:crypto'
import { accountKey, type Protocol } from '@contract'

/** One reading that a protocol asks for. */
export interface PlannedReading {
  /** The rater's account. */
  person: string
  caseKey: string
  sourceKey: string
  /** 1, or 2 for a re-read. */
  pass: 1 | 2
  /** In the rater's order, from 1. */
  place: number
}

type Unplaced = Omit<PlannedReading, 'place'>

const includes = (cases: 'all' | string[], key: string): boolean => cases === 'all' || cases.includes(key)

/** Where a reading comes in a random order: its place among the hashes, which no other reading moves. */
function draw(seed: number, { person, caseKey, sourceKey, pass }: Unplaced): string {
  return createHash('sha256')
    .update(JSON.stringify([seed, person, caseKey, sourceKey, pass]))
    .digest('hex')
}

/** The readings of one rater, each once, sources in the order of the protocol, cases in theirs. */
function firstReadings(protocol: Protocol, rater: Protocol['raters'][number]): Unplaced[] {
  const person = accountKey(rater.name)
  const assigned = protocol.assignments.filter((each) => each.rater === rater.key)
  return protocol.sources.flatMap((source) =>
    protocol.cases
      .filter((each) => assigned.some((one) => one.source === source.key && includes(one.cases, each.key)))
      .map((each): Unplaced => ({ person, caseKey: each.key, sourceKey: source.key, pass: 1 })),
  )
}

/**
 * Every reading of a protocol in each rater's order: first all cases once, then the re-reads. A random order depends on
 * nothing but the seed, the rater and what is read, so that the same protocol gives the same worklists everywhere.
 */
export function planReadings(protocol: Protocol): PlannedReading[] {
  const { order, rereads } = protocol
  const arrange = (readings: Unplaced[]): Unplaced[] => {
    if (order.kind === 'fixed') return readings
    return readings
      .map((reading) => ({ reading, key: draw(order.seed, reading) }))
      .sort((left, right) => (left.key < right.key ? -1 : 1))
      .map(({ reading }) => reading)
  }
  return protocol.raters.flatMap((rater) => {
    const first = firstReadings(protocol, rater)
    const second = first
      .filter(({ caseKey }) => rereads !== null && includes(rereads.cases, caseKey))
      .map((reading): Unplaced => ({ ...reading, pass: 2 }))
    return [...arrange(first), ...arrange(second)].map((reading, i) => ({ ...reading, place: i + 1 }))
  })
}

const DAY = 24 * 60 * 60 * 1000

/** A reading as the wash-out looks at it. */
export interface WashedReading {
  caseKey: string
  place: number
  /** ISO 8601; null: not signed. */
  signed: string | null
}

/**
 * Whether a rater must wait with a reading: `waits` for an earlier reading of the case to be signed, or until `opensAt`,
 * so many days after the last of those was. `own` are all readings of that rater. Re-reads wait even without a wash-out
 * for the reading they repeat.
 */
export function washOut(
  reading: WashedReading & { pass: number },
  own: readonly WashedReading[],
  days: number,
  now: Date,
): { waits: boolean; opensAt: string | null } {
  const earlier = own.filter(({ caseKey, place }) => caseKey === reading.caseKey && place < reading.place)
  if (reading.signed !== null || (days === 0 && reading.pass === 1)) return { waits: false, opensAt: null }
  if (earlier.some(({ signed }) => signed === null)) return { waits: true, opensAt: null }
  const last = Math.max(0, ...earlier.map(({ signed }) => new Date(signed as string).getTime()))
  const opens = last + days * DAY
  return {
    waits: false,
    opensAt: earlier.length > 0 && opens > now.getTime() ? new Date(opens).toISOString() : null,
  }
}
