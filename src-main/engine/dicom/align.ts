import type { Slice } from './slices'

/** A slice and when it was taken, in seconds. */
export interface Timed {
  slice: Slice
  time: number
}

export function nearest(full: readonly Timed[][], depth: number): Timed[] {
  return full.reduce((best, column) =>
    Math.abs(column[0].slice.depth - depth) < Math.abs(best[0].slice.depth - depth) ? column : best,
  )
}

/**
 * Puts a position that lacks slices against the times of a neighbour that has all: the order is kept and the sum of
 * the time differences is the least (dynamic programming).
 */
export function align(column: readonly Timed[], reference: readonly number[]): (Timed | null)[] {
  const [m, n] = [column.length, reference.length]
  if (m === n) return [...column]
  const cost = Array.from({ length: m + 1 }, () => new Float64Array(n + 1).fill(Infinity))
  cost[0].fill(0)
  for (let i = 1; i <= m; i++) {
    for (let j = i; j <= n - (m - i); j++) {
      const matched = cost[i - 1][j - 1] + Math.abs(column[i - 1].time - reference[j - 1])
      cost[i][j] = Math.min(matched, cost[i][j - 1])
    }
  }
  const row = new Array<Timed | null>(n).fill(null)
  for (let i = m, j = n; i > 0; j--) {
    if (cost[i][j] < cost[i][j - 1]) row[j - 1] = column[--i]
  }
  return row
}

/** Keeps, of a position seen too often, the slices nearest to the reference times; the others go to `rest`. */
export function thin(column: readonly Timed[], reference: readonly number[], rest: Slice[]): Timed[] {
  const asTimed = reference.map((time): Timed => ({ slice: column[0].slice, time }))
  const chosen = align(
    asTimed,
    column.map(({ time }) => time),
  )
  rest.push(...column.filter((_, index) => chosen[index] === null).map(({ slice }) => slice))
  return column.filter((_, index) => chosen[index] !== null)
}
