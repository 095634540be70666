import { describe, expect, it } from 'vitest'
import type { Vec3 } from '../../../src-main/contract'
import { alignSeries, resampleOnto } from '../../../src-main/engine/registration'
import {
  apply,
  compose,
  displacement,
  inverse,
  rotate,
  rotationOf,
  type Rigid,
} from '../../../src-main/engine/registration/rigid'
import type { VolumeSeries } from '../../../src-main/engine/volume'
import { headOf } from './headOf'

const anatomy = { size: 96, noise: 3, volumes: 1, lesion: 'none' } as const

/** The series as it would be filed after the patient has moved. */
function moved(series: VolumeSeries, motion: Rigid): VolumeSeries {
  const { geometry } = series
  const [x, y, z] = geometry.direction.map((axis) => rotate(motion.rotation, axis)) as [Vec3, Vec3, Vec3]
  return {
    ...series,
    kind: 'volume',
    geometry: { ...geometry, origin: apply(motion, geometry.origin), direction: [x, y, z] },
  }
}

describe('an MR series of the same head', () => {
  it('is found where it lies, turned and shifted, by a thin CT slab', async () => {
    const { series: slab } = await headOf({ ...anatomy, slices: 8 })
    const { series: whole } = await headOf({ ...anatomy, slices: 24, modality: 'mr' })
    const truth: Rigid = { rotation: rotationOf([4, -3, 9]), translation: [11, -7, 16], centre: [0, 0, 0] }
    const other = moved(whole, truth)
    const { motion, similarity, similarityBefore, warnings } = await alignSeries(slab, other)
    const at = motion.centre
    const place = apply(truth, at)
    const expected: Rigid = {
      rotation: truth.rotation,
      translation: [place[0] - at[0], place[1] - at[1], place[2] - at[2]],
      centre: at,
    }
    expect(displacement(compose(motion, inverse(expected)))).toBeLessThan(1.5)
    expect(similarity).toBeGreaterThan(similarityBefore)
    expect(warnings).toEqual([])
    const onGrid = resampleOnto(slab, other, motion)
    expect(onGrid).toHaveLength(96 * 96 * 8)
  })

  it('is refused where a single slice cannot say where it lies', async () => {
    const { series } = await headOf({ ...anatomy, slices: 4 })
    const { series: slice } = await headOf({ ...anatomy, slices: 1, modality: 'mr' })
    await expect(alignSeries(series, slice)).rejects.toMatchObject({ code: 'not-comparable' })
  })
})
