import { unwrapMidnight } from './clock'
import { timeSources, type TimeSource } from './header'
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
/** Share of slices that must have a time for the others to be given one. */
const leastTimed = 0.75

/** The first source, in the order of trust, that tells the slices of each position apart. */
export function clockOf(positions: readonly Slice[][]): Clock | null {
  const all = positions.flat()
  for (const source of timeSources) {
    const clock = sourceClock(positions, source)
    if (clock && tellsApart(positions, clock.at) && agreesWithOrder(positions, source, clock.at)) return clock
  }
  return counterClock(positions, all)
}

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

function sourceClock(positions: readonly Slice[][], source: TimeSource): Clock | null {
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

function tellsApart(positions: readonly Slice[][], at: (slice: Slice) => number): boolean {
  let all = 0
  let distinct = 0
  for (const group of positions) {
    all += group.length
    distinct += new Set(group.map((slice) => Math.round(at(slice) / samePlaceSameTime))).size
  }
  return distinct >= distinctShare * all
}

/** Content Time is when the image was made, which may be in any order; it counts only where counters agree with it. */
function agreesWithOrder(
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

/** Without times of their own, time points may still be counted; their interval then comes from elsewhere or not at all. */
function counterClock(positions: readonly Slice[][], all: readonly Slice[]): Clock | null {
  const { header } = all[0].instance
  const { temporalResolution, repetitionTime, scanningSequence, temporalPositions } = header.acquisition
  const echoPlanar = header.modality === 'MR' && scanningSequence.includes('EP') && (repetitionTime ?? 0) > 0
  const interval = temporalResolution ?? (echoPlanar && repetitionTime ? repetitionTime / 1000 : null)
  const intervalWords =
    temporalResolution !== null
      ? `Temporal Resolution (${temporalResolution} s)`
      : `the Repetition Time of an echo-planar sequence (${interval} s)`
  const clock = (by: TimeOrder['by'], words: string, rank: (slice: Slice) => number): Clock => ({
    order: {
      by,
      known: interval !== null,
      words: interval === null ? words : `${words} and ${intervalWords}`,
    },
    at: (slice) => rank(slice) * (interval ?? 1),
    warnings: [
      interval === null
        ? `No time information: ${words} orders the time points, but the interval between them is unknown; they are counted, not timed.`
        : `No time stamps: times follow from ${words} and ${intervalWords}.`,
    ],
  })
  const temporal = ({ frame }: Slice): number | null => frame.temporalPosition
  if (
    all.every((slice) => temporal(slice) !== null) &&
    tellsApart(positions, (slice) => temporal(slice) ?? 0)
  ) {
    return clock('temporal position', 'Temporal Position', (slice) => temporal(slice) ?? 0)
  }
  const acquisition = ({ frame }: Slice): number | null => frame.acquisitionNumber
  if (
    all.every((slice) => acquisition(slice) !== null) &&
    tellsApart(positions, (slice) => acquisition(slice) ?? 0)
  ) {
    return clock('acquisition number', 'Acquisition Number', (slice) => acquisition(slice) ?? 0)
  }
  const complete = positions.every((group) => group.length === positions[0].length)
  const numbered = all.every(({ instance }) => instance.header.instanceNumber !== null)
  const counted = temporalPositions === positions[0].length
  if (interval === null || !complete || !numbered || !(counted || echoPlanar)) return null
  const rank = new Map<Slice, number>()
  for (const group of positions) {
    const number = ({ instance, index }: Slice): number => (instance.header.instanceNumber ?? 0) + index
    const sorted = [...group].sort((a, b) => number(a) - number(b))
    sorted.forEach((slice, index) => rank.set(slice, index))
  }
  return clock('instance number', 'Instance Number', (slice) => rank.get(slice) ?? 0)
}
