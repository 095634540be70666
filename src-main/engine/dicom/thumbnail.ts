import type { SeriesPlan } from './catalogue'
import type { VolumeSeries } from '../volume'

/** Longest side of a thumbnail, pixels. */
const side = 128

export interface Thumbnail {
  width: number
  height: number
  pixels: Uint8Array
}

/** The plan of the middle slice alone, so that a thumbnail reads one file. */
export function middleOf(plan: SeriesPlan): SeriesPlan {
  const { arrangement } = plan
  if (!arrangement) return plan
  const frame = Math.floor(arrangement.frames / 2)
  const row = arrangement.cells.slice(frame * arrangement.slices, (frame + 1) * arrangement.slices)
  const middle = Math.floor(row.length / 2)
  const slice = row[middle] ?? row.find((cell) => cell !== null) ?? null
  const [nx, ny] = plan.geometry.size
  return {
    summary: plan.summary,
    geometry: { ...plan.geometry, size: [nx, ny, 1] },
    slices: slice ? [slice] : [],
    arrangement: { ...arrangement, frames: 1, slices: 1, cells: [slice], times: new Float64Array(1) },
  }
}

/** Draws a slice in its display window, or between its 1st and 99th percentile; small pictures keep their size. */
export function thumbnailOf(series: VolumeSeries, inverted: boolean): Thumbnail {
  const [nx, ny] = series.geometry.size
  const [sx, sy] = [nx * series.geometry.spacing[0], ny * series.geometry.spacing[1]]
  const scale = Math.min(1, side / Math.max(nx, ny)) * (Math.max(nx, ny) / Math.max(sx, sy))
  const width = Math.max(1, Math.min(side, Math.round(sx * scale)))
  const height = Math.max(1, Math.min(side, Math.round(sy * scale)))
  const [lower, upper] = rangeOf(series)
  const pixels = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * ny) / height) * nx
    for (let x = 0; x < width; x++) {
      const value =
        series.voxels[row + Math.floor(((x + 0.5) * nx) / width)] * series.slope + series.intercept
      const grey = Math.max(0, Math.min(255, Math.round((255 * (value - lower)) / (upper - lower))))
      pixels[y * width + x] = inverted ? 255 - grey : grey
    }
  }
  return { width, height, pixels }
}

function rangeOf({ voxels, slope, intercept, window }: VolumeSeries): [number, number] {
  if (window) return [window.center - window.width / 2, window.center + window.width / 2]
  const step = Math.max(1, Math.floor(voxels.length / 4096))
  const sample: number[] = []
  for (let i = 0; i < voxels.length; i += step) {
    const value = voxels[i] * slope + intercept
    if (Number.isFinite(value)) sample.push(value)
  }
  sample.sort((a, b) => a - b)
  const lower = sample[Math.floor(sample.length * 0.01)] ?? 0
  const upper = sample[Math.floor(sample.length * 0.99)] ?? 1
  return upper > lower ? [lower, upper] : [lower, lower + 1]
}
