import type { Vec3 } from '@contract'

/**
 * A rigid motion in patient space (LPS, mm): x ↦ rotation · (x − centre) + centre + translation; `rotation` by rows. The
 * centre is the same for all motions of one slab.
 */
export interface Rigid {
  rotation: Matrix3
  translation: Vec3
  centre: Vec3
}

export type Matrix3 = [number, number, number, number, number, number, number, number, number]

/** Radius of the head about a slab's centre in which displacements are measured, mm (Jenkinson 1999). */
const HEAD_RADIUS = 80
const DEGREES = 180 / Math.PI

export function identityMotion(centre: Vec3): Rigid {
  return { rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], translation: [0, 0, 0], centre }
}

/** R = Rz · Ry · Rx of angles in degrees about x, then y, then z. */
export function rotationOf([x, y, z]: Vec3): Matrix3 {
  const [a, b, c] = [x / DEGREES, y / DEGREES, z / DEGREES]
  const [ca, sa, cb, sb, cc, sc] = [a, b, c].flatMap((angle) => [Math.cos(angle), Math.sin(angle)])
  return [
    ...[cc * cb, cc * sb * sa - sc * ca, cc * sb * ca + sc * sa],
    ...[sc * cb, sc * sb * sa + cc * ca, sc * sb * ca - cc * sa],
    ...[-sb, cb * sa, cb * ca],
  ] as Matrix3
}

/** The angles of `rotationOf`, degrees. */
export function anglesOf(rotation: Matrix3): Vec3 {
  return [
    DEGREES * Math.atan2(rotation[7], rotation[8]),
    -DEGREES * Math.asin(Math.min(1, Math.max(-1, rotation[6]))),
    DEGREES * Math.atan2(rotation[3], rotation[0]),
  ]
}

export function apply({ rotation: r, translation: t, centre: c }: Rigid, [x, y, z]: Vec3): Vec3 {
  const [dx, dy, dz] = [x - c[0], y - c[1], z - c[2]]
  return [
    r[0] * dx + r[1] * dy + r[2] * dz + c[0] + t[0],
    r[3] * dx + r[4] * dy + r[5] * dz + c[1] + t[1],
    r[6] * dx + r[7] * dy + r[8] * dz + c[2] + t[2],
  ]
}

/** The furthest way along `normal`, a unit vector, within 80 mm of the centre in the plane across it, mm. */
export function furthestAlong(
  { rotation, translation }: Pick<Rigid, 'rotation' | 'translation'>,
  normal: Vec3,
): number {
  const dot = ([x, y, z]: Vec3): number => x * normal[0] + y * normal[1] + z * normal[2]
  const cosine = Math.min(1, dot(rotate(rotation, normal)))
  return Math.abs(dot(translation)) + HEAD_RADIUS * Math.sqrt(1 - cosine * cosine)
}

export function multiply(a: Matrix3, b: Matrix3): Matrix3 {
  const at = (row: number, column: number): number =>
    a[3 * row] * b[column] + a[3 * row + 1] * b[3 + column] + a[3 * row + 2] * b[6 + column]
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)]
}

export function rotate(r: Matrix3, [x, y, z]: Vec3): Vec3 {
  return [r[0] * x + r[1] * y + r[2] * z, r[3] * x + r[4] * y + r[5] * z, r[6] * x + r[7] * y + r[8] * z]
}

/** First `inner`, then `outer`; both about the same centre. */
export function compose(outer: Rigid, inner: Rigid): Rigid {
  const turned = rotate(outer.rotation, inner.translation)
  return {
    rotation: multiply(outer.rotation, inner.rotation),
    translation: [
      turned[0] + outer.translation[0],
      turned[1] + outer.translation[1],
      turned[2] + outer.translation[2],
    ],
    centre: inner.centre,
  }
}

export function inverse({ rotation: r, translation, centre }: Rigid): Rigid {
  const rotation: Matrix3 = [r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]]
  const [x, y, z] = rotate(rotation, translation)
  return { rotation, translation: [-x, -y, -z], centre }
}

/**
 * Root mean square displacement, mm, of the points within 80 mm of the centre: √(r²/5 · tr(MᵀM) + |t|²), M = R − I
 * (Jenkinson, Measuring transformation error by RMS deviation, FMRIB TR99MJ1).
 */
export function displacement({ rotation: r, translation: t }: Rigid): number {
  const turn = (3 - (r[0] + r[4] + r[8])) * 2
  return Math.sqrt((HEAD_RADIUS ** 2 / 5) * Math.max(0, turn) + t[0] ** 2 + t[1] ** 2 + t[2] ** 2)
}

/** Turn about the direction of a vector by its length, radians (Rodrigues). */
export function rotationVector([x, y, z]: Vec3): Matrix3 {
  const angle = Math.hypot(x, y, z)
  if (angle < 1e-12) return [1, -z, y, z, 1, -x, -y, x, 1]
  const [a, b, c] = [x / angle, y / angle, z / angle]
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const rest = 1 - cos
  return [
    ...[cos + a * a * rest, a * b * rest - c * sin, a * c * rest + b * sin],
    ...[a * b * rest + c * sin, cos + b * b * rest, b * c * rest - a * sin],
    ...[a * c * rest - b * sin, b * c * rest + a * sin, cos + c * c * rest],
  ] as Matrix3
}
