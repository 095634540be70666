import { colourMapNamed } from '@contract'
import type { PerfusionMaps } from '../../perfusion'
import type { TissueAtRiskAssessment } from '../../tissueAtRisk'
import { frameOf, type VolumeSeries } from '../../volume'
import { evenly } from '../evenly'
import { mapTile, maskCrop, type Crop } from '../tile'

/** Core and hypoperfused tissue as they are painted over the source image. */
export const RISK_COLOURS = { core: [255, 61, 113], hypoperfusion: [38, 201, 163] } as const
const OPACITY = { core: 0.7, hypoperfusion: 0.45 }
const CT_WINDOW = { lower: 0, upper: 80 }

export interface OverlayTile {
  slice: number
  /** [row][column][3] */
  pixels: Uint8Array
}

/** The image before contrast of some slices, cropped to the brain, with core and hypoperfused tissue over it. */
export function overlayTiles(
  series: VolumeSeries,
  result: PerfusionMaps,
  found: Pick<TissueAtRiskAssessment, 'core' | 'hypoperfusion'>,
  most: number,
  width: number,
): { tiles: OverlayTile[]; width: number; height: number } {
  const { geometry } = result
  const [nx, ny, nz] = geometry.size
  const crop = maskCrop(result.mask, geometry)
  const height = Math.max(
    1,
    Math.round((width * crop.height * geometry.spacing[1]) / (crop.width * geometry.spacing[0])),
  )
  const everything = new Uint8Array(nx * ny).fill(1)
  const tiles = evenly(nz, most).map((slice) => {
    const [from, to] = [slice * nx * ny, (slice + 1) * nx * ny]
    const image = baselineSlice(series, slice, result.baselineFrames)
    const display = { ...windowOf(series, image), colours: colourMapNamed('grey') }
    const pixels = mapTile(image, everything, nx, crop, display, width, height)
    paint(pixels, found.hypoperfusion.subarray(from, to), nx, crop, width, height, 'hypoperfusion')
    paint(pixels, found.core.subarray(from, to), nx, crop, width, height, 'core')
    return { slice, pixels }
  })
  return { tiles, width, height }
}

function baselineSlice(series: VolumeSeries, slice: number, baselineFrames: number): Float32Array {
  const area = series.geometry.size[0] * series.geometry.size[1]
  const frames = Math.max(1, Math.min(series.frames, baselineFrames))
  const image = new Float32Array(area)
  for (let frame = 0; frame < frames; frame++) {
    const stored = frameOf(series, frame)
    for (let i = 0; i < area; i++) {
      image[i] += (stored[slice * area + i] * series.slope + series.intercept) / frames
    }
  }
  return image
}

function windowOf(series: VolumeSeries, image: Float32Array): { lower: number; upper: number } {
  if (series.kind !== 'mr-perfusion') return CT_WINDOW
  const sorted = Float32Array.from(image).sort()
  return { lower: 0, upper: Math.max(1, sorted[Math.floor(0.99 * (sorted.length - 1))]) }
}

function paint(
  pixels: Uint8Array,
  mask: Uint8Array,
  columns: number,
  crop: Crop,
  width: number,
  height: number,
  name: keyof typeof RISK_COLOURS,
): void {
  const [colour, opacity] = [RISK_COLOURS[name], OPACITY[name]]
  for (let row = 0; row < height; row++) {
    const y = crop.y + Math.min(crop.height - 1, Math.floor(((row + 0.5) * crop.height) / height))
    for (let column = 0; column < width; column++) {
      const x = crop.x + Math.min(crop.width - 1, Math.floor(((column + 0.5) * crop.width) / width))
      if (mask[y * columns + x] === 0) continue
      const at = 3 * (row * width + column)
      for (let channel = 0; channel < 3; channel++) {
        pixels[at + channel] = Math.round((1 - opacity) * pixels[at + channel] + opacity * colour[channel])
      }
    }
  }
}
