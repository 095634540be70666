import { colourMapNamed, type MapName } from '@contract'
import { mapDefinitions, type MapDefinition, type PerfusionMaps } from '../perfusion'
import { verticalLegend } from './legend'
import { blankPicture, drawSvg, type Picture } from './raster'
import { ink, label, svgDocument } from './svg'
import { colourer } from './tile'
import { NOT_FOR_DIAGNOSIS } from './words'

/** Rows a picture has at least, by whole magnification, so that its legend can be read. */
const FEWEST_ROWS = 400
/** The strip is drawn for pictures of this height and scaled to others. */
const DRAWN_HEIGHT = 512
const DRAWN_WIDTH = 132

/** Colour pictures of one map, one per slice, [slice][row][column][3], with a legend strip to the right of the map. */
export interface CapturePictures {
  pixels: Uint8Array
  rows: number
  columns: number
  magnification: number
}

/** Draws the numbers of the slices once, for all maps. */
export async function sliceNumbers(result: PerfusionMaps): Promise<Picture[]> {
  const { scale, stripWidth } = sizes(result)
  const slices = result.geometry.size[2]
  const height = Math.round(30 * scale)
  const numbers: Picture[] = []
  for (let slice = 0; slice < slices; slice++) {
    const picture = blankPicture(stripWidth, height, ink.page)
    const text = label(14 * scale, 20 * scale, `Slice ${slice + 1} of ${slices}`, { size: 13 * scale })
    await drawSvg(picture, svgDocument(stripWidth, height, [text]))
    numbers.push(picture)
  }
  return numbers
}

/**
 * The pictures of one map. The map itself begins in the top left corner, each voxel `magnification` pixels wide and
 * high and coloured alone, so a pixel can be traced back to its voxel.
 */
export async function capturePictures(
  result: PerfusionMaps,
  name: MapName,
  numbers: Picture[],
): Promise<CapturePictures> {
  const { magnification, rows, mapColumns, stripWidth, scale } = sizes(result)
  const definition = mapDefinitions(result.method)[name]
  const columns = mapColumns + stripWidth
  const strip = blankPicture(stripWidth, rows, ink.page)
  await drawSvg(strip, svgDocument(stripWidth, rows, [legendStrip(definition, rows, scale)]))

  const slices = result.geometry.size[2]
  const pixels = new Uint8Array(slices * rows * columns * 3)
  const numberTop = rows - Math.round(96 * scale)
  for (let slice = 0; slice < slices; slice++) {
    const frame = pixels.subarray(slice * rows * columns * 3, (slice + 1) * rows * columns * 3)
    drawSlice(frame, columns, result, name, definition, slice, magnification)
    copyInto(frame, columns, strip, mapColumns, 0)
    copyInto(frame, columns, numbers[slice], mapColumns, numberTop)
  }
  return { pixels, rows, columns, magnification }
}

function sizes(result: PerfusionMaps): {
  magnification: number
  rows: number
  mapColumns: number
  stripWidth: number
  scale: number
} {
  const [nx, ny] = result.geometry.size
  const magnification = Math.max(1, Math.ceil(FEWEST_ROWS / ny))
  const rows = ny * magnification
  const scale = rows / DRAWN_HEIGHT
  return {
    magnification,
    rows,
    mapColumns: nx * magnification,
    stripWidth: Math.round(DRAWN_WIDTH * scale),
    scale,
  }
}

function legendStrip(definition: MapDefinition, rows: number, scale: number): string {
  const [title, qualifier] = definition.label.split(/\s*\((.*)\)/)
  const [firstLine, secondLine] = NOT_FOR_DIAGNOSIS.split(', ')
  const x = 14 * scale
  const { display } = definition
  return [
    label(x, 34 * scale, title, { size: 22 * scale, bold: true, fill: ink.strong }),
    label(x, 54 * scale, definition.unit, { size: 13 * scale }),
    qualifier ? label(x, 72 * scale, qualifier, { size: 11 * scale, fill: ink.faint }) : '',
    verticalLegend(
      'legend',
      colourMapNamed(display.colourMap),
      display,
      { x, y: 92 * scale, width: 18 * scale, height: rows - 208 * scale },
      13 * scale,
    ),
    label(x, rows - 50 * scale, `Umbra ${__UMBRA_VERSION__}`, { size: 11 * scale, fill: ink.faint }),
    label(x, rows - 32 * scale, `${firstLine},`, { size: 11 * scale, fill: ink.warning }),
    label(x, rows - 17 * scale, secondLine, { size: 11 * scale, fill: ink.warning }),
  ].join('')
}

function drawSlice(
  frame: Uint8Array,
  columns: number,
  result: PerfusionMaps,
  name: MapName,
  definition: MapDefinition,
  slice: number,
  magnification: number,
): void {
  const [nx, ny] = result.geometry.size
  const values = result.maps[name]
  const { lower, upper, colourMap } = definition.display
  const colour = colourer({ lower, upper, colours: colourMapNamed(colourMap) })
  for (let y = 0; y < ny; y++) {
    for (let x = 0; x < nx; x++) {
      const voxel = (slice * ny + y) * nx + x
      if (!result.mask[voxel]) continue
      for (let row = y * magnification; row < (y + 1) * magnification; row++) {
        for (let column = x * magnification; column < (x + 1) * magnification; column++) {
          colour(values[voxel], frame, (row * columns + column) * 3)
        }
      }
    }
  }
}

function copyInto(frame: Uint8Array, columns: number, picture: Picture, left: number, top: number): void {
  for (let row = 0; row < picture.height; row++) {
    let to = ((top + row) * columns + left) * 3
    let from = row * picture.width * 4
    for (let column = 0; column < picture.width; column++, to += 3, from += 4) {
      frame[to] = picture.pixels[from]
      frame[to + 1] = picture.pixels[from + 1]
      frame[to + 2] = picture.pixels[from + 2]
    }
  }
}
