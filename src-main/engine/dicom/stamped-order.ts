import { unwrapMidnight } from './clock'
import type { TimeSource } from './header'
import { groupBy, type Slice } from './slices'
import { samePlaceSameTime, type Clock } from './time-order'

/** Share of slices that must have a time for the others to be given one. */
const leastTimed = 0.75

const sourceWords: Record<TimeSource, string> = {
  frame: 'Frame Acquisition DateTime',
  reference: 'Frame Reference DateTime',
  acquisition: 'Acquisition Time',
  acquisitionDateTime: 'Acquisition DateTime',
  offset: 'the time offset from the first frame',
  trigger: 'Trigger Time',
  content: 'Content Time',
  series: 'Series Time',
}

/** The order that one source of time stamps gives; null where too few slices have it. */
export function stampedClock(positions: readonly Slice[][], source: TimeSource): Clock | null {
  const all = positions.flat()
  const timed = all.filter(({ frame }) => frame.instants[source] !== undefined)
  if (timed.length < leastTimed * all.length) return null
  const { instants, wrapped } = unwrapMidnight(timed.map(({ frame }) => frame.instants[source] ?? 0))
  const times = new Map(timed.map((slice, index) => [slice, instants[index]]))
  if (times.size < all.length && !interpolateTimes(positions, times)) return null
  const warnings = wrapped
    ? ['The acquisition passed midnight; its times were continued into the next day.']
    : []
  if (timed.length < all.length) {
    const files = `${all.length - timed.length} of ${all.length} images`
    warnings.push(
      `${sourceWords[source]} is missing or unreadable in ${files}; it was put between its neighbours'.`,
    )
  }
  return {
    order: { by: 'time', known: true, words: sourceWords[source] },
    at: (slice) => times.get(slice) ?? 0,
    warnings,
  }
}

/** Gives slices without a time one between those before and after it at its position, as the counters order them. */
function interpolateTimes(positions: readonly Slice[][], times: Map<Slice, number>): boolean {
  return positions.every((group) => {
    const counters = new Map(group.map((slice) => [slice, counterOf(slice)]))
    if (new Set(counters.values()).size < group.length) return false
    const count = (slice: Slice): number => counters.get(slice) ?? 0
    const ordered = [...group].sort((a, b) => count(a) - count(b))
    const known = ordered.filter((slice) => times.has(slice))
    return ordered.every((slice) => {
      if (times.has(slice)) return true
      const after = known.find((other) => count(other) > count(slice))
      const before = [...known].reverse().find((other) => count(other) < count(slice))
      if (!before || !after) return false
      const [start, end] = [times.get(before) ?? 0, times.get(after) ?? 0]
      times.set(
        slice,
        start + ((end - start) * (count(slice) - count(before))) / (count(after) - count(before)),
      )
      return true
    })
  })
}

/** What numbers the time points where it is there: Temporal Position, Acquisition Number or Instance Number. */
function counterOf({ frame, instance, index }: Slice): number {
  return frame.temporalPosition ?? frame.acquisitionNumber ?? (instance.header.instanceNumber ?? 0) + index
}

/** Whether every position has the same number of images, two or more, at each of its times. */
export function repeatsEvenly(positions: readonly Slice[][], at: (slice: Slice) => number): boolean {
  const copies = new Set<number>()
  for (const group of positions) {
    const times = groupBy(group, (slice) => String(Math.round(at(slice) / samePlaceSameTime)))
    if (times.size < 2) return false
    for (const members of times.values()) copies.add(members.length)
  }
  return copies.size === 1
}

/** Content Time is when the image was made, which may be in any order; it counts only where counters agree with it. */
export function agreesWithOrder(
  positions: readonly Slice[][],
  source: TimeSource,
  at: (slice: Slice) => number,
): boolean {
  if (source !== 'content') return true
  return positions.every((group) => {
    const sorted = [...group].sort((a, b) => at(a) - at(b))
    return sorted.every((slice, index) => {
      const counter = slice.frame.temporalPosition ?? slice.frame.acquisitionNumber
      const before =
        index > 0
          ? (sorted[index - 1].frame.temporalPosition ?? sorted[index - 1].frame.acquisitionNumber)
          : null
      return counter === null || before === null || counter >= before
    })
  })
}
