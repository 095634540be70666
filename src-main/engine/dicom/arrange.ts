import { alignColumns, thinColumn, type Row, type Timed } from './align'
import { clockOf } from './choose-order'
import { byPosition } from './positions'
import { greatest, type LeftOut, type Slice } from './slices'
import { samePlaceSameTime, type Clock, type TimeOrder } from './time-order'

/** Slices in order: `cells[frame × slices + slice]`, from the lowest slice of the first time point. */
export interface Arrangement {
  frames: number
  slices: number
  /** null where the slice of a time point is missing. */
  cells: (Slice | null)[]
  /** Seconds from the earliest, [frame × slices + slice]. */
  times: Float64Array
  order: TimeOrder
  leftOut: LeftOut[]
  /** Slices that belong to no cell here and make stacks of their own. */
  rest: Slice[]
  warnings: string[]
}

/** Share of missing slices beyond which filling them in would be inventing a series. */
const mostMissing = 0.25
/** Share of a time series that a position must have to be filled up. */
const leastOfPosition = 0.75
/** Share of images that may be copies of others. */
const fewDuplicates = 0.1

/**
 * Arranges a stack's slices by position and time. Positions seen once make a volume; positions seen several times make
 * a time series, if something in the headers orders it. Returns null where nothing does.
 */
export function arrange(stack: readonly Slice[]): Arrangement | null {
  const positions = byPosition(stack)
  const most = greatest(positions.map((group) => group.length))
  const single = positions.filter((group) => group.length === 1)
  const clock = most === 1 ? null : clockOf(positions)
  if (!clock) {
    if (most > 1 && single.length <= positions.length / 2) return null
    const rest = positions.flatMap((group) => group.slice(1))
    return volumeOf(
      positions.map(([first]) => first),
      rest,
    )
  }
  const { columns, duplicates } = withoutDuplicates(positions, clock)
  // A few are copies; as many as there are originals are a series of their own that was written into this one.
  const copies = duplicates.length > fewDuplicates * stack.length ? duplicates.splice(0) : []
  const arrangement = inOrder(columns, clock, duplicates)
  arrangement?.rest.push(...copies.map(({ slice }) => slice))
  return arrangement
}

function inOrder(columns: Timed[][], clock: Clock, duplicates: LeftOut[]): Arrangement | null {
  const frames = commonCount(columns)
  if (frames === 1) {
    const first = columns.map((column) => column[0].slice)
    const rest = columns.flatMap((column) => column.slice(1).map(({ slice }) => slice))
    return { ...volumeOf(first, rest), leftOut: duplicates }
  }
  return seriesOf(columns, frames, clock, duplicates)
}

/** A volume of the slices as they come, with nothing known of their times. */
export function volumeOf(slices: Slice[], rest: Slice[] = []): Arrangement {
  return {
    frames: 1,
    slices: slices.length,
    cells: slices,
    times: new Float64Array(slices.length),
    order: { by: 'nothing', known: true, words: '' },
    leftOut: [],
    rest,
    warnings: [],
  }
}

/** Each position's slices by time; a second slice of the same position and time is left out. */
function withoutDuplicates(
  positions: readonly Slice[][],
  clock: Clock,
): { columns: Timed[][]; duplicates: LeftOut[] } {
  const duplicates: LeftOut[] = []
  const columns = positions.map((group) => {
    const column: Timed[] = []
    const timed = group.map((slice): Timed => ({ slice, time: clock.at(slice) }))
    for (const entry of timed.sort((a, b) => a.time - b.time)) {
      const before = column[column.length - 1]
      if (before && entry.time - before.time < samePlaceSameTime / 2) {
        const reason = `A second image of the same position and time as ${before.slice.instance.file.name}.`
        duplicates.push({ slice: entry.slice, reason })
      } else column.push(entry)
    }
    return column
  })
  return { columns, duplicates }
}

/** How often the positions of most images were seen; the larger number where two are equally common. */
function commonCount(columns: readonly Timed[][]): number {
  const images = new Map<number, number>()
  for (const { length } of columns) images.set(length, (images.get(length) ?? 0) + length)
  return [...images].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0][0]
}

