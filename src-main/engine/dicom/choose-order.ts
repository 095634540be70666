import { countedClock, instanceClock } from './counted-order'
import { timeSources } from './header'
import type { Slice } from './slices'
import { agreesWithOrder, repeatsEvenly, stampedClock } from './stamped-order'
import { tellsApart, type Clock } from './time-order'

/**
 * The first source, in the order of trust, that tells the slices of each position apart; then what counts the time
 * points; then a source by which each time is there several times over, as in a series that was sent twice.
 */
export function clockOf(positions: readonly Slice[][]): Clock | null {
  const clocks = timeSources.flatMap((source) => {
    const clock = stampedClock(positions, source)
    return clock && agreesWithOrder(positions, source, clock.at) ? [clock] : []
  })
  return (
    clocks.find(({ at }) => tellsApart(positions, at)) ??
    countedClock(positions, clocks) ??
    clocks.find(({ at }) => repeatsEvenly(positions, at)) ??
    instanceClock(positions)
  )
}
