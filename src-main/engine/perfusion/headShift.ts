import type { Warning } from '@contract'
import { frameOf, viewSeries, viewVoxels, type SeriesView, type VolumeSeries } from '../volume'

const MOST_EDGES = 20_000
/** Share of the image's range between neighbours that makes an edge. */
const STEEP = 0.15
/** A head that moves less than this, mm, harms no map. */
const HARMLESS = 1

/**
 * How far the head has moved in its slice planes at each frame, mm, from the first frames: the shift that best explains,
 * to first order, how the steepest edges (skin, skull) have changed, Δ = −∇I·shift, in the least-squares sense. Good for
 * saying that a head moves, not for correcting it. `early` is the mean of the first frames, [voxel].
 */
export function headShifts(
  view: SeriesView,
  early: Float32Array,
  spacing: readonly [number, number],
): Float64Array {
  const [nx, ny, nz] = view.size
  const area = nx * ny
  const [lower, upper] = [0.02, 0.98].map((share) => quantile(early, share))
  const steep = 2 * STEEP * (upper - lower)
  const edges: number[] = []
  for (let row = 0; row < early.length; row += nx) {
    const y = (row / nx) % ny
    if (y === 0 || y === ny - 1) continue
    for (let i = row + 1; i < row + nx - 1; i++) {
      const gx = early[i + 1] - early[i - 1]
      const gy = early[i + nx] - early[i - nx]
      if (gx * gx + gy * gy > steep * steep) edges.push(i)
    }
  }
  const stride = Math.max(1, Math.floor(edges.length / MOST_EDGES))
  const used = edges.filter((_, i) => i % stride === 0)
  const shifts = new Float64Array(view.frames)
  if (used.length < 50) return shifts
  const stored = viewVoxels(view)
  const across = used.map((i) => (early[i + 1] - early[i - 1]) / (2 * spacing[0]))
  const down = used.map((i) => (early[i + nx] - early[i - nx]) / (2 * spacing[1]))
  let xx = 0
  let xy = 0
  let yy = 0
  across.forEach((gx, n) => {
    xx += gx * gx
    xy += gx * down[n]
    yy += down[n] * down[n]
  })
  const determinant = xx * yy - xy * xy
  if (!(determinant > 1e-6 * xx * yy)) return shifts
  for (let frame = 0; frame < view.frames; frame++) {
    let bx = 0
    let by = 0
    used.forEach((i, n) => {
      const change = stored[frame * area * nz + i] * view.slope + view.intercept - early[i]
      bx += across[n] * change
      by += down[n] * change
    })
    shifts[frame] = Math.hypot((yy * bx - xy * by) / determinant, (xx * by - xy * bx) / determinant)
  }
  return shifts
}

/** `headShifts` of a series, against the mean of its first three frames. */
export function seriesShifts(series: VolumeSeries): Float64Array {
  const [nx, ny, nz] = series.geometry.size
  const early = new Float32Array(nx * ny * nz)
  const first = Math.min(3, series.frames)
  for (let frame = 0; frame < first; frame++) {
    const stored = frameOf(series, frame)
    for (let i = 0; i < early.length; i++) early[i] += (stored[i] * series.slope + series.intercept) / first
  }
  return headShifts(viewSeries(series), early, [series.geometry.spacing[0], series.geometry.spacing[1]])
}

/** The warning a moving head deserves, if any. */
export function motionWarning(shifts: Float64Array): Warning[] {
  const largest = Math.max(...shifts)
  if (!(largest > HARMLESS)) return []
  const moved = shifts.filter((shift) => shift > HARMLESS).length
  return [
    {
      code: 'motion',
      message: `In the images that the maps are made of the head moves by about ${largest.toFixed(1)} mm (${moved} of ${shifts.length} frames by more than ${HARMLESS} mm).`,
      hint: 'Maps are unreliable near the skull, the ventricles and large vessels.',
    },
  ]
}

function quantile(values: Float32Array, share: number): number {
  const sorted = Float32Array.from(
    { length: Math.min(values.length, 100_000) },
    (_, i) => values[Math.floor((i * values.length) / Math.min(values.length, 100_000))],
  ).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
}
