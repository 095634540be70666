import { createVectorUnit, padded } from '../compute/vectorUnit'
import { keepRows, resultSlice, selectedSlice, sourceSlice, type FilterJob } from './job'
import { gaussianNeighbourhood } from './neighbourhood'

type RowFilter = (slice: number, fromRow: number, toRow: number) => void

let prepared: { id: string; filter: RowFilter } | null = null

/** Rows that a call of `filterRows` filters at most. */
export const ROWS_AT_ONCE = 64
/** Frames that the kernels do at once. */
const FRAMES_AT_ONCE = 32
/** Weights of less than 2 to this power count as none. */
const LEAST_POWER = -30
/** Below any exponent: a neighbour that is none. */
const NO_NEIGHBOUR = -1000
/** What a voxel is to the kernels. */
const OUTSIDE = 0
const GUIDE = 1
const SELECTED = 2

/** Filters rows of one slice in all frames by their course over time. */
export function filterRows(job: FilterJob, id: string, slice: number, fromRow: number, toRow: number): void {
  if (prepared?.id !== id) prepared = { id, filter: profileFilter(job) }
  prepared.filter(slice, fromRow, toRow)
}

/** The voxels of a slice that a call works on: from `left` and `top`, which may lie outside the image. */
interface Strip {
  left: number
  top: number
  width: number
  height: number
}

/**
 * The time-intensity-profile similarity filter (TIPS; Mendrik et al., Phys Med Biol 2011;56:3857) in the slice plane:
 * every voxel's curve becomes the mean of its neighbours' curves, weighted by exp(−distance² / 2 profileMm²) ·
 * exp(−max(0, d² − 2σ²) / 2 profileHu²), d² being the mean over time of the squared difference of the two curves and σ
 * the noise. Mendrik's filter has d² itself in the exponent; what noise adds to it would favour the voxel itself.
 * Two voxels have the same weight for each other: it is found once, row after row, and kept for as many rows as
 * neighbours reach.
 */
