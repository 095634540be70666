import type { Geometry, Vec3 } from '@contract'

/** Which way the edges of a displayed slice point: right, left, anterior, posterior, superior, inferior. */
export interface EdgeLetters {
  left: string
  right: string
  top: string
  bottom: string
}

/** The directions of LPS axes and their opposites. */
const letters = [
  ['L', 'R'],
  ['P', 'A'],
  ['S', 'I'],
] as const

/** A direction in patient letters, the strongest first; a second where an axis is turned by more than about 17°. */
export function directionLetters(direction: Vec3): string {
  return direction
    .map((component, axis) => ({ size: Math.abs(component), letter: letters[axis][component >= 0 ? 0 : 1] }))
    .filter(({ size }) => size > 0.3)
    .sort((a, b) => b.size - a.size)
    .slice(0, 2)
    .map(({ letter }) => letter)
    .join('')
}

/** Letters for the edges of a slice shown as it is stored: columns to the right, rows downwards. */
export function edgeLetters(geometry: Geometry): EdgeLetters {
  const [row, column] = geometry.direction
  const opposite = ([x, y, z]: Vec3): Vec3 => [-x, -y, -z]
  return {
    left: directionLetters(opposite(row)),
    right: directionLetters(row),
    top: directionLetters(opposite(column)),
    bottom: directionLetters(column),
  }
}
