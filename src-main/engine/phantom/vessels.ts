import type { Geometry, Vec3 } from '@contract'
import { indexSteps, voxelToWorld, worldToVoxel } from '../volume'
import { sampleField, type Field } from './fields'
import type { Placement } from './individual'
import { patientOfMni } from './mni'
import type { Territory } from './options'

/** A vessel as a line of tapering tubes in MNI space (RAS, mm): positions with the radius there. */
export interface Vessel {
  kind: 'artery' | 'vein'
  points: { at: Vec3; radius: number }[]
}

type Course = [x: number, y: number, z: number, radius: number][]

/** Right-sided courses by territory; the left ones mirror them. */
const pairedArteries: Record<'carotid' | 'mca' | 'aca' | 'pca', Course[]> = {
  // from the carotid canal to the bifurcation
  carotid: [
    [
      [18, -8, -48, 2.6],
      [15, -4, -36, 2.6],
      [12, 2, -26, 2.5],
      [11, 4, -19, 2.4],
      [12, 3, -14, 2.2],
    ],
  ],
  // M1, the insular bend, M2 up and back, M3 over the operculum; the upper trunk of M2
  mca: [
    [
      [12, 3, -14, 1.8],
      [22, 4, -15, 1.7],
      [31, 2, -15, 1.6],
      [37, 3, -9, 1.5],
      [39, 0, 0, 1.4],
      [40, -10, 9, 1.3],
      [40, -24, 16, 1.2],
      [47, -32, 21, 1],
    ],
    [
      [37, 3, -9, 1.3],
      [40, 12, 0, 1.2],
      [40, 12, 12, 1.1],
      [47, 8, 19, 0.9],
    ],
  ],
  // A1, A2, pericallosal
  aca: [
    [
      [12, 3, -14, 1.4],
      [5, 9, -13, 1.3],
      [2.5, 18, -10, 1.4],
      [2.5, 30, -4, 1.4],
      [2.5, 37, 8, 1.3],
      [2.5, 31, 20, 1.2],
      [2.5, 12, 31, 1.1],
      [2.5, -12, 36, 1],
    ],
  ],
  pca: [
    [
      [2, -16, -14, 1.4],
      [13, -19, -14, 1.3],
      [19, -32, -8, 1.2],
      [14, -52, 1, 1.1],
      [9, -72, 5, 1],
    ],
  ],
}
const basilar: Course = [
  [0, -24, -46, 1.9],
  [0, -20, -30, 1.9],
  [0, -16, -14, 1.7],
]

/** The arteries of the base of the brain and their first branches; a shut one ends after its first centimetre. */
export function cerebralArteries(shut: Territory | null): Vessel[] {
  const courses: Course[] = [basilar]
  for (const [name, paths] of Object.entries(pairedArteries)) {
    for (const side of ['right', 'left'] as const) {
      const sided = paths.map((course) =>
        course.map(([x, ...rest]): Course[number] => [side === 'right' ? x : -x, ...rest]),
      )
      courses.push(...(shut === `${name}-${side}` ? [sided[0].slice(0, 2)] : sided))
    }
  }
  return courses.map((course) => vessel('artery', course))
}

/**
 * The superior sagittal sinus along the inner midline of the skull from the forehead to the torcula, widening on its
 * way, the straight sinus, and both transverse sinuses down to the sigmoids. `brain` and its `hull` tell where the
 * surface is.
 */
export function duralSinuses(brain: Field, hull: Field): Vessel[] {
  const sagittal: Course = []
  for (let angle = 25; angle <= 190; angle += 5) {
    const along = (angle - 25) / 165
    const [y, z] = midlineSurface(brain, angle)
    sagittal.push([0, y, z, 1.8 + 2.6 * along])
  }
  const [, torculaY, torculaZ] = sagittal[sagittal.length - 1]
  const straight: Course = [
    [0, -40, 8, 1.4],
    [0, -50, 8, 1.8],
    [0, -72, 0, 2.1],
    [0, torculaY + 4, torculaZ, 2.6],
  ]
  const transverse = (side: 1 | -1, radius: number): Course => {
    const course: Course = [[0, torculaY + 2, torculaZ, radius]]
    for (let angle = 10; angle <= 80; angle += 10) {
      const z = torculaZ - 4 - 0.15 * angle
      const [x, y] = innerTable(hull, angle, z)
      course.push([side * x, y, z, radius])
    }
    const [x, y, z] = course[course.length - 1]
    course.push([0.85 * x, y + 4, z - 20, radius])
    return course
  }
  const courses = [sagittal, straight, transverse(1, 3.3), transverse(-1, 2.7)]
  return courses.map((course) => vessel('vein', course))
}

/** Where the right inner surface of the skull lies at a height, degrees from the occiput towards the ear. */
function innerTable(hull: Field, angle: number, z: number): [x: number, y: number] {
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]
  for (let reach = 120; reach > 30; reach -= 0.5) {
    const [x, y] = [reach * sin, -35 - reach * cos]
    if (sampleField(hull, x, y, z) < -2) return [x, y]
  }
  return [60 * sin, -35 - 60 * cos]
}