function profileFilter(job: FilterJob): RowFilter {
  const unit = createVectorUnit()
  const { size, frames, slope, intercept } = job.view
  const [nx, ny] = size
  const { profileMm, spatialReach } = job.settings
  const { dx, dy, closeness, reach } = gaussianNeighbourhood(profileMm, spatialReach, job.spacing)
  const [columns, rows] = reach
  const ahead = Array.from(dx, (_, n) => n).filter((n) => dy[n] > 0 || (dy[n] === 0 && dx[n] > 0))
  const half = 4 * Math.ceil(ahead.length / 4)
  const step = FRAMES_AT_ONCE * Math.ceil(frames / FRAMES_AT_ONCE)
  const widest = nx + 2 * columns
  const room = widest * (ROWS_AT_ONCE + 2 * rows + 1)
  const values = unit.reserve(room * step)
  const flags = unit.reserve(Math.ceil(room / 4))
  const weights = unit.reserve(widest * (rows + 1) * half)
  const offsets = unit.reserve(half)
  const mirrored = unit.reserve(half)
  const near = unit.reserve(half)
  near.floats.fill(NO_NEIGHBOUR).set(ahead.map((n) => closeness[n]))
  const lists = unit.reserve(widest * (4 * half + 2))
  const out = unit.reserve(widest * step)
  const lineLength = padded(widest)
  const lines = unit.reserve(lineLength * padded(frames))
  const stride = Math.min(...ahead.filter((n) => dy[n] === 0).map((n) => dx[n]))
  const profile = job.settings.profileHu * job.perHu
  const perProfile = 1 / (2 * profile * profile * frames * Math.LN2)
  const expected = 2 * frames * job.noise * job.noise
  const limit = expected - LEAST_POWER / perProfile

  const fill = (strip: Strip, slice: number): void => {
    const numbers = lines.floats
    // What the rows before left there would stand behind the last frame, and count as a difference of two curves.
    numbers.fill(0, frames * lineLength)
    const sources = Array.from({ length: frames }, (_, frame) => sourceSlice(job, slice, frame))
    eachRow(strip, nx, ny, (voxel, first, count) => {
      sources.forEach((stored, frame) => {
        numbers.set(stored.subarray(first, first + count), frame * lineLength)
      })
      const into = values.at + 4 * step * voxel
      const columns = padded(count)
      unit.kernels.transposed(lines.at, frames, columns, 4 * lineLength, into, 4 * step, slope, intercept)
    })
  }
  const mark = (strip: Strip, slice: number, fromRow: number, toRow: number): void => {
    const selected = selectedSlice(job, slice)
    const bytes = new Uint8Array(flags.floats.buffer, flags.at, room).fill(OUTSIDE)
    eachRow(strip, nx, ny, (voxel, first, count, y) => {
      const filtered = y >= fromRow && y < toRow
      for (let i = 0; i < count; i++) {
        bytes[voxel + i] = filtered && selected[first + i] === 1 ? SELECTED : GUIDE
      }
    })
  }
  const weightsOfRow = (y: number, { width }: Strip): number =>
    weights.at + 4 * half * width * ((y + rows) % (rows + 1))
  /** Where a row's first voxel has its weight for the neighbour across from the i-th. */
  const mirroredAt = (i: number, y: number, strip: Strip): number => {
    const [across, down] = i < ahead.length ? [dx[ahead[i]], dy[ahead[i]]] : [0, 0]
    return weightsOfRow(y - down, strip) + 4 * (i - half * across)
  }
  const perStored = Math.max(1, job.factor) / slope
  const keep = (strip: Strip, slice: number, y: number): void => {
    const selected = selectedSlice(job, slice).subarray(y * nx, (y + 1) * nx)
    const from = out.at + 4 * step * columns
    const count = strip.width - 2 * columns
    const shift = -intercept * perStored
    unit.kernels.transposed(from, count, frames, 4 * step, lines.at, 4 * lineLength, perStored, shift)
    const numbers = lines.floats
    const first = strip.left + columns
    for (let frame = 0; frame < frames; frame++) {
      const result = resultSlice(job, slice, frame)
      for (let i = 0, x = first, at = y * nx + first; i < count; i++, x++, at++) {
        if (selected[x] === 0) continue
        const stored = numbers[frame * lineLength + i]
        result[at] = job.factor > 0 ? Math.round(stored) : stored
      }
    }
  }

  return (slice, fromRow, toRow) => {
    for (let frame = 0; frame < frames; frame++) keepRows(job, slice, frame, fromRow, toRow)
    const strip = stripAround(selectedSlice(job, slice), nx, [fromRow, toRow], reach)
    if (strip === null) return
    const { top, width } = strip
    fill(strip, slice)
    mark(strip, slice, fromRow, toRow)
    offsets.integers.set(ahead.map((n) => dy[n] * width + dx[n]))
    for (let y = top; y < toRow; y++) {
      const first = (y - top) * width
      const [curves, flagged, bytes] = [values.at + 4 * step * first, flags.at + first, 4 * step]
      const found = weightsOfRow(y, strip)
      unit.kernels.profileWeights(
        curves,
        flagged,
        bytes,
        offsets.at,
        near.at,
        half,
        stride,
        perProfile,
        expected,
        limit,
        found,
        0,
        width,
      )
      if (y < fromRow) continue
      mirrored.integers.set(Array.from({ length: half }, (_, i) => mirroredAt(i, y, strip)))
      unit.kernels.profileMeans(
        curves,
        flagged,
        bytes,
        offsets.at,
        half,
        stride,
        found,
        mirrored.at,
        lists.at,
        out.at,
        columns,
        width - columns,
      )
      keep(strip, slice, y)
    }
  }
}

/** Around the selected voxels of some rows, with what their neighbours reach; null where none is selected. */
function stripAround(
  selected: Uint8Array,
  nx: number,
  [fromRow, toRow]: readonly [number, number],
  [columns, rows]: readonly [number, number],
): Strip | null {
  let [first, last] = [nx, -1]
  for (let y = fromRow; y < toRow; y++) {
    const row = selected.subarray(y * nx, (y + 1) * nx)
    const here = row.indexOf(1)
    if (here < 0) continue
    first = Math.min(first, here)
    last = Math.max(last, row.lastIndexOf(1))
  }
  if (last < 0) return null
  return {
    left: first - columns,
    top: fromRow - rows,
    width: last - first + 1 + 2 * columns,
    height: toRow - fromRow + 2 * rows,
  }
}

/** The parts of a strip's rows that lie in the image: first voxel in the strip and in the slice, how many, and the row. */
function eachRow(
  { left, top, width, height }: Strip,
  nx: number,
  ny: number,
  visit: (inStrip: number, inSlice: number, count: number, y: number) => void,
): void {
  const from = Math.max(0, left)
  const count = Math.min(nx, left + width) - from
  for (let y = Math.max(0, top); y < Math.min(ny, top + height); y++) {
    visit((y - top) * width + from - left, y * nx + from, count, y)
  }
}
