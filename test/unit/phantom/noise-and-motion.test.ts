import { describe, expect, it } from 'vitest'
import { makePhantom, phantomOptions } from '../../../src-main/engine/phantom'
import { headMotion, motionMargin, poseMatrix, sourceIndex } from '../../../src-main/engine/phantom/motion'
import { noiseMaker } from '../../../src-main/engine/phantom/noise'
import { normalQuantile, normalQuantiles } from '../../../src-main/engine/compute/random'
import { frameRenderer } from '../../../src-main/engine/phantom'
import { voxelToWorld, worldToVoxel } from '../../../src-main/engine/volume'

describe('noise', () => {
  const size = 256
  const draw = (frame: number, slice: number, seed = 1, spacing = 0.9): Float32Array => {
    const noise = new Float32Array(size * size)
    noiseMaker(size, size, spacing, seed)(frame, slice, noise)
    return noise
  }
  const moment = (values: Float32Array, power: number): number =>
    values.reduce((sum, value) => sum + value ** power, 0) / values.length
  const correlation = (values: Float32Array, shift: number): number => {
    let sum = 0
    for (let i = 0; i + shift < values.length; i++) sum += values[i] * values[i + shift]
    return sum / (values.length - shift)
  }

  it('has mean 0, variance 1 and the fourth moment of a Gaussian', () => {
    const noise = draw(3, 2)
    expect(Math.abs(moment(noise, 1))).toBeLessThan(0.02)
    expect(moment(noise, 2)).toBeCloseTo(1, 1)
    expect(moment(noise, 4)).toBeGreaterThan(2.7)
    expect(moment(noise, 4)).toBeLessThan(3.3)
  })

  it('is correlated between neighbours, as far in millimetres on a fine grid as on a coarse one', () => {
    // A Gaussian kernel of 0.6 mm gives exp(−d²/4·0.6²) at d mm.
    expect(correlation(draw(0, 0, 1, 0.45), 2)).toBeCloseTo(Math.exp(-(0.9 ** 2) / (4 * 0.36)), 1)
    expect(correlation(draw(0, 0, 1, 0.9), 1)).toBeCloseTo(Math.exp(-(0.9 ** 2) / (4 * 0.36)), 1)
    expect(Math.abs(correlation(draw(0, 0), 20))).toBeLessThan(0.02)
    expect(correlation(draw(0, 0), size)).toBeCloseTo(correlation(draw(0, 0), 1), 1)
  })

  it('is independent between frames, slices and seeds, and the same when made again', () => {
    const noise = draw(5, 1)
    const against = (other: Float32Array): number =>
      noise.reduce((sum, value, i) => sum + value * other[i], 0) / noise.length
    for (const other of [draw(6, 1), draw(5, 2), draw(5, 1, 2)]) {
      expect(Math.abs(against(other))).toBeLessThan(0.03)
    }
    expect(draw(5, 1)).toEqual(noise)
  })

  it('is drawn from quantiles of the normal distribution', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963985, 8)
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232306, 8)
    expect(normalQuantiles[0]).toBeCloseTo(-normalQuantiles[65535], 6)
  })

  it('has the asked standard deviation in the images', async () => {
    const options = { size: 64, slices: 1, volumes: 40, kind: 'head', lesion: 'none' } as const
    const still = await makePhantom(phantomOptions({ ...options, noise: 0 }))
    const noisy = await makePhantom(phantomOptions({ ...options, noise: 8 }))
    const [clean, rendered] = [frameRenderer(still), frameRenderer(noisy)]
    let sum = 0
    let count = 0
    for (let frame = 0; frame < 6; frame++) {
      const truth = clean(frame).slice()
      rendered(frame).forEach((value, i) => {
        if (truth[i] < -900) return
        sum += (value - truth[i]) ** 2
        count++
      })
    }
    expect(Math.sqrt(sum / count)).toBeGreaterThan(7.6)
    expect(Math.sqrt(sum / count)).toBeLessThan(8.4)
  })
})

describe('motion', () => {
  it('starts where the truth is and reaches the asked displacement and turn, once', () => {
    const poses = headMotion(45, 3, 1)
    expect(poses[0]).toEqual({ translation: [0, 0, 0], rotation: [0, 0, 0] })
    const largest = (of: 'translation' | 'rotation'): number =>
      Math.max(...poses.map((pose) => Math.hypot(...pose[of])))
    expect(largest('translation')).toBeCloseTo(3, 6)
    expect(largest('rotation')).toBeCloseTo(1.8, 6)
    expect(headMotion(45, 3, 1)).toEqual(poses)
    expect(headMotion(45, 3, 2)).not.toEqual(poses)
  })

  it('has a matrix that is a rotation and brings each voxel from where it came', async () => {
    const phantom = await makePhantom(
      phantomOptions({ size: 64, slices: 2, volumes: 20, motion: 4, planes: 1, points: 1 }),
    )
    const pose = phantom.poses?.[19] ?? { translation: [0, 0, 0], rotation: [0, 0, 0] }
    const matrix = poseMatrix(pose)
    const { start, steps } = sourceIndex(pose, phantom.geometry, phantom.stillGeometry)
    const voxel = [11, 40, 1]
    const source = start.map(
      (value, axis) => value + voxel.reduce((sum, index, step) => sum + index * steps[step][axis], 0),
    ) as [number, number, number]
    const from = voxelToWorld(phantom.stillGeometry, source)
    const moved = matrix
      .slice(0, 3)
      .map((row) => row[0] * from[0] + row[1] * from[1] + row[2] * from[2] + row[3])
    const back = worldToVoxel(phantom.geometry, moved as [number, number, number])
    back.forEach((value, axis) => expect(value).toBeCloseTo(voxel[axis], 6))
    for (const [a, b] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ]) {
      expect(matrix[a].slice(0, 3).reduce((sum, value, i) => sum + value * matrix[b][i], 0)).toBeCloseTo(
        0,
        10,
      )
    }
  })

  it('moves the images and leaves the truth where it was', async () => {
    const request = { size: 64, slices: 2, volumes: 20, noise: 0, planes: 3, points: 2 } as const
    const still = await makePhantom(phantomOptions(request))
    const moving = await makePhantom(phantomOptions({ ...request, motion: 5 }))
    expect(moving.margin).toBe(motionMargin(5, 5))
    expect(moving.voxels.tissue).toEqual(still.voxels.tissue)
    const [a, b] = [frameRenderer(still), frameRenderer(moving)]
    const apart = (frame: number): number => {
      const first = a(frame).slice()
      return b(frame).reduce((sum, value, i) => sum + Math.abs(value - first[i]), 0) / first.length
    }
    expect(apart(0)).toBeLessThan(0.05)
    const farthest = (moving.poses ?? []).reduce(
      (best, pose, frame, poses) =>
        Math.hypot(...pose.translation) > Math.hypot(...poses[best].translation) ? frame : best,
      0,
    )
    expect(apart(farthest)).toBeGreaterThan(10)
  })
})
