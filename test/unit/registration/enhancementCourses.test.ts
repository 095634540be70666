import { describe, expect, it } from 'vitest'
import { enhancementCourses } from '../../../src-main/engine/registration/enhancementCourses'
import { randomStream, uniform } from '../../../src-main/engine/compute/random'
import type { VolumeSeries } from '../../../src-main/engine/volume'

const frames = 40
const size = 48
const slices = 4

/** A bolus of height 1 that arrives at a time, s, and is as wide as its exponent and scale make it. */
const bolus = (arrival: number, wide: number): Float64Array =>
  Float64Array.from({ length: frames }, (_, t) => {
    const since = Math.max(0, t - arrival) / (3 * wide)
    return since ** 3 * Math.exp(3 * (1 - since))
  })
const brain = bolus(10, 3).map((value) => 8 * value)
const artery = bolus(8, 1.5).map((value) => 250 * value)
/** Brighter over time than anything but bone, though not before contrast. */
const sinus = bolus(13, 3).map((value) => 450 * value)

const isArtery = (x: number, y: number): boolean => x >= 8 && x < 10 && y >= 8 && y < 10
const isSinus = (x: number, y: number): boolean => x >= 18 && x < 20 && y >= 18 && y < 20

const seriesOf = (voxels: Int16Array): VolumeSeries =>
  ({
    frames,
    voxels,
    geometry: { size: [size, size, slices], spacing: [1, 1, 5] },
    times: Float64Array.from({ length: frames * slices }, (_, at) => Math.floor(at / slices)),
    unit: 'HU',
    slope: 1,
    intercept: 0,
  }) as unknown as VolumeSeries

describe('the courses of enhancement of a slab', () => {
  it('hold those of artery, brain and of a sinus that contrast makes as bright as bone', () => {
    const random = randomStream(1)
    const voxels = new Int16Array(size * size * slices * frames)
    for (let at = 0; at < voxels.length; at++) {
      const [x, y] = [at % size, Math.floor(at / size) % size]
      const frame = Math.floor(at / (size * size * slices))
      const course = isArtery(x, y) ? artery : isSinus(x, y) ? sinus : brain
      voxels[at] = Math.round(35 + course[frame] + uniform(random, -2, 2))
    }
    const found = enhancementCourses(seriesOf(voxels), [0, slices - 1])
    if (found === null) throw new Error('There is a brain.')
    for (const course of [artery, sinus, brain]) {
      const height = Math.max(...course)
      expect(restOf(course, found.courses, found.count)).toBeLessThan(0.025 * height)
    }
    expect(found.noise).toBeGreaterThan(0.8)
    expect(found.noise).toBeLessThan(1.6)
  })
})

/** Root of the mean square of what the courses leave of a curve. */
function restOf(curve: Float64Array, courses: Float64Array, count: number): number {
  let rest = Array.from(curve)
  // The courses are orthogonal.
  for (let k = 0; k < count; k++) {
    const course = rest.map((_, t) => courses[t * count + k])
    const share =
      rest.reduce((sum, value, t) => sum + value * course[t], 0) /
      course.reduce((sum, value) => sum + value * value, 0)
    rest = rest.map((value, t) => value - share * course[t])
  }
  return Math.sqrt(rest.reduce((sum, value) => sum + value * value, 0) / rest.length)
}
