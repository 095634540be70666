import { greatest, least, type Slice } from './slices'
import { tellsApart, type Clock, type TimeOrder } from './time-order'

interface Interval {
  seconds: number
  words: string
}

type Count = (slice: Slice) => number | null

const counters: { by: TimeOrder['by']; words: string; of: Count }[] = [
  { by: 'temporal position', words: 'Temporal Position', of: ({ frame }) => frame.temporalPosition },
  { by: 'acquisition number', words: 'Acquisition Number', of: ({ frame }) => frame.acquisitionNumber },
]

/**
 * The order of time points that are counted, not timed. Their interval comes from the header, or from time stamps too
 * coarse to tell all time points apart (`clocks`); otherwise it is unknown, and said to be.
 */
export function countedClock(positions: readonly Slice[][], clocks: readonly Clock[]): Clock | null {
  const all = positions.flat()
  for (const { by, words, of } of counters) {
    const count = (slice: Slice): number => of(slice) ?? 0
    if (!all.every((slice) => of(slice) !== null) || !tellsApart(positions, count)) continue
    return clockBy(by, words, count, statedInterval(all[0]) ?? coarseInterval(all, count, clocks))
  }
  return null
}

/** MR may leave nothing but the numbers of its images: then their order at each position is the order of time. */
export function instanceClock(positions: readonly Slice[][]): Clock | null {
  const all = positions.flat()
  const interval = statedInterval(all[0])
  const complete = positions.every((group) => group.length === positions[0].length)
  const numbered = all.every(({ instance }) => instance.header.instanceNumber !== null)
  if (!interval || !complete || !numbered) return null
  const number = ({ instance, index }: Slice): number => (instance.header.instanceNumber ?? 0) + index
  const rank = new Map<Slice, number>()
  for (const group of positions) {
    const sorted = [...group].sort((a, b) => number(a) - number(b))
    sorted.forEach((slice, index) => rank.set(slice, index))
  }
  return clockBy('instance number', 'Instance Number', (slice) => rank.get(slice) ?? 0, interval)
}

function clockBy(
  by: TimeOrder['by'],
  words: string,
  count: (slice: Slice) => number,
  interval: Interval | null,
): Clock {
  if (interval) {
    return {
      order: { by, known: true, words: `${words} and ${interval.words}` },
      at: (slice) => count(slice) * interval.seconds,
      warnings: [`No time stamps of their own: times follow from ${words} and ${interval.words}.`],
    }
  }
  const warning =
    `No time information: ${words} orders the time points, but the interval between them is unknown; ` +
    'they are counted, not timed.'
  return { order: { by, known: false, words }, at: count, warnings: [warning] }
}

/** Temporal Resolution, or the Repetition Time where one shot takes a whole image (echo-planar MR). */
function statedInterval({ instance }: Slice): Interval | null {
  const { modality, acquisition } = instance.header
  const { temporalResolution, repetitionTime, scanningSequence } = acquisition
  if (temporalResolution !== null) {
    return { seconds: temporalResolution, words: `Temporal Resolution (${temporalResolution} s)` }
  }
  if (
    modality !== 'MR' ||
    !scanningSequence.includes('EP') ||
    repetitionTime === null ||
    repetitionTime <= 0
  ) {
    return null
  }
  const seconds = repetitionTime / 1000
  return { seconds, words: `the Repetition Time of an echo-planar sequence (${seconds} s)` }
}

/** Time stamps of whole seconds under a faster scan: the count, spread evenly between the first and the last. */
function coarseInterval(
  slices: readonly Slice[],
  count: (slice: Slice) => number,
  clocks: readonly Clock[],
): Interval | null {
  const counts = slices.map(count)
  const first = least(counts)
  const steps = greatest(counts) - first
  for (const { at, order } of clocks) {
    const times = slices.map(at)
    const start = least(times)
    const span = greatest(times) - start
    const several = new Set(times.map(Math.round)).size >= steps / 4
    const even = times.every((time, index) => {
      return Math.abs(time - start - ((counts[index] - first) * span) / steps) <= Math.max(1, 0.1 * span)
    })
    if (span > 0 && several && even) {
      return {
        seconds: span / steps,
        words: `${order.words}, spread evenly (every ${(span / steps).toFixed(2)} s)`,
      }
    }
  }
  return null
}
