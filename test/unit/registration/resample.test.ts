import { describe, expect, it } from 'vitest'
import type { Vec3 } from '@contract'
import type { GridMap } from '../../../src-main/engine/registration/gridMap'
import { resampleSlices } from '../../../src-main/engine/registration/resample'

const size: Vec3 = [19, 17, 5]
const [nx, ny, nz] = size
const area = nx * ny

/** Rises along every axis, bends within the slices: cubic convolution gives such a surface back exactly. */
const surface = (x: number, y: number, z: number): number =>
  3 * x + 0.1 * x * x + 2 * y + 0.05 * x * y + 0.07 * y * y + 11 * z

const volumeOf = (value: (x: number, y: number, z: number) => number): Float32Array =>
  Float32Array.from({ length: area * nz }, (_, i) =>
    value(i % nx, Math.floor(i / nx) % ny, Math.floor(i / area)),
  )

/** A small turn about all axes and a shift, in voxels. */
const turned: GridMap = {
  start: [1.7, 1.4, 0.3],
  x: [0.97, 0.02, 0.004],
  y: [-0.03, 0.96, 0.006],
  z: [0.1, -0.08, 0.95],
}
const still: GridMap = { start: [0, 0, 0], x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, 1] }

const placeOf = (map: GridMap, i: number, j: number, k: number): Vec3 => {
  const [x, y, z] = [0, 1, 2].map(
    (axis) => map.start[axis] + i * map.x[axis] + j * map.y[axis] + k * map.z[axis],
  )
  return [x, y, z]
}

function resampled(from: Float32Array, map: GridMap): Float32Array {
  const to = new Float32Array(from.length)
  resampleSlices(from, size, map, [0, nz - 1], to)
  return to
}

describe('resampling a volume', () => {
  it('gives a bent surface back wherever its neighbours are known', () => {
    const found = resampled(volumeOf(surface), turned)
    let compared = 0
    for (let at = 0; at < found.length; at++) {
      const [x, y, z] = placeOf(turned, at % nx, Math.floor(at / nx) % ny, Math.floor(at / area))
      if (x < 1 || y < 1 || x >= nx - 2 || y >= ny - 2 || z < 0 || z > nz - 1) continue
      compared++
      expect(found[at]).toBeCloseTo(surface(x, y, z), 3)
    }
    expect(compared).toBeGreaterThan(600)
  })

  it('copies a volume of whole numbers that lies where it should, bit for bit', () => {
    const noisy = Int16Array.from(
      volumeOf((x, y, z) => 1000 * Math.sin(12.9898 * x + 78.233 * y + 37.719 * z)),
    )
    const copy = new Int16Array(noisy.length)
    resampleSlices(noisy, size, still, [0, nz - 1], copy)
    expect(copy).toEqual(noisy)
  })

  it('goes on with its border beyond it', () => {
    const far = resampled(volumeOf(surface), { ...still, start: [100, -50, 9] })
    for (const value of far) expect(value).toBeCloseTo(surface(nx - 1, 0, nz - 1), 3)
  })

  it('invents no value beyond those of the nearest voxels, beside a bright one', () => {
    const spot = volumeOf((x, y, z) => (x === 9 && y === 8 && z === 2 ? 1000 : 0))
    const found = resampled(spot, { ...still, start: [0.4, 0.3, 0] })
    expect(Math.min(...found)).toBe(0)
    expect(Math.max(...found)).toBeGreaterThan(400)
  })

  it('rounds where the result holds whole numbers, and fills only the slices asked for', () => {
    const volume = volumeOf(surface)
    const whole = new Int16Array(area * nz).fill(-1)
    resampleSlices(Int16Array.from(volume), size, turned, [2, 3], whole)
    const exact = resampled(Float32Array.from(Int16Array.from(volume)), turned)
    for (let at = 0; at < whole.length; at++) {
      const slice = Math.floor(at / area)
      expect(whole[at]).toBe(slice === 2 || slice === 3 ? Math.floor(exact[at] + 0.5) : -1)
    }
  })

  it('takes a single slice', () => {
    const one = volumeOf(surface).subarray(0, area)
    const to = new Float32Array(area)
    resampleSlices(one, [nx, ny, 1], { ...still, start: [0.5, 0.25, 0] }, [0, 0], to)
    expect(to[5 * nx + 6]).toBeCloseTo(surface(6.5, 5.25, 0), 3)
  })
})
