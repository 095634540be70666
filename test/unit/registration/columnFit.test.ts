import { describe, expect, it } from 'vitest'
import { createVectorUnit } from '../../../src-main/engine/compute/vectorUnit'
import { columnCells, sliceOf, sliceProfile } from '../../../src-main/engine/registration/columnCells'
import { createColumnFitter } from '../../../src-main/engine/registration/columnFit'

describe('the Cholesky factor of a banded matrix', () => {
  it.each([1, 2, 5])('solves %i right sides at once', (columns) => {
    // 4 on the diagonal, −1 and −0.5 beside it.
    const unit = createVectorUnit()
    const [matrixAt, valuesAt] = [unit.reserve(2 * 21).at, unit.reserve(2 * 7 * columns).at]
    const memory = unit.reserve(0).floats.buffer
    const matrix = new Float64Array(memory, matrixAt, 21)
    const values = new Float64Array(memory, valuesAt, 7 * columns)
    for (let row = 0; row < 7; row++) matrix.set([4, row > 0 ? -1 : 0, row > 1 ? -0.5 : 0], 3 * row)
    const element = (i: number, j: number): number => [4, -1, -0.5][Math.abs(i - j)] ?? 0
    const truth = Float64Array.from({ length: 7 * columns }, (_, i) => Math.sin(3 * i + 1))
    truth.forEach((_, at) => {
      const [i, c] = [Math.floor(at / columns), at % columns]
      for (let j = 0; j < 7; j++) values[at] += element(i, j) * truth[j * columns + c]
    })
    unit.kernels.factoriseBand(matrixAt, 7, 2)
    unit.kernels.solveBand(matrixAt, 7, 2, valuesAt, columns)
    values.forEach((value, i) => expect(value).toBeCloseTo(truth[i], 12))
  })
})

describe('the cells of a column', () => {
  const cells = columnCells(8, 5, 0.7)

  it('divide a slice of 5 mm in three, with a slice more at either end', () => {
    expect(cells).toEqual({ parts: 3, margin: 1, count: 30 })
    expect(columnCells(8, 2.5, 0.02)).toEqual({ parts: 2, margin: 1, count: 20 })
  })

  it('are seen by a slice through its thickness, wherever it lies', () => {
    const weights = new Float64Array(4)
    for (const place of [0, 0.25, 3.9, 7, -0.6, 40, -40]) {
      sliceProfile(cells, place, weights)
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
    }
    expect(sliceProfile(cells, 2, weights)).toBe(9)
    expect([...weights].map((weight) => Math.round(3e6 * weight))).toEqual([1e6, 1e6, 1e6, 0])
    expect(sliceProfile(cells, 2.5, weights)).toBe(10)
    expect([...weights].map((weight) => Math.round(6e6 * weight))).toEqual([1e6, 2e6, 2e6, 1e6])
  })

  it('give the mean over a slice from their sums as from their profile', () => {
    const values = Float64Array.from({ length: cells.count }, (_, cell) => Math.cos(cell * cell))
    const sums = new Float64Array(cells.count + 1)
    values.forEach((value, cell) => (sums[cell + 1] = sums[cell] + value))
    const weights = new Float64Array(cells.parts + 1)
    for (const place of [-3, -0.7, 0, 0.1, 3.5, 6.99, 7, 8.5]) {
      const first = sliceProfile(cells, place, weights)
      const mean = weights.reduce((sum, weight, n) => sum + weight * values[first + n], 0)
      expect(sliceOf(cells, sums, place)).toBeCloseTo(mean, 12)
    }
  })
})

describe('a column seen at several heights', () => {
  const frames = 24
  const slices = 6
  const cells = columnCells(slices, 5, 0.6)
  /** Bone, fluid and brain with edges within the slices, HU; brain enhances. */
  const before = (cell: number): number => (cell < 8 ? 900 : cell < 13 ? 10 : 36)
  const gain = (cell: number): number => (cell < 13 ? 0 : cell === 17 ? 200 : 12)
  const bolus = Array.from({ length: frames }, (_, frame) => Math.exp(-(((frame - 11) / 4) ** 2)))
  const mean = bolus.reduce((sum, value) => sum + value, 0) / frames
  const largest = Math.max(...bolus) - mean
  const courses = Float64Array.from({ length: 2 * frames }, (_, i) =>
    i % 2 === 0 ? 1 : (bolus[i >> 1] - mean) / largest,
  )
  const truth = (cell: number, frame: number): number => before(cell) + gain(cell) * bolus[frame]
  const seenAt = (place: number, frame: number): number => {
    const weights = new Float64Array(cells.parts + 1)
    const first = sliceProfile(cells, place, weights)
    return weights.reduce((sum, weight, n) => sum + weight * truth(first + n, frame), 0)
  }
  /** A head that drifts through half a slice. */
  const places = Float64Array.from(
    { length: frames * slices },
    (_, i) => (i % slices) + 0.5 * Math.sin(Math.floor(i / slices) / 5),
  )

  it('is told in the reference’s place far better than a line between slices tells it', () => {
    const samples = places.map((place, i) => seenAt(place, Math.floor(i / slices)))
    const found = createColumnFitter(cells, slices, courses, 2, 1, 1).fit(places, samples)
    let [fitted, lines] = [0, 0]
    for (let frame = 0; frame < frames; frame++) {
      const sums = new Float64Array(cells.count + 1)
      for (let cell = 0; cell < cells.count; cell++) {
        const value = found[2 * cell] + courses[2 * frame + 1] * found[2 * cell + 1]
        sums[cell + 1] = sums[cell] + value
      }
      const shift = places[frame * slices]
      for (let slice = 1; slice < slices - 1; slice++) {
        const share = Math.abs(shift)
        const beside = slice - Math.sign(shift)
        const line = (1 - share) * seenAt(slice + shift, frame) + share * seenAt(beside + shift, frame)
        fitted += Math.abs(sliceOf(cells, sums, slice) - seenAt(slice, frame))
        lines += Math.abs(line - seenAt(slice, frame))
      }
    }
    expect(lines / (frames * (slices - 2))).toBeGreaterThan(10)
    expect(fitted).toBeLessThan(0.1 * lines)
  })

  it('keeps what it is where nothing says more: even tissue stays even', () => {
    const samples = places.map(() => 35)
    const found = createColumnFitter(cells, slices, courses, 2, 5, 1).fit(places, samples)
    for (let cell = 0; cell < cells.count; cell++) {
      expect(found[2 * cell]).toBeCloseTo(35, 6)
      expect(found[2 * cell + 1]).toBeCloseTo(0, 6)
    }
  })
})