/** The outermost brain beside the midline in one direction of the sagittal plane, degrees from anterior over superior. */
function midlineSurface(brain: Field, angle: number): [y: number, z: number] {
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]
  for (let reach = 120; reach > 30; reach -= 0.5) {
    const [y, z] = [-20 + reach * cos, 5 + reach * sin]
    if (sampleField(brain, 8, y, z) > 0.5 || sampleField(brain, -8, y, z) > 0.5) return [y, z]
  }
  return [-20 + 80 * cos, 5 + 80 * sin]
}

function vessel(kind: Vessel['kind'], course: Course): Vessel {
  return { kind, points: course.map(([x, y, z, radius]) => ({ at: [x, y, z] as Vec3, radius })) }
}

const IN_PLANE_SAMPLES = 3
const THROUGH_PLANE_SAMPLES = 7

/** Adds the share of every voxel (in-plane size times slice thickness) that lies inside a vessel. */
export function addVessel(
  fractions: Float32Array,
  geometry: Geometry,
  { points }: Vessel,
  placement: Placement | null = null,
): void {
  const placed = (at: Vec3): Vec3 => patientOfMni(placement ? placement.toPatient(at) : at)
  for (let i = 1; i < points.length; i++) {
    const [from, to] = [points[i - 1], points[i]]
    addTube(fractions, geometry, placed(from.at), placed(to.at), from.radius, to.radius)
  }
}

function addTube(
  fractions: Float32Array,
  geometry: Geometry,
  from: Vec3,
  to: Vec3,
  fromRadius: number,
  toRadius: number,
): void {
  const [nx, ny] = geometry.size
  const widest = Math.max(fromRadius, toRadius)
  const [low, high] = voxelBox(geometry, from, to, widest)
  const offsets = sampleOffsets(geometry)
  const reach = widest + Math.hypot(...geometry.spacing) / 2
  for (let k = low[2]; k <= high[2]; k++) {
    for (let j = low[1]; j <= high[1]; j++) {
      for (let i = low[0]; i <= high[0]; i++) {
        const [x, y, z] = voxelToWorld(geometry, [i, j, k])
        if (beyondTube(x, y, z, from, to, reach, reach)) continue
        let inside = 0
        for (let sample = 0; sample < offsets.length; sample += 3) {
          const [dx, dy, dz] = [offsets[sample], offsets[sample + 1], offsets[sample + 2]]
          if (!beyondTube(x + dx, y + dy, z + dz, from, to, fromRadius, toRadius)) inside++
        }
        const at = (k * ny + j) * nx + i
        fractions[at] = Math.max(fractions[at], (3 * inside) / offsets.length)
      }
    }
  }
}

/** Points spread evenly over a voxel, mm from its centre, [x, y, z, x, …]. */
function sampleOffsets(geometry: Geometry): Float64Array {
  const [right, down, up] = indexSteps(geometry)
  const spread = (sample: number, samples: number): number => (sample + 0.5) / samples - 0.5
  const offsets: number[] = []
  for (let c = 0; c < THROUGH_PLANE_SAMPLES; c++) {
    for (let b = 0; b < IN_PLANE_SAMPLES; b++) {
      for (let a = 0; a < IN_PLANE_SAMPLES; a++) {
        const [i, j, k] = [
          spread(a, IN_PLANE_SAMPLES),
          spread(b, IN_PLANE_SAMPLES),
          spread(c, THROUGH_PLANE_SAMPLES),
        ]
        for (let axis = 0; axis < 3; axis++) {
          offsets.push(i * right[axis] + j * down[axis] + k * up[axis])
        }
      }
    }
  }
  return Float64Array.from(offsets)
}

/** Whether a point lies outside a tube with round ends whose radius changes evenly from one end to the other. */
function beyondTube(
  x: number,
  y: number,
  z: number,
  from: Vec3,
  to: Vec3,
  fromRadius: number,
  toRadius: number,
): boolean {
  const [ax, ay, az] = [to[0] - from[0], to[1] - from[1], to[2] - from[2]]
  const [dx, dy, dz] = [x - from[0], y - from[1], z - from[2]]
  const share = Math.min(Math.max((dx * ax + dy * ay + dz * az) / (ax * ax + ay * ay + az * az), 0), 1)
  const radius = fromRadius + (toRadius - fromRadius) * share
  return (dx - share * ax) ** 2 + (dy - share * ay) ** 2 + (dz - share * az) ** 2 > radius * radius
}

/** The voxels a tube can touch, first and last index of each axis, within the grid. */
function voxelBox(geometry: Geometry, from: Vec3, to: Vec3, radius: number): [Vec3, Vec3] {
  const low: Vec3 = [Infinity, Infinity, Infinity]
  const high: Vec3 = [-Infinity, -Infinity, -Infinity]
  for (const end of [from, to]) {
    for (let corner = 0; corner < 8; corner++) {
      const shift = (bit: number): number => (corner & bit ? radius : -radius)
      const voxel = worldToVoxel(geometry, [end[0] + shift(1), end[1] + shift(2), end[2] + shift(4)])
      for (let axis = 0; axis < 3; axis++) {
        low[axis] = Math.min(low[axis], voxel[axis])
        high[axis] = Math.max(high[axis], voxel[axis])
      }
    }
  }
  const clip = (value: number, axis: number): number => Math.min(Math.max(value, 0), geometry.size[axis] - 1)
  return [
    low.map((value, axis) => clip(Math.floor(value - 0.5), axis)) as Vec3,
    high.map((value, axis) => clip(Math.ceil(value + 0.5), axis)) as Vec3,
  ]
}
