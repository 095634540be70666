import { describe, expect, it } from 'vitest'
import { motionSettingsSchema } from '../../../src-main/contract'
import { gradeMotion } from '../../../src-main/engine/quality/images'
import { judgeFrames } from '../../../src-main/engine/registration/judge'
import { furthestAlong, identityMotion, rotationOf } from '../../../src-main/engine/registration/rigid'
import type { VolumeSeries } from '../../../src-main/engine/volume'

const frames = 12
const series: VolumeSeries = {
  kind: 'ct-perfusion',
  unit: 'HU',
  geometry: {
    size: [32, 32, 4],
    spacing: [7, 7, 5],
    origin: [0, 0, 0],
    direction: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  },
  frames,
  times: Float64Array.from({ length: frames * 4 }, (_, at) => Math.floor(at / 4)),
  voxels: new Int16Array(32 * 32 * 4 * frames),
  slope: 1,
  intercept: 0,
  description: '',
  warnings: [],
} as unknown as VolumeSeries
const settings = motionSettingsSchema.parse({})

function judged(uncertainties: number[], differences = new Array<number>(frames).fill(0.01)) {
  const slab: [number, number] = [0, 3]
  const motions = Array.from({ length: frames }, () => identityMotion([0, 0, 0]))
  const found = { slab, motions, differences, uncertainties, tolerance: 0.1, searched: 0 }
  return judgeFrames(series, [slab], [found], settings)
}

describe('a place of the head that is not well determined', () => {
  const uncertainties = new Array<number>(frames).fill(0.2)

  it('is said, with the slices and how far it may be off, and graded', () => {
    const { frames: places, warnings } = judged(
      uncertainties.map((value, frame) => (frame === 7 ? 1.8 : value)),
    )
    expect(warnings.map(({ code }) => code)).toEqual(['motion-uncertain'])
    expect(warnings[0].message).toMatch(/Slices 1 to 4.*may be off by 1\.8 mm/)
    expect(gradeMotion(series, places)).toMatchObject({ grade: 'amber' })
  })

  it('is red where the images say nothing about some direction', () => {
    const { frames: places, warnings } = judged(new Array<number>(frames).fill(Infinity))
    expect(warnings[0].message).toMatch(/by any amount in some direction/)
    expect(gradeMotion(series, places)).toMatchObject({ grade: 'red' })
  })

  it('is not said of a head that is seen well', () => {
    const { frames: places, warnings } = judged(uncertainties)
    expect(warnings).toEqual([])
    expect(gradeMotion(series, places)).toMatchObject({ grade: 'green' })
  })
})

describe('motion beyond correction', () => {
  it('is red, although no frame was left out', () => {
    const { frames: places, leftOut } = judged(
      new Array<number>(frames).fill(0.2),
      Array.from({ length: frames }, (_, frame) => (frame < 8 ? 0.01 : 0.95)),
    )
    expect(leftOut).toEqual([])
    const line = gradeMotion(series, places)
    expect(line.grade).toBe('red')
    expect(line.reason).toMatch(/4 of 12 frames .* beyond correction/)
  })
})

describe('a head that nods', () => {
  it('goes through the slices by its turn, 80 mm from the centre, and by its shift', () => {
    const nod = { rotation: rotationOf([2, 0, 0]), translation: [0, 5, -1] as [number, number, number] }
    expect(furthestAlong(nod, [0, 0, 1])).toBeCloseTo(1 + 80 * Math.sin(Math.PI / 90), 9)
    const turn = { rotation: rotationOf([0, 0, 30]), translation: [3, 5, 0] as [number, number, number] }
    expect(furthestAlong(turn, [0, 0, 1])).toBeCloseTo(0, 6)
  })
})
