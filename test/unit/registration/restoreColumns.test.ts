import { describe, expect, it } from 'vitest'
import { columnCells } from '../../../src-main/engine/registration/columnCells'
import type { GridMap } from '../../../src-main/engine/registration/gridMap'
import { resampleSlices } from '../../../src-main/engine/registration/resample'
import { restoreColumns, type ColumnFrame } from '../../../src-main/engine/registration/restoreColumns'
import { createUnexplained } from '../../../src-main/engine/registration/unexplained'

const size = [24, 18, 6] as const
const [nx, ny, nz] = size
const length = nx * ny * nz
const frames = 20
/** The head shifts along the slices' normal, in slices; the first frames and some later ones lie in place. */
const shifts = Array.from({ length: frames }, (_, frame) => (frame < 4 ? 0 : 0.45 * Math.sin(frame / 3)))
const bolus = shifts.map((_, frame) => Math.exp(-(((frame - 10) / 3) ** 2)))
const mean = bolus.reduce((sum, value) => sum + value, 0) / frames
const courses = Float64Array.from({ length: 2 * frames }, (_, i) => (i % 2 === 0 ? 1 : bolus[i >> 1] - mean))

/** Mean over a slice of a head with bone below, an oblique edge of fluid, and brain above that enhances. */
function slice(x: number, place: number, frame: number): number {
  let sum = 0
  for (let n = 0; n < 30; n++) {
    const height = place + (n + 0.5) / 30 - 0.5
    const edge = 2 + x / 12
    sum += height < edge ? (height < 0.8 ? 900 : 12) : 36 + 20 * bolus[frame]
  }
  return sum / 30
}

const scan = (shift: number, frame: number): Int16Array =>
  Int16Array.from({ length }, (_, i) => Math.round(slice(i % nx, Math.floor(i / (nx * ny)) + shift, frame)))

describe('frames whose head moved through the slices', () => {
  const moved: ColumnFrame[] = shifts.map((shift, frame) => {
    const map: GridMap = { start: [0, 0, -shift], x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, 1] }
    const scanned = scan(shift, frame)
    const corrected = new Int16Array(length)
    resampleSlices(scanned, size, map, [0, nz - 1], corrected)
    return { scanned, corrected: shift === 0 ? null : corrected, map }
  })
  const errorOf = (): number => {
    let [sum, count] = [0, 0]
    moved.forEach(({ corrected }, frame) => {
      if (corrected === null) return
      const truth = scan(0, frame)
      // The outermost slices show what no other slice does.
      for (let at = nx * ny; at < length - nx * ny; at++) sum += Math.abs(corrected[at] - truth[at])
      count += length - 2 * nx * ny
    })
    return sum / count
  }
  const task = (binning: number): Parameters<typeof restoreColumns>[0] => ({
    size,
    slab: [0, nz - 1],
    frames: moved,
    cells: columnCells(nz, 5, 0.45),
    courses: { courses, count: 2, noise: 1, leastError: 1 },
    binning,
    tile: 2,
  })

  it('show again what their slices lost to lines, and those that lay in place are not touched', () => {
    const inPlace = moved[0].scanned.slice()
    const lines = errorOf()
    expect(lines).toBeGreaterThan(15)
    const { fitted, restored } = restoreColumns(task(1), [0, ny])
    expect(restored).toBeGreaterThan(0.4 * fitted)
    expect(restored).toBeLessThan(fitted)
    expect(errorOf()).toBeLessThan(0.15 * lines)
    expect(moved[0].scanned).toEqual(inPlace)
  })

  it('are restored in the rows asked for, by pixels averaged as well', () => {
    moved.forEach(({ scanned, corrected, map }) => {
      if (corrected) resampleSlices(scanned, size, map, [0, nz - 1], corrected)
    })
    const before = moved[6].corrected?.slice() ?? new Int16Array(0)
    const lines = errorOf()
    restoreColumns(task(2), [0, 8])
    const after = moved[6].corrected ?? new Int16Array(0)
    expect(after.subarray(8 * nx, nx * ny)).toEqual(before.subarray(8 * nx, nx * ny))
    restoreColumns(task(2), [8, ny])
    expect(errorOf()).toBeLessThan(0.25 * lines)
  })
})

describe('what contrast does not explain of a curve', () => {
  const unexplained = createUnexplained({ courses, count: 2, noise: 1, leastError: 1 })

  it('is nothing of what brain shows, and all of what comes and goes otherwise', () => {
    const brain = Float64Array.from(bolus, (value) => 36 + 20 * value)
    expect(unexplained(brain)).toBeCloseTo(0, 8)
    /** As many frames up as down beside each other: nearly orthogonal to the mean and to the bolus. */
    const shaken = brain.map((value, frame) => value + (frame % 2 === 0 ? 3 : -3))
    expect(unexplained(shaken)).toBeGreaterThan(0.95 * 9 * frames)
    expect(unexplained(shaken)).toBeLessThanOrEqual(9 * frames)
  })
})
