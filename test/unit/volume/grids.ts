import type { Geometry, Vec3 } from '@contract'

const radians = (degrees: number): number => (degrees * Math.PI) / 180

/** Grids as scanners make them, each with its axes written out from the definition. */
export const axial: Geometry = {
  size: [8, 6, 4],
  spacing: [0.45, 0.5, 5],
  origin: [-120, -130, 40],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  frameOfReference: '1.2.3',
}

/** Slices stored from head to feet: a left-handed grid. */
export const reversed: Geometry = {
  ...axial,
  direction: [axial.direction[0], axial.direction[1], [0, 0, -1]],
}

/** Gantry tilted by 20°: the slice plane turns about x, the table still moves along z, so the grid is sheared. */
export const tilted: Geometry = {
  ...axial,
  spacing: [0.45, 0.5, 8],
  direction: [
    [1, 0, 0],
    [0, Math.cos(radians(20)), -Math.sin(radians(20))],
    [0, 0, 1],
  ],
}

/** Turned by 30° about z, then 25° about x, then 100° about y: no axis along the world's. */
export const oblique: Geometry = { ...axial, direction: turnedAxes() }

function turnedAxes(): [Vec3, Vec3, Vec3] {
  const turn = ([x, y, z]: Vec3): Vec3 => {
    const [a, b, c] = [radians(30), radians(25), radians(100)]
    const aboutZ: Vec3 = [x * Math.cos(a) - y * Math.sin(a), x * Math.sin(a) + y * Math.cos(a), z]
    const aboutX: Vec3 = [
      aboutZ[0],
      aboutZ[1] * Math.cos(b) - aboutZ[2] * Math.sin(b),
      aboutZ[1] * Math.sin(b) + aboutZ[2] * Math.cos(b),
    ]
    return [
      aboutX[0] * Math.cos(c) + aboutX[2] * Math.sin(c),
      aboutX[1],
      -aboutX[0] * Math.sin(c) + aboutX[2] * Math.cos(c),
    ]
  }
  return [turn([1, 0, 0]), turn([0, 1, 0]), turn([0, 0, 1])]
}