function seriesOf(columns: Timed[][], frames: number, clock: Clock, leftOut: LeftOut[]): Arrangement | null {
  const rest: Slice[] = []
  const usual = columns.filter((column) => isUsual(column.length, frames))
  const chosen = columns.flatMap((column) => {
    if (isUsual(column.length, frames)) return [column]
    if (column.length > frames) return [thinColumn(column, nearest(usual, column[0].slice.depth), rest)]
    rest.push(...column.map(({ slice }) => slice))
    return []
  })
  const rows = alignColumns(chosen)
  const points = rows[0].length
  const kept = wholeEnough(rows)
  for (let frame = 0; frame < points; frame++) {
    if (kept.includes(frame)) continue
    const there = rows.flatMap((row) => row[frame] ?? [])
    const reason = `Its time point is incomplete: ${there.length} of ${rows.length} slices.`
    leftOut.push(...there.map(({ slice }) => ({ slice, reason })))
  }
  const cells: (Slice | null)[] = []
  const times = new Float64Array(kept.length * rows.length)
  kept.forEach((frame, index) =>
    rows.forEach((row, slice) => {
      const cell = row[frame]
      cells.push(cell ? cell.slice : null)
      times[index * rows.length + slice] = cell ? cell.time : timeOfGap(rows, slice, frame)
    }),
  )
  const start = times.reduce((least, time) => Math.min(least, time), Infinity)
  const missing = cells.filter((cell) => cell === null).length
  if (missing > mostMissing * cells.length || kept.length < 2) return null
  return {
    frames: kept.length,
    slices: rows.length,
    cells,
    // Seconds since 1970 in a double are good to a microsecond.
    times: times.map((time) => Math.round((time - start) * 1e6) / 1e6),
    order: clock.order,
    leftOut,
    rest,
    warnings: [
      ...clock.warnings,
      ...(missing > 0
        ? [
            `${missing} of ${cells.length} slices are missing and were interpolated in time (${listGaps(cells, rows.length)}).`,
          ]
        : []),
      ...(rest.length > 0
        ? [
            `${images(rest.length)} at these or other positions ${rest.length === 1 ? 'does not fit into this series and is' : 'do not fit into this series and are'} listed apart.`,
          ]
        : []),
      ...(kept.length < points ? [leftOutWords(points - kept.length)] : []),
    ],
  }
}

const images = (count: number): string => `${count} ${count === 1 ? 'image' : 'images'}`

const leftOutWords = (count: number): string =>
  count === 1 ? '1 incomplete time point was left out.' : `${count} incomplete time points were left out.`

/** Time points with more than half of their slices; between others, half is enough to fill the rest in. */
function wholeEnough(rows: readonly Row[]): number[] {
  const share = rows[0].map((_, frame) => rows.filter((row) => row[frame] !== null).length / rows.length)
  const first = share.findIndex((part) => part > 0.5)
  const last = share.length - 1 - [...share].reverse().findIndex((part) => part > 0.5)
  return share.flatMap((part, frame) => (frame >= first && frame <= last && part >= 0.5 ? [frame] : []))
}

/** Whether a position was seen about as often as the others, so that what it lacks are single slices. */
const isUsual = (count: number, frames: number): boolean =>
  count >= leastOfPosition * frames && count <= frames / leastOfPosition

function nearest(columns: readonly Timed[][], depth: number): Timed[] {
  return columns.reduce((best, column) =>
    Math.abs(column[0].slice.depth - depth) < Math.abs(best[0].slice.depth - depth) ? column : best,
  )
}

/**
 * When a missing slice would have been taken: as long after a slice of its own position as the nearest position that
 * has both shows.
 */
function timeOfGap(rows: readonly Row[], slice: number, frame: number): number {
  const own = rows[slice]
  const near = (from: number) => (a: number, b: number) => Math.abs(a - from) - Math.abs(b - from)
  const others = rows.map((_, z) => z).sort(near(slice))
  const anchors = own.map((_, index) => index).sort(near(frame))
  for (const z of others) {
    const there = rows[z][frame]
    if (!there) continue
    for (const anchor of anchors) {
      const [here, beside] = [own[anchor], rows[z][anchor]]
      if (here && beside) return here.time + there.time - beside.time
    }
  }
  return own.find((cell) => cell !== null)?.time ?? 0
}

function listGaps(cells: readonly (Slice | null)[], slices: number): string {
  const gaps = cells.flatMap((cell, index) => (cell ? [] : [index]))
  const named = gaps
    .slice(0, 5)
    .map((at) => `slice ${(at % slices) + 1} of time point ${Math.floor(at / slices) + 1}`)
  return named.join(', ') + (gaps.length > 5 ? ', …' : '')
}
