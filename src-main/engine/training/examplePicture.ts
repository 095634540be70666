import { colourMapNamed, colourTable, defaultDisplays, type MapName } from '@contract'
import { blankPicture, blit, drawSvg, encodePng, ink, label, svgDocument } from '../export'
import { mapDefinitions } from '../perfusion'
import type { Example } from './example'

const LEAST_WIDTH = 160
const GAP = 8
const HEAD = 58
const FOOT = 34

/** Grey window of the baseline image, HU. */
const BASELINE = { lower: 0, upper: 80, colourMap: 'grey' }

interface Panel {
  title: string
  unit: string
  lower: number
  upper: number
  colourMap: string
  values: Float32Array
}

/** The panels of an example from left to right: the baseline, then of each map truth, prediction and difference. */
function panelsOf({ rows, columns, maps, images }: Example): Panel[] {
  const area = rows * columns
  const image = (index: number): Float32Array => images.subarray(index * area, (index + 1) * area)
  const definitions = mapDefinitions('cnn')
  const ofMap = (map: MapName, index: number): Panel[] => {
    const { unit } = definitions[map]
    const name = map.toUpperCase()
    const display = defaultDisplays[map]
    const [truth, predicted] = [image(1 + 2 * index), image(2 + 2 * index)]
    const difference = predicted.map((value, i) => value - truth[i])
    const limit = display.upper / 2
    return [
      { title: `${name}, truth`, unit, ...display, values: truth },
      { title: `${name}, predicted`, unit, ...display, values: predicted },
      {
        title: `${name}, difference`,
        unit,
        lower: -limit,
        upper: limit,
        colourMap: 'difference',
        values: difference,
      },
    ]
  }
  return [{ title: 'Baseline', unit: 'HU', ...BASELINE, values: image(0) }, ...maps.flatMap(ofMap)]
}

/** An example as a picture: a row for each map, each image with its legend and unit, the epoch above. */
export async function examplePicture(
  example: Example,
): Promise<{ png: Uint8Array; width: number; height: number }> {
  const { rows, columns, epoch, patient, slice, maps } = example
  const times = Math.max(1, Math.ceil(LEAST_WIDTH / columns))
  const [width, height] = [columns * times, rows * times]
  const across = 4
  const [full, tall] = [GAP + across * (width + GAP), HEAD + maps.length * (height + FOOT + HEAD / 2)]
  const picture = blankPicture(full, tall, ink.page)
  const texts = [
    label(GAP, 22, `Epoch ${epoch}`, { size: 15, bold: true, fill: ink.strong }),
    label(GAP + 90, 22, `${patient}, slice ${slice}, not learnt from`, { fill: ink.faint }),
  ]
  panelsOf(example).forEach((panel, index) => {
    const [row, column] = index === 0 ? [0, 0] : [Math.floor((index - 1) / 3), 1 + ((index - 1) % 3)]
    const [left, top] = [GAP + column * (width + GAP), HEAD + row * (height + FOOT + HEAD / 2)]
    const table = colourTable(colourMapNamed(panel.colourMap))
    blit(picture, coloured(panel, table, columns, rows, times), width, left, top)
    const bar = new Uint8Array(width * 6 * 3)
    for (let i = 0; i < width * 6; i++) {
      const step = Math.round((255 * (i % width)) / (width - 1))
      bar.set(table.subarray(3 * step, 3 * step + 3), 3 * i)
    }
    blit(picture, bar, width, left, top + height + 4)
    const below = top + height + 24
    texts.push(
      label(left, top - 6, panel.title, { fill: ink.normal }),
      label(left, below, String(panel.lower), { size: 11, fill: ink.faint }),
      label(left + width / 2, below, panel.unit, { size: 11, fill: ink.faint, anchor: 'middle' }),
      label(left + width, below, String(panel.upper), { size: 11, fill: ink.faint, anchor: 'end' }),
    )
  })
  await drawSvg(picture, svgDocument(full, tall, texts))
  return { png: encodePng(picture), width: full, height: tall }
}

/** An image in its colours, [row][column][3], every pixel `times` as large; black where nothing is known. */
function coloured(
  { values, lower, upper }: Panel,
  table: Uint8Array,
  columns: number,
  rows: number,
  times: number,
): Uint8Array {
  const width = columns * times
  const rgb = new Uint8Array(width * rows * times * 3)
  for (let y = 0; y < rows * times; y++) {
    for (let x = 0; x < width; x++) {
      const value = values[Math.floor(y / times) * columns + Math.floor(x / times)]
      if (Number.isNaN(value)) continue
      const share = Math.min(1, Math.max(0, (value - lower) / (upper - lower)))
      const step = 3 * Math.round(255 * share)
      rgb.set(table.subarray(step, step + 3), 3 * (y * width + x))
    }
  }
  return rgb
}
