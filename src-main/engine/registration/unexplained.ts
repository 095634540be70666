import type { EnhancementCourses } from './enhancementCourses'

/** Sum of the squares of what is left of a curve, [frame], after its mean and what contrast does. */
export type Unexplained = (curve: Float64Array) => number

/** The courses are orthogonal, so that each takes its share by itself. */
export function createUnexplained({ courses, count }: EnhancementCourses): Unexplained {
  const frames = courses.length / count
  const energies = new Float64Array(count)
  courses.forEach((value, at) => (energies[at % count] += value * value))
  return (curve) => {
    let left = 0
    for (const value of curve) left += value * value
    for (let k = 0; k < count; k++) {
      let share = 0
      for (let frame = 0; frame < frames; frame++) share += courses[frame * count + k] * curve[frame]
      left -= (share * share) / energies[k]
    }
    return left
  }
}
