import type { Slice } from './slices'

/** What tells the time points apart; `known` is false where no interval in seconds follows from it. */
export interface TimeOrder {
  by: 'nothing' | 'time' | 'temporal position' | 'acquisition number' | 'instance number'
  known: boolean
  words: string
}

/** A believable order of a stack's slices in time. */
export interface Clock {
  order: TimeOrder
  at: (slice: Slice) => number
  warnings: string[]
}

/** Seconds: closer than this is the same time. */
export const samePlaceSameTime = 0.001
/** Share of slices whose time must be their own for a source of time to be believed. */
const distinctShare = 0.9

/** Whether nearly every slice has a time, or a count, of its own among the slices of its position. */
export function tellsApart(positions: readonly Slice[][], at: (slice: Slice) => number): boolean {
  let all = 0
  let distinct = 0
  for (const group of positions) {
    all += group.length
    distinct += new Set(group.map((slice) => Math.round(at(slice) / samePlaceSameTime))).size
  }
  return distinct >= distinctShare * all
}
