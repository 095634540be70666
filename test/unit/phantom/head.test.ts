import { beforeAll, describe, expect, it } from 'vitest'
import {
  frameRenderer,
  lesionLabels,
  makePhantom,
  phantomOptions,
  phantomTruth,
  tissueLabels,
  type Phantom,
  type PhantomTruth,
} from '../../../src-main/engine/phantom'
import { sampleAt } from '../../../src-main/engine/phantom/bolus'
import { voxelToWorld } from '../../../src-main/engine/volume'

const indices = (length: number, wanted: (voxel: number) => boolean): number[] =>
  Array.from({ length }, (_, voxel) => voxel).filter(wanted)
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

describe('the head phantom', () => {
  let phantom: Phantom
  let truth: PhantomTruth
  let length: number
  const labelled = (label: number): number[] => indices(length, (v) => phantom.voxels.tissue[v] === label)

  beforeAll(async () => {
    phantom = await makePhantom(
      phantomOptions({ size: 128, noise: 0, volumes: 40, lesion: 'mca-left:20+40' }),
    )
    truth = phantomTruth(phantom)
    length = phantom.voxels.tissue.length
  })

  it('is a head: scalp around skull around brain, with the volumes of an adult', () => {
    const voxelMl = ((230 / 128) ** 2 * 5) / 1000
    const millilitres = (label: number): number => labelled(label).length * voxelMl
    // 40 mm at the level of the basal ganglia: about 130 × 165 mm of brain, half a litre.
    expect(millilitres(tissueLabels.grey)).toBeGreaterThan(180)
    expect(millilitres(tissueLabels.white)).toBeGreaterThan(180)
    expect(millilitres(tissueLabels.grey) + millilitres(tissueLabels.white)).toBeLessThan(700)
    expect(millilitres(tissueLabels.fluid)).toBeGreaterThan(50)
    expect(millilitres(tissueLabels.skull)).toBeGreaterThan(80)
    expect(millilitres(tissueLabels.scalp)).toBeGreaterThan(60)
    for (let slice = 0; slice < 8; slice++) {
      const along = Array.from({ length: 128 }, (_, i) => phantom.voxels.tissue[(slice * 128 + 64) * 128 + i])
      const runs = along.filter((label, i) => label !== along[i - 1])
      expect(runs.slice(0, 3)).toEqual([tissueLabels.air, tissueLabels.scalp, tissueLabels.skull])
      expect(runs.slice(-3)).toEqual([tissueLabels.skull, tissueLabels.scalp, tissueLabels.air])
    }
  })

  it('has the densities of CT: fluid below white below grey matter, bone above 500 HU', () => {
    const density = (label: number): number => mean(labelled(label).map((v) => phantom.voxels.baseline[v]))
    expect(density(tissueLabels.grey)).toBeGreaterThan(density(tissueLabels.white) + 3)
    expect(density(tissueLabels.white)).toBeGreaterThan(25)
    expect(density(tissueLabels.fluid)).toBeLessThan(25)
    expect(density(tissueLabels.skull)).toBeGreaterThan(500)
    expect(density(tissueLabels.air)).toBeLessThan(-900)
  })

  it('has normal perfusion where it is healthy', () => {
    const healthy = (label: number): number[] =>
      labelled(label).filter((v) => truth.mask[v] === 1 && phantom.voxels.lesion[v] === lesionLabels.none)
    for (const [label, cbf, cbv] of [
      [tissueLabels.grey, 53, 3.3],
      [tissueLabels.white, 25, 1.9],
    ]) {
      expect(mean(healthy(label).map((v) => truth.maps.cbf[v])) / cbf).toBeCloseTo(1, 1)
      expect(mean(healthy(label).map((v) => truth.maps.cbv[v])) / cbv).toBeCloseTo(1, 1)
    }
    const delays = [...healthy(tissueLabels.grey), ...healthy(tissueLabels.white)].map(
      (v) => truth.maps.delay[v],
    )
    expect(delays.reduce((a, b) => Math.min(a, b))).toBeGreaterThan(0)
    expect(delays.reduce((a, b) => Math.max(a, b))).toBeLessThan(2)
  })

  it('obeys the central volume theorem in every voxel', () => {
    const { cbf, mtt, cbv } = truth.maps
    expect(indices(length, (v) => Math.abs(cbf[v] * mtt[v] - 60 * cbv[v]) > 1e-3)).toEqual([])
  })

  it('has a lesion of the asked volume, on the asked side', () => {
    const voxelMl = ((230 / 128) ** 2 * 5) / 1000
    expect(Math.abs(truth.lesion.coreMl - 20)).toBeLessThan(voxelMl)
    expect(Math.abs(truth.lesion.penumbraMl - 40)).toBeLessThan(voxelMl)
    // Left of the patient: L of LPS is positive.
    for (const v of indices(length, (voxel) => phantom.voxels.lesion[voxel] > 0)) {
      expect(voxelToWorld(phantom.geometry, [v % 128, Math.floor(v / 128) % 128, 0])[0]).toBeGreaterThan(10)
    }
  })

  it('has a core and a penumbra that the usual thresholds part', () => {
    const inside = (label: number): number[] =>
      indices(length, (v) => phantom.voxels.lesion[v] === label && truth.mask[v] === 1)
    const healthyFlow = mean(
      indices(length, (v) => truth.mask[v] === 1 && phantom.voxels.lesion[v] === 0).map(
        (v) => truth.maps.cbf[v],
      ),
    )
    const { cbf, tmax, delay } = truth.maps
    const threshold = 0.3 * healthyFlow
    expect(inside(lesionLabels.core).filter((v) => !(cbf[v] < threshold && tmax[v] > 6))).toEqual([])
    expect(
      inside(lesionLabels.penumbra).filter((v) => !(cbf[v] > threshold && tmax[v] > 6 && delay[v] > 3)),
    ).toEqual([])
    expect(inside(lesionLabels.none).filter((v) => !(cbf[v] > threshold && tmax[v] < 6))).toEqual([])
  })

  it('keeps vessels, fluid and bone out of the mask', () => {
    const { tissue, artery, vein } = phantom.voxels
    const tissues: number[] = [tissueLabels.grey, tissueLabels.white]
    const masked = indices(length, (v) => truth.mask[v] === 1)
    expect(masked.length).toBeGreaterThan(20_000)
    expect(masked.filter((v) => !tissues.includes(tissue[v]) || artery[v] + vein[v] > 0.01)).toEqual([])
    expect(labelled(tissueLabels.fluid).filter((v) => truth.maps.cbf[v] !== 0)).toEqual([])
  })

  it('shows arteries with partial volume and one great vein that is pure', () => {
    const shares = labelled(tissueLabels.artery).map((v) => phantom.voxels.artery[v])
    expect(shares.length).toBeGreaterThan(100)
    expect(shares.some((share) => share < 0.6)).toBe(true)
    expect(phantom.voxels.vein.some((share) => share > 0.99)).toBe(true)
    const vof = indices(length, (v) => truth.vof[v] === 1)
    const places = vof.map((v) => voxelToWorld(phantom.geometry, [v % 128, (v >> 7) % 128, v >> 14]))
    // Sinuses lie at the back; above the torcula only in the midline.
    expect(places.filter(([, p]) => p < 20)).toEqual([])
    expect(places.filter(([l, , s]) => s > 0 && Math.abs(l) > 8)).toEqual([])
    expect(places.filter(([, , s]) => s > 0).length).toBeGreaterThan(20)
  })

  it('has no middle cerebral artery beyond the clot, and one on the other side', () => {
    const lateral = labelled(tissueLabels.artery).map(
      (v) => voxelToWorld(phantom.geometry, [v % 128, 0, 0])[0],
    )
    expect(lateral.filter((l) => l < -30).length).toBeGreaterThan(30)
    expect(lateral.filter((l) => l > 30)).toEqual([])
  })

  it('renders each voxel as baseline, tissue and vessel at the time of its slice', () => {
    const render = frameRenderer(phantom)
    const images = [0, 12, 16, 22].map((frame) => ({ t: frame, image: render(frame).slice() }))
    const { baseline, cbv, mtt, delay, artery, vein } = phantom.voxels
    const { area, step, curve } = phantom.arterial
    for (const v of indices(length, (voxel) => voxel % 37 === 0 && truth.brain[voxel] === 1)) {
      for (const { t, image } of images) {
        const x = t - delay[v]
        const box = mtt[v] ? (sampleAt(area, step, x) - sampleAt(area, step, x - mtt[v])) / mtt[v] : 0
        const expected =
          baseline[v] +
          (1 - artery[v] - vein[v]) * (cbv[v] / 69.84) * box +
          artery[v] * sampleAt(curve, step, t) +
          vein[v] * sampleAt(phantom.venous.curve, step, t)
        expect(Math.abs(image[v] - expected)).toBeLessThan(0.52)
      }
    }
  })

  it('enhances nothing before the bolus, and grey matter by what CT perfusion shows', () => {
    const render = frameRenderer(phantom)
    const before = render(0).slice()
    expect(Array.from(render(7))).toEqual(Array.from(before))
    const image = render(15)
    const grey = indices(length, (v) => phantom.voxels.tissue[v] === tissueLabels.grey && truth.mask[v] === 1)
    const rise = mean(grey.filter((v) => phantom.voxels.lesion[v] === 0).map((v) => image[v] - before[v]))
    expect(rise).toBeGreaterThan(8)
    expect(rise).toBeLessThan(20)
  })
})

