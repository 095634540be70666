import { median, type Slice } from './slices'

/** A slice and when it was taken, in seconds. */
export interface Timed {
  slice: Slice
  time: number
}

/** One position over time: a slice, or null where it is missing, for each time point. */
export type Row = (Timed | null)[]

/** What leaving out one slice costs against a match, whose cost is its distance in intervals. */
const gapCost = 1
const furthestMatch = 0.4
/** A lag of an interval costs a little, so that a slice missing at the start is not taken for a lag. */
const lagCost = 0.2
const mostForLag = 0.5

/**
 * Brings the slices of all positions (lowest first, each in order of time) to common time points. Neighbouring
 * positions are matched by their times, apart from a constant lag between them (slabs that are scanned in turn), so
 * that a slice missing here does not shift what follows it there. Rows of equal length; a time point may be in few.
 */
export function alignColumns(columns: readonly Timed[][]): Row[] {
  let rows: Row[] = []
  for (const column of columns) {
    if (rows.length === 0) {
      rows.push([...column])
      continue
    }
    const reference = timesBefore(rows)
    const matched = match(
      column.map(({ time }) => time),
      reference,
    )
    rows = rows.map((row) => matched.map(({ slot }) => (slot === null ? null : row[slot])))
    rows.push(matched.map(({ entry }) => (entry === null ? null : column[entry])))
  }
  return rows
}

/** The time of each time point at the nearest position below that has it. */
function timesBefore(rows: readonly Row[]): number[] {
  return rows[0].map((_, slot) => {
    for (let z = rows.length - 1; z >= 0; z--) {
      const cell = rows[z][slot]
      if (cell) return cell.time
    }
    return 0
  })
}

interface Pair {
  /** Index of the column's slice and of the time point; null where the other has no partner. */
  entry: number | null
  slot: number | null
}

function match(times: readonly number[], reference: readonly number[]): Pair[] {
  const intervals = intervalsOf(reference)
  const same = times.length === reference.length
  if (same && times.every((time, index) => Math.abs(time - reference[index]) <= 0.25 * intervals[index])) {
    return times.map((_, index) => ({ entry: index, slot: index }))
  }
  const lags = [...new Set(likelyLags(times, reference).map((lag) => Math.round(lag * 1000) / 1000))]
  let best: { cost: number; pairs: Pair[] } | null = null
  const usual = median(intervals)
  for (const lag of lags) {
    const found = alignWith(lag, times, reference, intervals)
    found.cost += Math.min(mostForLag, (lagCost * Math.abs(lag)) / usual)
    if (!best || found.cost < best.cost - 1e-9) best = found
  }
  return best?.pairs ?? []
}

/**
 * What counts as one interval at each time point: the usual one, or less where both neighbours are nearer. The nearer
 * neighbour alone would not do, since a slice at the end of a table that moves to and fro is taken twice in a row.
 */
function intervalsOf(reference: readonly number[]): number[] {
  const gaps = reference.slice(1).map((time, index) => time - reference[index])
  const usual = gaps.length > 0 ? median(gaps) : Infinity
  return reference.map((_, slot) => Math.min(usual, Math.max(gaps[slot - 1] ?? 0, gaps[slot] ?? 0) || usual))
}

/** Lags under which the two sequences may fit: from the start, from the end, and by nearest times. */
function likelyLags(times: readonly number[], reference: readonly number[]): number[] {
  const shared = Math.min(times.length, reference.length)
  const fromStart = Array.from({ length: shared }, (_, i) => times[i] - reference[i])
  const fromEnd = Array.from(
    { length: shared },
    (_, i) => times[times.length - 1 - i] - reference[reference.length - 1 - i],
  )
  const nearest = times.map((time) =>
    reference.reduce(
      (best, other) => (Math.abs(time - other) < Math.abs(best) ? time - other : best),
      Infinity,
    ),
  )
  return [0, median(fromStart), median(fromEnd), median(nearest), fromStart[0], fromEnd[0]]
}

/** The cheapest alignment of two ordered sequences (Needleman and Wunsch 1970), the column shifted by a lag. */
function alignWith(
  lag: number,
  times: readonly number[],
  reference: readonly number[],
  intervals: readonly number[],
): { cost: number; pairs: Pair[] } {
  const [m, n] = [times.length, reference.length]
  const width = n + 1
  const costs = new Float64Array((m + 1) * width)
  const steps = new Uint8Array((m + 1) * width)
  for (let j = 1; j <= n; j++) [costs[j], steps[j]] = [j * gapCost, 2]
  for (let i = 1; i <= m; i++) {
    ;[costs[i * width], steps[i * width]] = [i * gapCost, 1]
    for (let j = 1; j <= n; j++) {
      const distance = Math.abs(times[i - 1] - lag - reference[j - 1]) / intervals[j - 1]
      const matched = distance <= furthestMatch ? costs[(i - 1) * width + j - 1] + distance : Infinity
      const alone = costs[(i - 1) * width + j] + gapCost
      const missing = costs[i * width + j - 1] + gapCost
      const least = Math.min(matched, alone, missing)
      // Of two that have no partner the later one comes last, so that the time points stay in order.
      const later = times[i - 1] - lag > reference[j - 1]
      costs[i * width + j] = least
      steps[i * width + j] = least === matched ? 0 : least === alone && (later || least < missing) ? 1 : 2
    }
  }
  const pairs: Pair[] = []
  for (let i = m, j = n; i > 0 || j > 0;) {
    const step = steps[i * width + j]
    const entry = step === 2 ? null : --i
    const slot = step === 1 ? null : --j
    pairs.push({ entry, slot })
  }
  return { cost: costs[m * width + n], pairs: pairs.reverse() }
}

/** Of a position seen far too often, the slices nearest to a neighbour's times; the others go to `rest`. */
export function thinColumn(column: readonly Timed[], reference: readonly Timed[], rest: Slice[]): Timed[] {
  const pairs = match(
    column.map(({ time }) => time),
    reference.map(({ time }) => time),
  )
  const kept = new Set(pairs.flatMap(({ entry, slot }) => (entry !== null && slot !== null ? [entry] : [])))
  rest.push(...column.filter((_, index) => !kept.has(index)).map(({ slice }) => slice))
  return column.filter((_, index) => kept.has(index))
}
