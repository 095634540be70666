import { utilities } from '@cornerstonejs/core'
import { colourMapNamed, colourMapNames, type ColourMap } from '@contract'

const EDGE = 1e-6

/** The name a colour map of the application carries in Cornerstone. */
export function cornerstoneName(name: string): string {
  return colourMapNames.some((known) => known === name) ? `umbra ${name}` : 'umbra grey'
}

/**
 * The control points as Cornerstone wants them: [x, r, g, b] with colours 0..1. A hard edge, two points at one
 * position, becomes a step of a millionth. `blackBelow` turns the lowest 0.4 % black: the processor's renderer has no
 * opacity, and what lies outside the brain falls there.
 */
export function rgbPoints(map: ColourMap, blackBelow: boolean): number[] {
  const points = map.points.map(([position, red, green, blue], index) => {
    const edge = index > 0 && map.points[index - 1][0] === position
    return [edge ? position + EDGE : position, red / 255, green / 255, blue / 255]
  })
  if (!blackBelow) return points.flat()
  const [, ...first] = points[0]
  return [0, 0, 0, 0, 0.004 - EDGE, 0, 0, 0, 0.004, ...first, ...points.slice(1).flat()]
}

export function registerColourMaps(blackBelow: boolean): void {
  for (const name of colourMapNames) {
    const Name = cornerstoneName(name)
    utilities.colormap.registerColormap({
      Name,
      name: Name,
      ColorSpace: 'RGB',
      RGBPoints: rgbPoints(colourMapNamed(name), blackBelow && name !== 'grey'),
    })
  }
}