describe('the lesion option', () => {
  const make = (lesion: string, slices = 4): Promise<Phantom> =>
    makePhantom(phantomOptions({ size: 64, slices, volumes: 2, lesion }))

  it('none leaves a healthy brain', async () => {
    const phantom = await make('none')
    expect(phantomTruth(phantom).lesion).toEqual({ coreMl: 0, penumbraMl: 0 })
    expect(Math.min(...phantom.voxels.cbf.filter((cbf) => cbf > 0))).toBeGreaterThan(20)
  })

  it.each([
    ['mca-right', -1],
    ['aca-left', 1],
    ['pca-right', -1],
  ])('%s lies on its side, in a size that suits the slab', async (lesion, side) => {
    const phantom = await make(lesion)
    const { coreMl, penumbraMl } = phantomTruth(phantom).lesion
    expect(coreMl).toBeGreaterThan(1)
    expect(penumbraMl).toBeGreaterThan(coreMl)
    phantom.voxels.lesion.forEach((label, v) => {
      if (label) expect(Math.sign(voxelToWorld(phantom.geometry, [v % 64, 0, 0])[0])).toBe(side)
    })
  })

  it('takes a penumbra without a core, and a core without a penumbra', async () => {
    const { coreMl, penumbraMl } = phantomTruth(await make('mca-left:0+12')).lesion
    expect([coreMl, Math.round(penumbraMl)]).toEqual([0, 12])
    const core = phantomTruth(await make('mca-left:7+0')).lesion
    expect([Math.round(core.coreMl), core.penumbraMl]).toEqual([7, 0])
  })

  it('refuses more than the slices hold, and says how much they do', async () => {
    await expect(make('mca-left:100+400', 1)).rejects.toMatchObject({ code: 'usage', where: 'lesion' })
    await expect(make('mca-left:100+400', 1)).rejects.toThrow(/hold \d+ ml of tissue of mca-left/)
  })
})
