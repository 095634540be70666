import { beforeAll, describe, expect, it } from 'vitest'
import {
  mapNames,
  motionSettingsSchema,
  perfusionSettingsSchema,
  type MapName,
} from '../../../src-main/contract'
import { computePerfusion } from '../../../src-main/engine/perfusion'
import { phantomTruth } from '../../../src-main/engine/phantom'
import { correctMotion, type MotionCorrection } from '../../../src-main/engine/registration'
import { frameOf, type VolumeSeries } from '../../../src-main/engine/volume'
import { headOf, residualOf, type Head } from './headOf'

const settings = motionSettingsSchema.parse({})
/** A head that shifts by up to 3.4 mm and turns by up to 2.04°. */
const moving = { size: 128, slices: 6, volumes: 24, interval: 2, noise: 4, motion: 3.4 } as const

describe('a head that moves by 3 mm and 2°', () => {
  let head: Head
  let found: MotionCorrection
  beforeAll(async () => {
    head = await headOf(moving)
    found = await correctMotion(head.series, settings)
  })

  it('is followed to less than 0.3 mm and 0.2° in every frame', () => {
    const residuals = found.frames.map((frame) => residualOf(head, found.slabs, frame))
    expect(found.frames).toHaveLength(24)
    expect(Math.max(...found.frames.map(({ displacementMm }) => displacementMm))).toBeGreaterThan(3)
    expect(Math.max(...residuals.map(({ millimetres }) => millimetres))).toBeLessThan(0.3)
    expect(Math.max(...residuals.map(({ degrees }) => degrees))).toBeLessThan(0.2)
  })

  it('keeps the frame that all others are brought to, and the times of all, bit for bit', () => {
    expect(found.frames[0]).toMatchObject({ displacementMm: 0, state: 'kept' })
    expect(frameOf(found.series, 0)).toEqual(frameOf(head.series, 0))
    expect(found.series.times).toEqual(head.series.times)
    expect(found.leftOut).toEqual([])
  })

  it('gives maps nearly as true as those of a still head, where the moving head’s are far off', async () => {
    const still = await headOf({ ...moving, motion: 0 })
    const [ofStill, ofMoving, ofCorrected] = [
      await meanErrors(still, still.series),
      await meanErrors(still, head.series),
      await meanErrors(still, found.series),
    ]
    for (const name of ['cbf', 'cbv'] as const) {
      expect(ofMoving[name]).toBeGreaterThan(1.5 * ofStill[name])
      expect(ofCorrected[name]).toBeLessThan(ofStill[name] + 0.25 * (ofMoving[name] - ofStill[name]))
    }
  })
})

describe('a head that lies still', () => {
  it('keeps every voxel of every frame, whatever the bolus does', async () => {
    const { series } = await headOf({ ...moving, motion: 0 })
    const found = await correctMotion(series, settings)
    expect(found.series.voxels).toBe(series.voxels)
    expect(found.frames.every(({ state, displacementMm }) => state === 'kept' && displacementMm < 0.03)).toBe(
      true,
    )
  })
})

/** Mean absolute error of every map over the tissue whose neighbours are of the same kind. */
async function meanErrors({ phantom }: Head, series: VolumeSeries): Promise<Record<MapName, number>> {
  const truth = phantomTruth(phantom)
  const { tissue, lesion } = phantom.voxels
  const [nx, ny] = phantom.geometry.size
  const result = await computePerfusion(series, perfusionSettingsSchema.parse({ method: 'csvd' }))
  const near = [-1, 1, -nx, nx, -nx * ny, nx * ny]
  const inner = Array.from(truth.mask.keys()).filter(
    (voxel) =>
      truth.mask[voxel] &&
      result.mask[voxel] &&
      near.every(
        (step) =>
          (tissue[voxel + step] ?? tissue[voxel]) === tissue[voxel] &&
          (lesion[voxel + step] ?? lesion[voxel]) === lesion[voxel],
      ),
  )
  return Object.fromEntries(
    mapNames.map((name) => [
      name,
      inner.reduce((sum, voxel) => sum + Math.abs(result.maps[name][voxel] - truth.maps[name][voxel]), 0) /
        inner.length,
    ]),
  ) as Record<MapName, number>
}
