import { createVectorUnit, type Plane, type VectorUnit } from '../compute/vectorUnit'
import { eachRun, keepRows, resultSlice, selectedSlice, sourceSlice, type FilterJob } from './job'
import { gaussianNeighbourhood, squareNeighbourhood, type Neighbourhood } from './neighbourhood'
import { reserveMarginPlane, type MarginPlane } from './plane'
import { OUT_OF_RANGE, rangeScale, rangeWeight } from './rangeWeight'

type FrameFilter = (slice: number, frame: number) => void

let prepared: { id: string; filter: FrameFilter } | null = null

/** Filters one slice of one frame by the bilateral filter or by non-local means. */
export function filterFrame(job: FilterJob, id: string, slice: number, frame: number): void {
  if (prepared?.id !== id) {
    const prepare = job.settings.method === 'bilateral' ? bilateralFilter : nonLocalMeans
    prepared = { id, filter: prepare(job) }
  }
  prepared.filter(slice, frame)
}

/**
 * The bilateral filter (Tomasi & Manduchi, ICCV 1998) in the slice plane: every voxel becomes the mean of its neighbours
 * out to spatialReach standard deviations, weighted by exp(−distance² / 2 spatialMm²) · exp(−difference² / 2 rangeHu²).
 */
function bilateralFilter(job: FilterJob): FrameFilter {
  const unit = createVectorUnit()
  const [nx, ny] = job.view.size
  const neighbours = gaussianNeighbourhood(job.settings.spatialMm, job.settings.spatialReach, job.spacing)
  const image = reserveMarginPlane(unit, nx, ny, neighbours.reach)
  const quads = placeQuads(unit, neighbours, image.stride)
  const row = unit.reserve(nx + 16)
  image.plane.floats.fill(OUT_OF_RANGE)
  const scale = rangeScale(job.settings.rangeHu * job.perHu)
  const { far, first, second, third } = rangeWeight
  return (slice, frame) => {
    keepRows(job, slice, frame, 0, ny)
    fillPlane(image, sourceSlice(job, slice, frame), scale * job.view.slope, nx, ny)
    const selected = selectedSlice(job, slice)
    const result = resultSlice(job, slice, frame)
    const filtered = row.floats
    for (let y = 0; y < ny; y++) {
      eachRun(selected, nx, y, (from, to) => {
        unit.kernels.bilateral(
          image.plane.at + 4 * image.at(from, y),
          quads.offsets.at,
          quads.nearness.at,
          quads.count,
          quads.own,
          far,
          first,
          second,
          third,
          row.at,
          to - from,
        )
        writeRun(job, result, selected, y * nx, from, to, filtered, 0, scale)
      })
    }
  }
}

/** Neighbours in fours of one nearness; where a four is not full, the voxel itself fills it, and counts less itself. */
interface Quads {
  /** Byte offsets in a plane. */
  offsets: Plane
  /** Spatial weight, [quad]. */
  nearness: Plane
  count: number
  /** Spatial weight that is left for the voxel itself. */
  own: number
}

function placeQuads(unit: VectorUnit, { dx, dy, closeness }: Neighbourhood, stride: number): Quads {
  const around = Array.from(dx, (_, n) => n).filter((n) => dx[n] !== 0 || dy[n] !== 0)
  around.sort((one, other) => closeness[other] - closeness[one])
  const offsets: number[] = []
  const nearness: number[] = []
  let own = 1
  for (let from = 0; from < around.length;) {
    const weight = 2 ** closeness[around[from]]
    const alike = around.slice(from, from + 4).filter((n) => closeness[n] === closeness[around[from]])
    const missing = 4 - alike.length
    offsets.push(...alike.map((n) => 4 * (dy[n] * stride + dx[n])), ...new Array<number>(missing).fill(0))
    nearness.push(weight)
    own -= missing * weight
    from += alike.length
  }
  const placed = { offsets: unit.reserve(offsets.length), nearness: unit.reserve(nearness.length) }
  placed.offsets.integers.set(offsets)
  placed.nearness.floats.set(nearness)
  return { ...placed, count: nearness.length, own }
}

/**
 * Non-local means (Buades, Coll & Morel, CVPR 2005) in the slice plane: every voxel becomes the mean of the voxels within
 * 2 spatialMm, weighted by exp(−max(0, d² − 2σ²) / h²), d² being the mean squared difference of the square patches around
 * them, σ the noise and h = patchStrength · σ. Beyond its edge the image is mirrored.
 */
