import { colourTable, type ColourMap, type Geometry } from '@contract'

/** A rectangle of voxels in every slice: first column and row, and how many. */
export interface Crop {
  x: number
  y: number
  width: number
  height: number
}

/** The smallest rectangle that holds the mask in all slices with a margin of one twentieth; the slice where it is empty. */
export function maskCrop(mask: Uint8Array, geometry: Geometry): Crop {
  const [nx, ny, nz] = geometry.size
  let [left, right, top, bottom] = [nx, -1, ny, -1]
  for (let z = 0, i = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, i++) {
        if (!mask[i]) continue
        if (x < left) left = x
        if (x > right) right = x
        if (y < top) top = y
        if (y > bottom) bottom = y
      }
    }
  }
  if (right < 0) return { x: 0, y: 0, width: nx, height: ny }
  const margin = Math.ceil(Math.max(right - left, bottom - top) / 20) + 1
  const x = Math.max(0, left - margin)
  const y = Math.max(0, top - margin)
  return { x, y, width: Math.min(nx, right + margin + 1) - x, height: Math.min(ny, bottom + margin + 1) - y }
}

/** How values become colours. */
export interface Display {
  lower: number
  upper: number
  colours: ColourMap
}

/** Colours of values, by table: [red, green, blue] of `value` at `into[at…]`. */
export function colourer(display: Display): (value: number, into: Uint8Array, at: number) => void {
  const steps = 1024
  const table = colourTable(display.colours, steps)
  const scale = (steps - 1) / (display.upper - display.lower)
  return (value, into, at) => {
    const step = Math.min(steps - 1, Math.max(0, Math.round((value - display.lower) * scale)))
    into[at] = table[step * 3]
    into[at + 1] = table[step * 3 + 1]
    into[at + 2] = table[step * 3 + 2]
  }
}

/**
 * A cropped slice as RGB, [row][column][3], `width` × `height` pixels, black outside the mask. Values are averaged (when
 * smaller) or interpolated (when larger) over the voxels of the mask before they are coloured, so a pixel's colour is
 * always one that the legend has for a value that occurs there.
 */
export function mapTile(
  slice: Float32Array,
  mask: Uint8Array,
  columns: number,
  crop: Crop,
  display: Display,
  width: number,
  height: number,
): Uint8Array {
  const horizontal = footprints(crop.width, width)
  const vertical = footprints(crop.height, height)
  const colour = colourer(display)
  const rgb = new Uint8Array(width * height * 3)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let [sum, weight] = [0, 0]
      for (const v of vertical[row]) {
        const start = (crop.y + v.index) * columns + crop.x
        for (const h of horizontal[column]) {
          const i = start + h.index
          if (!mask[i]) continue
          const share = v.weight * h.weight
          sum += share * slice[i]
          weight += share
        }
      }
      if (weight >= 0.5) colour(sum / weight, rgb, (row * width + column) * 3)
    }
  }
  return rgb
}

/** For each of `to` pixels, the samples of `from` it takes and their weights (sum 1): box average or linear. */
function footprints(from: number, to: number): { index: number; weight: number }[][] {
  const scale = from / to
  return Array.from({ length: to }, (_, pixel) => {
    if (scale <= 1) {
      const centre = Math.min(from - 1, Math.max(0, (pixel + 0.5) * scale - 0.5))
      const index = Math.min(Math.max(0, from - 2), Math.floor(centre))
      const share = from > 1 ? centre - index : 0
      return [
        { index, weight: 1 - share },
        { index: Math.min(from - 1, index + 1), weight: share },
      ].filter(({ weight }) => weight > 0)
    }
    const [start, end] = [pixel * scale, (pixel + 1) * scale]
    const samples: { index: number; weight: number }[] = []
    for (let index = Math.floor(start); index < Math.min(from, Math.ceil(end)); index++) {
      const overlap = Math.min(end, index + 1) - Math.max(start, index)
      if (overlap > 1e-9) samples.push({ index, weight: overlap / scale })
    }
    return samples
  })
}
