import type { Geometry, Vec3 } from '@contract'
import { describe, expect, it } from 'vitest'
import {
  axisPlace,
  directionLetters,
  edgeLetters,
  sameGrid,
  sliceAt,
  slicePlace,
  voxelAt,
  voxelOffset,
  voxelToWorld,
  worldToVoxel,
} from '../../../src-renderer/viewer/geometry'
import {
  planesOf,
  shearPerSlice,
  tiltOf,
  uprightGeometry,
  uprightVoxels,
} from '../../../src-renderer/viewer/planes'

const upright: Geometry = {
  size: [4, 5, 6],
  spacing: [0.5, 0.75, 5],
  origin: [-10, -20, 30],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  frameOfReference: '1.2.3',
}

const cosine = Math.cos((20 * Math.PI) / 180)
const sine = Math.sin((20 * Math.PI) / 180)
/** Gantry tilt of 20°: the planes lean backwards, the table moves straight. */
const tilted: Geometry = {
  ...upright,
  direction: [
    [1, 0, 0],
    [0, cosine, -sine],
    [0, 0, 1],
  ],
}
/** Planes turned by 20° about the left–right axis, slices stacked along their normal. */
const oblique: Geometry = {
  ...upright,
  direction: [
    [1, 0, 0],
    [0, cosine, sine],
    [0, -sine, cosine],
  ],
}

const close = (actual: readonly number[], wanted: readonly number[]): void =>
  wanted.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 9))

describe('voxel and world', () => {
  it('puts voxel (1, 2, 3) of an upright grid where its spacing says', () => {
    close(voxelToWorld(upright, [1, 2, 3]), [-9.5, -18.5, 45])
  })

  it('steps along the real slice direction under gantry tilt', () => {
    close(voxelToWorld(tilted, [0, 4, 2]), [-10, -20 + 3 * cosine, 30 - 3 * sine + 10])
  })

  it.each([
    ['upright', upright],
    ['tilted', tilted],
    ['oblique', oblique],
  ])('is inverted exactly on an %s grid', (_name, geometry) => {
    const voxel: Vec3 = [1.25, 3.5, 4.75]
    close(worldToVoxel(geometry, voxelToWorld(geometry, voxel)), voxel)
  })

  it('finds the voxel whose cell holds a point, and none outside the grid', () => {
    expect(voxelAt(upright, [-9.6, -18.7, 43])).toEqual([1, 2, 3])
    expect(voxelAt(upright, [-10.26, -20, 30])).toBeNull()
    expect(voxelAt(upright, [-10.24, -20, 30])).toEqual([0, 0, 0])
  })

  it('counts voxels with x fastest, then y, then z', () => {
    expect(voxelOffset([4, 5, 6], [3, 2, 1])).toBe(3 + 2 * 4 + 1 * 20)
  })

  it('finds the slice nearest to a point, kept inside the grid', () => {
    expect(sliceAt(upright, [0, 0, 41])).toBe(2)
    expect(sliceAt(upright, [0, 0, 400])).toBe(5)
  })

  it('tells grids apart', () => {
    expect(sameGrid(upright, { ...upright, frameOfReference: 'another' })).toBe(true)
    expect(sameGrid(upright, tilted)).toBe(false)
  })
})

describe('orientation letters', () => {
  it('name the patient side a direction points to, the stronger first', () => {
    expect(directionLetters([1, 0, 0])).toBe('L')
    expect(directionLetters([0, -1, 0])).toBe('A')
    expect(directionLetters([0, 0, 1])).toBe('H')
    expect(directionLetters([-0.5, 0.8, 0])).toBe('PR')
    expect(directionLetters([0.02, 0.999, 0])).toBe('P')
  })

  it('put the right of the patient on the left of a standard axial slice', () => {
    expect(edgeLetters([1, 0, 0], [0, 1, 0])).toEqual({ left: 'R', right: 'L', top: 'A', bottom: 'P' })
  })

  it('say where a slice and a coordinate lie', () => {
    expect(slicePlace(upright, 1)).toBe('H 35.0 mm')
    expect(axisPlace(0, -12.34)).toBe('R 12.3')
    expect(axisPlace(1, 3)).toBe('P 3.0')
  })
})

describe('planes of a volume', () => {
  it('show coronal and sagittal cuts with the head up and the patient’s right on the left', () => {
    const coronal = planesOf(upright, 'coronal')
    expect(edgeLetters(coronal.direction[0], coronal.direction[1])).toEqual({
      left: 'R',
      right: 'L',
      top: 'H',
      bottom: 'F',
    })
    expect(coronal.size).toEqual([4, 6, 5])
    expect(coronal.spacing).toEqual([0.5, 5, 0.75])
    const sagittal = planesOf(upright, 'sagittal')
    expect(edgeLetters(sagittal.direction[0], sagittal.direction[1])).toEqual({
      left: 'A',
      right: 'P',
      top: 'H',
      bottom: 'F',
    })
  })

  it('name the same places as the grid they cut', () => {
    const coronal = planesOf(oblique, 'coronal')
    // Coronal rows run along x, columns down against z, slices along y.
    close(voxelToWorld(coronal, [1, 2, 3]), voxelToWorld(oblique, [1, 3, 5 - 2]))
  })

  it('turn a sagittal acquisition into axial planes', () => {
    const acquired: Geometry = {
      ...upright,
      direction: [
        [0, 1, 0],
        [0, 0, -1],
        [1, 0, 0],
      ],
    }
    const axial = planesOf(acquired, 'axial')
    expect(axial.size).toEqual([6, 4, 5])
    expect(edgeLetters(axial.direction[0], axial.direction[1]).left).toBe('R')
    close(voxelToWorld(axial, [1, 2, 3]), voxelToWorld(acquired, [2, 4 - 3, 1]))
  })
})

describe('gantry tilt', () => {
  it('is measured between the slice direction and the normal', () => {
    expect(tiltOf(upright)).toBeCloseTo(0, 6)
    expect(tiltOf(oblique)).toBeCloseTo(0, 4)
    expect(tiltOf(tilted)).toBeCloseTo(20, 6)
    close(shearPerSlice(tilted), [0, -5 * sine])
  })

  it('is taken out by a grid of the same planes along their normal', () => {
    const straight = uprightGeometry(tilted)
    expect(tiltOf(straight)).toBeCloseTo(0, 4)
    expect(straight.spacing[2]).toBeCloseTo(5 * cosine, 9)
  })

  it('keeps what is at a place of the patient there: a slope in the patient is the same slope after resampling', () => {
    const geometry: Geometry = { ...tilted, size: [6, 40, 5], spacing: [1, 1, 5] }
    const height = (world: Vec3): number => 2 * world[1] + 3 * world[2]
    const voxels = new Float32Array(6 * 40 * 5)
    for (let z = 0, i = 0; z < 5; z++) {
      for (let y = 0; y < 40; y++) {
        for (let x = 0; x < 6; x++, i++) voxels[i] = height(voxelToWorld(geometry, [x, y, z]))
      }
    }
    const straight = uprightGeometry(geometry)
    const resampled = uprightVoxels(geometry, voxels)
    for (const z of [0, 1, 2, 3, 4]) {
      for (const y of [8, 20, 31]) {
        const value = resampled[voxelOffset([6, 40, 5], [3, y, z])]
        expect(value).toBeCloseTo(height(voxelToWorld(straight, [3, y, z])), 3)
      }
    }
  })
})
