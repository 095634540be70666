import { bandedMatrix, factorise, solveFactorised, type BandedMatrix } from './bandedCholesky'
import { sliceProfile, type ColumnCells } from './columnCells'

/**
 * What neighbouring cells are expected to differ by, standard deviations in units of the noise of one sample: of the head
 * before contrast, and of its enhancement. Where the first fit sees more, as at edges and vessels, the next one expects as
 * much (iteratively reweighted least squares), so that they are not smoothed away.
 */
const STATIC_STEP = 1
const ENHANCEMENT_STEP = 0.1
const REWEIGHTED = 3
/** Enhancement in units of the noise; so weak a limit only keeps what no frame shows from growing. */
const ENHANCEMENT = 200

export interface ColumnFitter {
  /**
   * Fits the columns of a tile. `places`: where the slices of every frame lie in the columns, [frame × slice], in slices;
   * `samples`: what they show there, [frame × slice × column]. Gives the coefficients [cell × course × column], a view
   * that the next call overwrites.
   */
  fit(places: Float64Array, samples: Float64Array, columns: number): Float64Array
}

/**
 * Fits heads whose slices were seen at several heights: value(cell, frame) = Σ courses[frame, k] · coefficient[cell, k],
 * seen through the profile of a slice, by regularised least squares. The courses of enhancement are the same for all
 * (partially separable: Liang 2007), so that frames in which the head lay elsewhere tell of one another; slices at several
 * heights tell more than one of what lies within them (super-resolution: Irani and Peleg 1991). `courses` is
 * [frame × course], the first of them 1; `noise` that of one sample.
 */
export function createColumnFitter(
  cells: ColumnCells,
  slices: number,
  courses: Float64Array,
  courseCount: number,
  noise: number,
): ColumnFitter {
  const frames = courses.length / courseCount
  const { count, parts } = cells
  const size = count * courseCount
  const band = (parts + 1) * courseCount - 1
  const seen = bandedMatrix(size, band)
  const system = bandedMatrix(size, band)
  const profile = new Float64Array(parts + 1)
  const overlap = new Float64Array(count * (parts + 1))
  let column = new Float64Array(0)
  let right = new Float64Array(0)
  let found = new Float64Array(0)

  /** The normal matrix of the samples: for every frame the overlap of profiles, times the product of two courses. */
  const addFrame = (places: Float64Array, frame: number): void => {
    overlap.fill(0)
    for (let slice = 0; slice < slices; slice++) {
      const first = sliceProfile(cells, places[frame * slices + slice], profile)
      for (let a = 0; a <= parts; a++) {
        for (let b = 0; b <= a; b++) overlap[(first + a) * (parts + 1) + a - b] += profile[a] * profile[b]
      }
    }
    const at = frame * courseCount
    for (let cell = 0; cell < count; cell++) {
      for (let below = 0; below <= Math.min(parts, cell); below++) {
        const weight = overlap[cell * (parts + 1) + below]
        if (weight === 0) continue
        for (let k = 0; k < courseCount; k++) {
          const row = cell * courseCount + k
          const first = row * (band + 1) + below * courseCount + k
          const product = weight * courses[at + k]
          const last = below === 0 ? k : courseCount - 1
          for (let l = 0; l <= last; l++) seen.elements[first - l] += product * courses[at + l]
        }
      }
    }
  }

  const projectFrame = (
    places: Float64Array,
    samples: Float64Array,
    columns: number,
    frame: number,
  ): void => {
    column.fill(0, 0, count * columns)
    for (let slice = 0; slice < slices; slice++) {
      const at = frame * slices + slice
      const first = sliceProfile(cells, places[at], profile)
      for (let a = 0; a <= parts; a++) {
        const weight = profile[a]
        if (weight === 0) continue
        let [to, from] = [(first + a) * columns, at * columns]
        for (let c = 0; c < columns; c++) column[to++] += weight * samples[from++]
      }
    }
    for (let cell = 0, to = 0; cell < count; cell++) {
      for (let k = 0; k < courseCount; k++) {
        const course = courses[frame * courseCount + k]
        for (let c = 0, from = cell * columns; c < columns; c++) right[to++] += course * column[from++]
      }
    }
  }

  /** Mean of (x[cell] − x[next])², or without `next` of x[cell]², over the columns. */
  const meanSquare = (columns: number, unknown: number, next: number | null): number => {
    let sum = 0
    for (let c = 0; c < columns; c++) {
      const value = found[unknown * columns + c] - (next === null ? 0 : found[next * columns + c])
      sum += value * value
    }
    return sum / columns
  }

  const limitSteps = (columns: number, reweighted: boolean): void => {
    system.elements.set(seen.elements)
    for (let k = 0; k < courseCount; k++) {
      const step = noise * (k === 0 ? STATIC_STEP : ENHANCEMENT_STEP)
      for (let cell = 0; cell < count; cell++) {
        const at = cell * courseCount + k
        if (k > 0) {
          const more = reweighted ? meanSquare(columns, at, null) : 0
          system.elements[at * (band + 1)] += noise ** 2 / ((noise * ENHANCEMENT) ** 2 + more)
        }
        if (cell + 1 < count) {
          const next = at + courseCount
          const more = reweighted ? meanSquare(columns, at, next) : 0
          addStep(system, at, next, noise ** 2 / (step * step + more))
        }
      }
    }
  }

  return {
    fit: (places, samples, columns) => {
      if (right.length < columns * size) {
        right = new Float64Array(columns * size)
        column = new Float64Array(columns * count)
        found = new Float64Array(columns * size)
      }
      seen.elements.fill(0)
      right.fill(0)
      for (let frame = 0; frame < frames; frame++) {
        addFrame(places, frame)
        projectFrame(places, samples, columns, frame)
      }
      for (let pass = 0; pass <= REWEIGHTED; pass++) {
        limitSteps(columns, pass > 0)
        factorise(system)
        found.set(right)
        solveFactorised(system, found, columns)
      }
      return found
    },
  }
}

/** Adds weight · (x[lower] − x[upper])² to a quadratic form. */
function addStep({ band, elements }: BandedMatrix, lower: number, upper: number, weight: number): void {
  elements[lower * (band + 1)] += weight
  elements[upper * (band + 1)] += weight
  elements[upper * (band + 1) + upper - lower] -= weight
}