function nonLocalMeans(job: FilterJob): FrameFilter {
  const unit = createVectorUnit()
  const [nx, ny] = job.view.size
  const { spatialMm, patchRadius, patchStrength } = job.settings
  const { dx, dy, reach } = squareNeighbourhood(2 * spatialMm, job.spacing)
  const image = reserveMarginPlane(unit, nx, ny, [reach[0] + patchRadius, reach[1] + patchRadius])
  const across = 2 * patchRadius + 1
  const width = 8 * Math.ceil(nx / 8)
  const sums = unit.reserve((width + 16) * (across + 1))
  const totals = unit.reserve(width * ny)
  const shifts = unit.reserve(width * ny)
  const filtered = unit.reserve(width)
  // Without any noise only equal patches are averaged.
  const noise = Math.max(job.noise, 1e-3 * job.perHu)
  const perPatch = 1 / (across * across * (patchStrength * noise) ** 2 * Math.LN2)
  const expected = 2 * across * across * noise * noise
  return (slice, frame) => {
    keepRows(job, slice, frame, 0, ny)
    const selected = selectedSlice(job, slice)
    const rows = selectedRows(selected, nx, ny)
    if (rows === null) return
    fillPlane(image, sourceSlice(job, slice, frame), job.view.slope, nx, ny)
    mirrorMargin(image, nx, ny)
    totals.floats.fill(0)
    shifts.floats.fill(0)
    const at = image.plane.at + 4 * image.at(0, rows[0])
    for (let n = 0; n < dx.length; n++) {
      const offset = 4 * (dy[n] * image.stride + dx[n])
      unit.kernels.patchGuided(
        at,
        4 * image.stride,
        rows[1] - rows[0],
        offset,
        patchRadius,
        perPatch,
        expected,
        sums.at,
        totals.at,
        shifts.at,
        width,
      )
    }
    const result = resultSlice(job, slice, frame)
    const values = image.plane.floats
    for (let y = rows[0]; y < rows[1]; y++) {
      const out = filtered.floats
      const start = (y - rows[0]) * width
      for (let x = 0; x < nx; x++) {
        out[x] = values[image.at(x, y)] + shifts.floats[start + x] / totals.floats[start + x]
      }
      writeRun(job, result, selected, y * nx, 0, nx, out, 0)
    }
  }
}

function fillPlane(
  image: MarginPlane,
  stored: ArrayLike<number>,
  perStored: number,
  nx: number,
  ny: number,
): void {
  const values = image.plane.floats
  for (let y = 0, i = 0; y < ny; y++) {
    const start = image.at(0, y)
    for (let x = 0; x < nx; x++) values[start + x] = stored[i++] * perStored
  }
}

/** The margin filled with the image, mirrored without repeating its edge. */
function mirrorMargin(image: MarginPlane, nx: number, ny: number): void {
  const values = image.plane.floats
  const [columns, rows] = image.margin
  for (let y = -rows; y < ny + rows; y++) {
    const from = image.at(0, mirrored(y, ny))
    const to = image.at(0, y)
    for (let x = -columns; x < image.stride - columns; x++) values[to + x] = values[from + mirrored(x, nx)]
  }
}

function mirrored(index: number, length: number): number {
  if (length === 1) return 0
  const period = 2 * (length - 1)
  const within = ((index % period) + period) % period
  return within < length ? within : period - within
}

/** Writes the selected voxels [from, to) of a row; `values` are the series' values without the intercept, times `scale`. */
function writeRun(
  { view, factor }: FilterJob,
  result: Int16Array | Float32Array,
  selected: Uint8Array,
  row: number,
  from: number,
  to: number,
  values: Float32Array,
  first: number,
  scale = 1,
): void {
  const perStored = (factor > 0 ? factor : 1) / (view.slope * scale)
  for (let x = from; x < Math.min(to, view.size[0]); x++) {
    if (selected[row + x] === 0) continue
    const stored = values[first + x - from] * perStored
    result[row + x] = factor > 0 ? Math.round(stored) : stored
  }
}

function selectedRows(selected: Uint8Array, nx: number, ny: number): [number, number] | null {
  const first = selected.indexOf(1)
  if (first < 0) return null
  const last = selected.lastIndexOf(1)
  return [Math.floor(first / nx), Math.min(ny, Math.floor(last / nx) + 1)]
}
