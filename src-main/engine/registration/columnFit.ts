import { createVectorUnit, type Plane, type VectorUnit } from '../compute/vectorUnit'
import { sliceProfile, type ColumnCells } from './columnCells'

/**
 * What neighbouring cells are expected to differ by, standard deviations in units of the noise of one sample: of the head
 * before contrast, and of its enhancement. Where the first fit sees more, as at edges and vessels, the next one expects as
 * much (iteratively reweighted least squares), so that they are not smoothed away.
 */
const STATIC_STEP = 2
const ENHANCEMENT_STEP = 1
const REWEIGHTED = 2
/** Enhancement in units of the noise; so weak a limit only keeps what no frame shows from growing. */
const ENHANCEMENT = 200

export interface ColumnFitter {
  /**
   * Fits the columns of a tile. `places`: where the slices of every frame lie in the columns, [frame × slice], in slices;
   * `samples`: what they show there, [frame × slice × column]. Gives the coefficients [cell × course × column], a view
   * that the next call of any fitter overwrites.
   */
  fit(places: Float64Array, samples: Float64Array): Float64Array
  /** What was fitted as it is in a frame: for each column the sums of its first 0, 1 … cells; such a view. */
  sumsOf(frame: number): Float64Array
}

/** Room on a vector unit; kept from fitter to fitter. */
let workspace: { unit: VectorUnit; plane: Plane } | null = null

/** Arrays of so many numbers, one after the other in the memory of the kernels. */
function arraysOf(counts: readonly number[]): { unit: VectorUnit; at: number[]; arrays: Float64Array[] } {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (workspace === null || workspace.plane.floats.length < 2 * total) {
    const unit = createVectorUnit()
    workspace = { unit, plane: unit.reserve(2 * total) }
  }
  const { unit, plane } = workspace
  let next = 0
  const starts = counts.map((count) => (next += count) - count)
  return {
    unit,
    at: starts.map((start) => plane.at + 8 * start),
    arrays: starts.map(
      (start, index) => new Float64Array(plane.floats.buffer, plane.at + 8 * start, counts[index]),
    ),
  }
}

/**
 * Fits heads whose slices were seen at several heights: value(cell, frame) = Σ courses[frame, k] · coefficient[cell, k],
 * seen through the profile of a slice, by regularised least squares. The courses of enhancement are the same for all
 * (partially separable: Liang 2007), so that frames in which the head lay elsewhere tell of one another; slices at several
 * heights tell more than one of what lies within them (super-resolution: Irani and Peleg 1991). `courses` is
 * [frame × course], the first of them 1; `noise` that of one sample; `columns` are fitted at once.
 */
export function createColumnFitter(
  cells: ColumnCells,
  slices: number,
  courses: Float64Array,
  courseCount: number,
  noise: number,
  columns: number,
): ColumnFitter {
  const frames = courses.length / courseCount
  const { count, parts } = cells
  const size = count * courseCount
  const width = (parts + 1) * courseCount
  const places = frames * slices
  const { unit, at, arrays } = arraysOf([
    ...[size * width, size * width, size * columns, size * columns],
    ...[places * (parts + 1), courses.length, places * columns, count * (parts + 1 + columns), places],
    columns * (count + 1),
    courses.length,
  ])
  const [seen, system, right, found, profiles, heldCourses, heldSamples, , , sums, reversed] = arrays
  const [
    seenAt,
    systemAt,
    rightAt,
    foundAt,
    profilesAt,
    coursesAt,
    samplesAt,
    scratchAt,
    firstsAt,
    sumsAt,
    reversedAt,
  ] = at
  const firsts = new Int32Array(seen.buffer, firstsAt, places)

  /** Mean of (x[cell] − x[next])², or without `next` of x[cell]², over the columns. */
  const meanSquare = (unknown: number, next: number | null): number => {
    let sum = 0
    for (let c = 0; c < columns; c++) {
      const value = found[unknown * columns + c] - (next === null ? 0 : found[next * columns + c])
      sum += value * value
    }
    return sum / columns
  }

  const limitSteps = (reweighted: boolean): void => {
    system.set(seen)
    for (let k = 0; k < courseCount; k++) {
      const step = noise * (k === 0 ? STATIC_STEP : ENHANCEMENT_STEP)
      for (let cell = 0; cell < count; cell++) {
        const unknown = cell * courseCount + k
        if (k > 0) {
          const more = reweighted ? meanSquare(unknown, null) : 0
          system[unknown * width] += noise ** 2 / ((noise * ENHANCEMENT) ** 2 + more)
        }
        if (cell + 1 < count) {
          const next = unknown + courseCount
          const more = reweighted ? meanSquare(unknown, next) : 0
          const weight = noise ** 2 / (step * step + more)
          system[unknown * width] += weight
          system[next * width] += weight
          system[next * width + courseCount] -= weight
        }
      }
    }
  }

  return {
    fit: (heights, samples) => {
      seen.fill(0)
      right.fill(0)
      heldCourses.set(courses)
      courses.forEach((value, i) => (reversed[i - 2 * (i % courseCount) + courseCount - 1] = value))
      heldSamples.set(samples)
      for (let place = 0; place < places; place++) {
        const to = place * (parts + 1)
        firsts[place] = sliceProfile(cells, heights[place], profiles.subarray(to, to + parts + 1))
      }
      unit.kernels.addSamples(
        ...[
          firstsAt,
          profilesAt,
          coursesAt,
          reversedAt,
          samplesAt,
          frames,
          slices,
          count,
          parts,
          courseCount,
          columns,
        ],
        ...[seenAt, rightAt, scratchAt],
      )
      for (let pass = 0; pass <= REWEIGHTED; pass++) {
        limitSteps(pass > 0)
        unit.kernels.factoriseBand(systemAt, size, width - 1)
        found.set(right)
        unit.kernels.solveBand(systemAt, size, width - 1, foundAt, columns)
      }
      return found
    },
    sumsOf: (frame) => {
      const coursesOfFrame = coursesAt + 8 * frame * courseCount
      unit.kernels.sumCells(foundAt, coursesOfFrame, count, courseCount, columns, sumsAt)
      return sums
    },
  }
}
