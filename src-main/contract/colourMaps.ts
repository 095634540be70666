import type { MapName } from './perfusion'

/** Red, green and blue, 0..255. */
export type Colour = [number, number, number]

/** [position 0..1, red, green, blue], positions ascending; two points at one position make a hard edge. */
type ControlPoint = readonly [number, number, number, number]

/** A colour map as data: linear between its control points, the end colours beyond them. */
export interface ColourMap {
  label: string
  /** Where the colours come from, or what they mean. */
  source: string
  points: readonly ControlPoint[]
}

/** Control points at even positions, from a table of `rrggbb`. */
function evenly(table: string): ControlPoint[] {
  const colours = table.split(' ')
  return colours.map((hex, i) => {
    const value = Number.parseInt(hex, 16)
    return [i / (colours.length - 1), value >> 16, (value >> 8) & 255, value & 255]
  })
}

const asist: readonly ControlPoint[] = [
  [0, 0, 0, 0],
  [32 / 255, 68, 0, 93],
  [64 / 255, 36, 57, 189],
  [96 / 255, 4, 153, 205],
  [128 / 255, 0, 249, 45],
  [160 / 255, 128, 255, 0],
  [192 / 255, 255, 252, 0],
  [224 / 255, 255, 124, 0],
  [1, 255, 0, 0],
]

/** Every colour map of the application, by name. */
export const colourMaps = {
  grey: {
    label: 'Grey',
    source: 'Linear, black to white',
    points: [
      [0, 0, 0, 0],
      [1, 255, 255, 255],
    ],
  },
  asist: { label: 'ASIST', source: 'ASIST-Japan a-LUT', points: asist },
  'asist-reversed': {
    label: 'ASIST reversed',
    source: 'ASIST-Japan a-LUT from red to black, for maps where low is bad',
    points: asist.map(([position, ...colour]): ControlPoint => [1 - position, ...colour]).reverse(),
  },
  viridis: {
    label: 'Viridis',
    source: 'matplotlib (CC0), 33 of its 256 colours, within 2 of 255 everywhere',
    points: evenly(
      '440154 470d60 48186a 482374 472d7b 453781 424086 3e4989 3b528b 375b8d 33638d 2f6b8e 2c728e 297a8e 26828e ' +
        '23898e 21908c 1f978b 1f9f88 21a685 27ad81 31b57b 3ebc74 4dc26c 5cc863 6ece58 82d34d 95d840 aadc32 c0df25 ' +
        'd5e21a eae51a fde725',
    ),
  },
  inferno: {
    label: 'Inferno',
    source: 'matplotlib (CC0), 33 of its 256 colours, within 2 of 255 everywhere',
    points: evenly(
      '000004 040312 0b0724 150b37 210c4a 2f0a5b 3d0965 4a0c6b 56106e 63156e 70196e 7d1e6d 89226a 962766 a32c61 ' +
        'af315b bb3654 c63d4d d14545 da4f3c e35932 eb6529 f1721e f67f14 f98c0a fb9b06 fcaa0f fbba1f f9c932 f5d949 ' +
        'f2e865 f3f586 fcffa4',
    ),
  },
  tmax: {
    label: 'Tmax bands',
    source: 'Grey below 4 s, then steps at 4, 6, 8 and 10 s when shown over 0–12 s',
    points: [
      [0, 0, 0, 0],
      [4 / 12, 84, 84, 92],
      [4 / 12, 38, 92, 214],
      [6 / 12, 38, 92, 214],
      [6 / 12, 0, 168, 92],
      [8 / 12, 0, 168, 92],
      [8 / 12, 246, 216, 48],
      [10 / 12, 246, 216, 48],
      [10 / 12, 226, 48, 40],
      [1, 226, 48, 40],
    ],
  },
  difference: {
    label: 'Difference',
    source: 'Black where two maps agree, blue below, orange above',
    points: [
      [0, 120, 200, 255],
      [0.25, 24, 96, 214],
      [0.5, 0, 0, 0],
      [0.75, 208, 84, 16],
      [1, 255, 214, 120],
    ],
  },
} as const satisfies Record<string, ColourMap>

export type ColourMapName = keyof typeof colourMaps
export const colourMapNames = Object.keys(colourMaps) as ColourMapName[]

/** How each map is first shown: range in the map's unit and colour map. A reader may change both. */
export const defaultDisplays: Record<MapName, { lower: number; upper: number; colourMap: ColourMapName }> = {
  cbf: { lower: 0, upper: 80, colourMap: 'asist' },
  cbv: { lower: 0, upper: 6, colourMap: 'asist' },
  mtt: { lower: 0, upper: 20, colourMap: 'asist' },
  ttp: { lower: 0, upper: 25, colourMap: 'asist' },
  tmax: { lower: 0, upper: 12, colourMap: 'asist' },
  delay: { lower: 0, upper: 10, colourMap: 'asist' },
}

/** The colour map of a name; grey for a name that is not known, so that a stored layout never fails to show. */
export function colourMapNamed(name: string): ColourMap {
  return Object.prototype.hasOwnProperty.call(colourMaps, name)
    ? colourMaps[name as ColourMapName]
    : colourMaps.grey
}

/** The colour at a position 0..1 of a map, rounded to 0..255; positions outside take the end colours, NaN the first. */
export function colourAt(map: ColourMap, position: number): Colour {
  const { points } = map
  let upper = 0
  while (upper < points.length && points[upper][0] <= position) upper++
  const from = points[Math.max(0, upper - 1)]
  const to = points[Math.min(points.length - 1, upper)]
  const share = to[0] > from[0] ? (position - from[0]) / (to[0] - from[0]) : 0
  const mix = (channel: 1 | 2 | 3): number =>
    Math.round(from[channel] + share * (to[channel] - from[channel]))
  return [mix(1), mix(2), mix(3)]
}

/** The map as a table of `steps` colours from position 0 to 1: [step × 3 + channel]. */
export function colourTable(map: ColourMap, steps = 256): Uint8Array {
  const table = new Uint8Array(steps * 3)
  for (let i = 0; i < steps; i++) table.set(colourAt(map, i / (steps - 1)), i * 3)
  return table
}
