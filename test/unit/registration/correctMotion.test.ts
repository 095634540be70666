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
const drawn = { planes: 3, points: 1 } as const
const moving = { ...drawn, size: 128, slices: 6, volumes: 24, interval: 2, noise: 4, motion: 3.4 } as const

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
    expect(found.frames.every(({ uncertaintyMm = 0 }) => uncertaintyMm < 1)).toBe(true)
  })

  it('keeps the frame that all others are brought to, and the times of all, bit for bit', () => {
    expect(found.frames[0]).toMatchObject({ displacementMm: 0, state: 'kept' })
    expect(frameOf(found.series, 0)).toEqual(frameOf(head.series, 0))
    expect(found.series.times).toEqual(head.series.times)
    expect(found.leftOut).toEqual([])
  })

  it('gives times nearly as true as those of a still head, where the moving head’s are useless', async () => {
    const still = await headOf({ ...moving, motion: 0 })
    const ofStill = await meanErrors(still, still.series)
    const ofMoving = await meanErrors(still, head.series)
    const ofCorrected = await meanErrors(still, found.series)
    for (const name of ['tmax', 'delay', 'mtt'] as const) {
      expect(ofCorrected[name]).toBeLessThan(1.15 * ofStill[name])
    }
    expect(ofMoving.tmax).toBeGreaterThan(5 * ofStill.tmax)
    expect(ofMoving.delay).toBeGreaterThan(5 * ofStill.delay)
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

describe('an MR head that moves', () => {
  it('is followed although the contrast darkens it', async () => {
    const head = await headOf({ ...moving, modality: 'mr', slices: 8, volumes: 12 })
    const found = await correctMotion(head.series, settings)
    const residuals = found.frames.map((frame) => residualOf(head, found.slabs, frame))
    expect(Math.max(...residuals.map(({ millimetres }) => millimetres))).toBeLessThan(0.3)
    expect(Math.max(...residuals.map(({ degrees }) => degrees))).toBeLessThan(0.2)
  })
})

describe('scanned in two places by turns', () => {
  it('is followed in each place by itself, at the vertex as well, where the skull slopes', async () => {
    const head = await headOf({ ...moving, slices: 16, volumes: 8, shuttle: true })
    const found = await correctMotion(head.series, settings)
    expect(found.slabs).toEqual([
      [0, 7],
      [8, 15],
    ])
    const residuals = found.frames.map((frame) => residualOf(head, found.slabs, frame))
    expect(Math.max(...residuals.map(({ millimetres }) => millimetres))).toBeLessThan(0.3)
    expect(Math.max(...residuals.map(({ degrees }) => degrees))).toBeLessThan(0.2)
  })
})

describe('bad input', () => {
  it('leaves out frames that do not show the head, says which and why, and keeps the times of the others', async () => {
    const { series } = await headOf({ ...moving, size: 64 })
    const spoilt = series.voxels.slice() as Int16Array
    const length = spoilt.length / series.frames
    spoilt.fill(-1024, 5 * length, 6 * length)
    const half = Math.floor(length / 2)
    // The head turns round within the frame.
    spoilt.set(series.voxels.slice(9 * length, 9 * length + half).reverse() as Int16Array, 9 * length)
    const found = await correctMotion({ ...series, voxels: spoilt }, settings)
    expect(found.leftOut).toEqual([5, 9])
    expect(found.series.frames).toBe(22)
    const slices = series.geometry.size[2]
    expect(found.series.times[5 * slices]).toBe(series.times[6 * slices])
    expect(found.frames[5]).toMatchObject({ state: 'leftOut', reason: expect.stringMatching(/./) })
    expect(found.warnings[0]).toMatchObject({ code: 'frames-left-out' })
    expect(found.warnings[0].message).toMatch(/Frames 6, 10 were left out of 24/)
  })

  it('says so, and changes nothing, where the motion is beyond correction', async () => {
    const { series } = await headOf({ ...moving, size: 64, volumes: 12 })
    const spoilt = series.voxels.slice() as Int16Array
    const length = spoilt.length / series.frames
    for (let frame = 1; frame < 9; frame++) spoilt.subarray(frame * length, (frame + 1) * length).reverse()
    for (let frame = 1; frame < 9; frame += 2) spoilt.fill(0, frame * length, (frame + 1) * length)
    const found = await correctMotion({ ...series, voxels: spoilt }, settings)
    expect(found.series.frames).toBe(12)
    expect(found.leftOut).toEqual([])
    expect(found.warnings.map(({ code }) => code)).toContain('motion-beyond-correction')
  })

  it.runIf(process.env.UMBRA_LONG)('follows a head far from its place', async () => {
    const head = await headOf({ ...moving, size: 96, volumes: 10, slices: 10, motion: 14 })
    const found = await correctMotion(head.series, settings)
    const far = found.frames.filter(({ displacementMm }) => displacementMm > 8)
    expect(far.length).toBeGreaterThan(0)
    const residuals = far.map((frame) => residualOf(head, found.slabs, frame).displacement)
    expect(Math.max(...residuals)).toBeLessThan(0.5)
  })

  it('follows one slice, and two, within their plane', async () => {
    for (const slices of [1, 2]) {
      const { series } = await headOf({ ...moving, slices, volumes: 10, motion: 0 })
      const shifted = series.voxels.slice() as Int16Array
      const [nx] = series.geometry.size
      const length = shifted.length / series.frames
      // Two pixels to the patient’s left from the third frame on.
      for (let at = shifted.length - 1; at >= 2 * length; at--) {
        shifted[at] = at % nx >= 2 ? series.voxels[at - 2] : -1000
      }
      const found = await correctMotion({ ...series, voxels: shifted }, settings)
      const { translation, rotation } = found.frames[7]
      expect(translation[0]).toBeCloseTo(2 * series.geometry.spacing[0], 2)
      expect(translation[2]).toBeCloseTo(0, 9)
      expect(Math.hypot(...rotation)).toBeLessThan(0.02)
    }
  })

  it('follows half a head', async () => {
    const head = await headOf({ ...moving, size: 96, volumes: 12 })
    const [nx] = head.series.geometry.size
    const half = head.series.voxels.map((value, at) => (at % nx < nx / 2 ? value : -1000)) as Int16Array
    const found = await correctMotion({ ...head.series, voxels: half }, settings)
    const residuals = found.frames.map((frame) => residualOf(head, found.slabs, frame).displacement)
    expect(found.leftOut).toEqual([])
    expect(Math.max(...residuals)).toBeLessThan(0.5)
  })

  it('changes nothing where there is no head at all', async () => {
    const { series } = await headOf({ ...moving, size: 64, volumes: 10 })
    const empty = new Int16Array(series.voxels.length).fill(-1000)
    const found = await correctMotion({ ...series, voxels: empty }, settings)
    expect(found.warnings.map(({ code }) => code)).toEqual(['motion-not-seen'])
    expect(found.series.frames).toBe(10)
  })

  it('puts another frame in the place of a first one that is empty, and says so', async () => {
    const { series } = await headOf({ ...moving, size: 64, volumes: 12 })
    const spoilt = series.voxels.slice() as Int16Array
    spoilt.fill(-1024, 0, spoilt.length / series.frames)
    const found = await correctMotion({ ...series, voxels: spoilt }, settings)
    expect(found.leftOut).toEqual([0])
    expect(found.reference).not.toBe(0)
    const [warning] = found.warnings
    expect(warning).toMatchObject({ code: 'reference-replaced' })
    expect(warning.message).toMatch(/^Frame 1, the reference .* is empty or damaged: frame \d+ was/)
  })

  it('names the frame where the reference that was chosen is empty or damaged', async () => {
    const { series } = await headOf({ ...moving, size: 64, volumes: 10 })
    const length = series.voxels.length / series.frames
    const empty = series.voxels.slice().fill(-1024, 4 * length, 5 * length)
    const shuffled = series.voxels.slice()
    shuffled.subarray(4 * length, 5 * length).reverse()
    for (const voxels of [empty, shuffled]) {
      const asked = correctMotion({ ...series, voxels } as VolumeSeries, { ...settings, reference: 4 })
      const problem: unknown = await asked.catch((thrown: unknown) => thrown)
      expect(problem).toMatchObject({
        code: 'reference-damaged',
        message: expect.stringMatching(/^Frame 5, the reference/),
        hint: expect.stringMatching(/another frame/),
      })
    }
  })

  it('says of a ball that its turns cannot be known, noise or none', async () => {
    const { series } = await headOf({ ...moving, size: 64, slices: 4, volumes: 10 })
    const [nx, ny, nz] = series.geometry.size
    const middle = (count: number): number => (count - 1) / 2
    const [dx, dy] = series.geometry.spacing
    const voxels = series.voxels.map((_, at) => {
      const x = ((at % nx) - middle(nx)) * dx
      const y = ((Math.floor(at / nx) % ny) - middle(ny)) * dy
      const z = ((Math.floor(at / (nx * ny)) % nz) - middle(nz)) * 5
      const radius = Math.hypot(x, y, z)
      return radius < 70 ? 40 : radius < 76 ? 1000 : -1000
    }) as Int16Array
    const found = await correctMotion({ ...series, voxels, slope: 1, intercept: 0 }, settings)
    expect(found.frames[5].uncertaintyMm).toBe(99)
    expect(found.warnings.map(({ code }) => code)).toContain('motion-uncertain')
  })

  it('refuses a reference that the series does not have', async () => {
    const { series } = await headOf({ ...moving, size: 64, volumes: 10 })
    const wrong = { ...settings, reference: 10 }
    await expect(correctMotion(series, wrong)).rejects.toMatchObject({ code: 'no-such-frame' })
  })

  it('stops when it is cancelled', async () => {
    const { series } = await headOf({ ...moving, size: 64, volumes: 20 })
    const abort = new AbortController()
    const run = { signal: abort.signal, onProgress: () => abort.abort() }
    await expect(correctMotion(series, settings, run)).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('frames that a person leaves out', () => {
  const leaveOut = [3, 4, 7]

  it('are missing from the series, corrected or not, and named as they are counted on the screen', async () => {
    const { series } = await headOf({ ...moving, size: 64, volumes: 12 })
    for (const enabled of [true, false]) {
      const found = await correctMotion(series, { ...settings, enabled, leaveOut })
      expect(found.leftOut).toEqual(leaveOut)
      expect(found.series.frames).toBe(9)
      const slices = series.geometry.size[2]
      expect(found.series.times[3 * slices]).toBe(series.times[5 * slices])
      expect(found.frames.filter(({ byHand }) => byHand).map(({ frame }) => frame)).toEqual(leaveOut)
      expect(found.warnings[0].message).toBe('Frames 4-5, 8 were left out by hand.')
    }
  })

  it('are none to bring others to: the next one that is used is', async () => {
    const { series } = await headOf({ ...moving, size: 64, volumes: 12 })
    const found = await correctMotion(series, { ...settings, leaveOut: [1, 0] })
    expect(found.reference).toBe(2)
    expect(found.frames.find(({ frame }) => frame === 2)).toMatchObject({ displacementMm: 0, state: 'kept' })
    expect(found.warnings.map(({ code }) => code)).toContain('reference-left-out')
  })

  it('are frames of the series, and half of it at most', async () => {
    const { series } = await headOf({ ...moving, size: 64, volumes: 10 })
    const refused = (frames: number[]): Promise<unknown> =>
      correctMotion(series, { ...settings, leaveOut: frames }).catch((thrown: unknown) => thrown)
    expect(await refused([10])).toMatchObject({
      code: 'no-such-frame',
      message: expect.stringMatching(/Frame 11/),
    })
    const half = await refused([0, 1, 2, 3, 4, 5])
    expect(half).toMatchObject({ code: 'too-many-left-out', message: expect.stringMatching(/6 of 10/) })
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
