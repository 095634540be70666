import { beforeAll, describe, expect, it } from 'vitest'
import {
  perfusionSettingsSchema,
  qualityChecks,
  qualityStatement,
  UmbraError,
  usualRule,
  type MapName,
  type QualityCheck,
  type QualityLine,
} from '@contract'
import { LEFT, sidesOf } from '../../../src-main/engine/masks'
import {
  makePhantom,
  phantomOptions,
  phantomSeries,
  type PhantomRequest,
} from '../../../src-main/engine/phantom'
import { computePerfusion, type PerfusionMaps } from '../../../src-main/engine/perfusion'
import {
  gradeBesideNetwork,
  gradeNetwork,
  gradeStudy,
  tissueNoise,
  type StudyToGrade,
} from '../../../src-main/engine/quality'
import { assessTissueAtRisk } from '../../../src-main/engine/tissueAtRisk'
import { frameOf, type VolumeSeries } from '../../../src-main/engine/volume'

const request: PhantomRequest = { size: 96, slices: 8, volumes: 40, interval: 1.2, noise: 4, seed: 2 }

async function seriesOf(change: PhantomRequest = {}): Promise<VolumeSeries> {
  return phantomSeries(await makePhantom(phantomOptions({ ...request, ...change })))
}
const mapsOf = (series: VolumeSeries): Promise<PerfusionMaps> =>
  computePerfusion(series, perfusionSettingsSchema.parse({}))

let series: VolumeSeries
let maps: PerfusionMaps
beforeAll(async () => {
  series = await seriesOf()
  maps = await mapsOf(series)
})

function line(check: QualityCheck, change: Partial<StudyToGrade> = {}): QualityLine {
  const found = gradeStudy({ series, maps, ...change }).find((one) => one.check === check)
  if (!found) throw new Error(`There is no line for ${check}`)
  return found
}
const copied = (): VolumeSeries => ({ ...series, voxels: Int16Array.from(series.voxels) })

describe('a good study', () => {
  it('has a green line for each check, with a reason', () => {
    const lines = gradeStudy({ series, maps })
    expect(lines.map(({ check }) => check)).toEqual(qualityChecks.filter((check) => check !== 'network'))
    expect(lines.filter(({ grade }) => grade !== 'green')).toEqual([])
    for (const { reason, remedy } of lines) {
      expect(reason).not.toBe('')
      expect(remedy).toBe('')
    }
    expect(qualityStatement(lines)).toBe('All checks of quality are passed.')
  })
  it('measures the noise that the phantom has', () => {
    expect(line('noise').value).toBeGreaterThan(3.4)
    expect(line('noise').value).toBeLessThan(4.6)
  })
  it('is asked for the noise it had before a filter took it out of the images', () => {
    expect(tissueNoise(series)).toBeGreaterThan(3.4)
    expect(tissueNoise(series)).toBeLessThan(4.6)
    expect(line('noise', { unfilteredNoise: 26 })).toMatchObject({ grade: 'red', value: 26 })
    expect(line('noise', { unfilteredNoise: null }).value).toBe(line('noise').value)
  })
})

describe('a bad study says what is wrong and what to do', () => {
  const expectBad = (found: QualityLine, grade: 'amber' | 'red', words: RegExp): void => {
    expect(found.grade, found.reason).toBe(grade)
    expect(found.reason).toMatch(words)
    expect(found.remedy).not.toBe('')
  }

  it('20 time points, so truncated', async () => {
    const short = await seriesOf({ volumes: 20, interval: 1 })
    const lines = gradeStudy({ series: short, maps: await mapsOf(short) })
    const of = (check: QualityCheck) => lines.find((one) => one.check === check) as QualityLine
    expectBad(of('timing'), 'amber', /20 time points/)
    expectBad(of('truncation'), 'red', /Only 1\d s/)
    expect(qualityStatement(lines)).toMatch(/^Not reliable: .*truncation/)
  })
  it('a head that moves', async () => {
    const moving = await seriesOf({ motion: 6 })
    expectBad(line('motion', { series: moving }), 'red', /moves by about/)
    const frames = Array.from({ length: 40 }, (_, frame) => ({
      frame,
      displacementMm: frame === 7 ? 14 : 1,
      state: frame === 7 ? ('leftOut' as const) : ('corrected' as const),
    }))
    expectBad(line('motion', { motion: frames }), 'amber', /1 of 40 frames could not be corrected/)
  })
  it('a bolus cut off at the top', () => {
    const cut = copied()
    const limit = 150
    cut.voxels.forEach((value, i) => (cut.voxels[i] = Math.min(value, limit)))
    expectBad(line('clipping', { series: cut }), 'red', /cut off at the top/)
  })
  it('metal', () => {
    const metal = copied()
    const [nx, ny, nz] = metal.geometry.size
    for (let frame = 0; frame < metal.frames; frame++) {
      for (let i = 0; i < 400; i++) metal.voxels[frame * nx * ny * nz + nx * 40 + i] = 3071
    }
    expectBad(line('clipping', { series: metal }), 'red', /ml of metal/)
  })
  it('empty images and frames that repeat', () => {
    const [nx, ny] = series.geometry.size
    const holes = copied()
    frameOf(holes, 11).fill(0)
    expectBad(line('missingData', { series: holes }), 'red', /8 of 320 images are empty/)
    const repeats = copied()
    frameOf(repeats, 20)
      .subarray(0, nx * ny)
      .set(frameOf(repeats, 19).subarray(0, nx * ny))
    expectBad(line('missingData', { series: repeats }), 'amber', /1 images repeat/)
    const told = { ...series, warnings: ['The slices are not evenly spaced (5 to 10 mm); 5.00 mm is used.'] }
    expectBad(line('missingData', { series: told }), 'amber', /not evenly spaced/)
  })
  it('a time point that lacks, unless it was left out on purpose', () => {
    const slices = series.geometry.size[2]
    const late = series.times.map((time, at) => (at < 18 * slices ? time : time + 1))
    const gap = { series: { ...series, times: late } }
    expectBad(line('missingData', gap), 'amber', /pass between time points 18 and 19, .* images are missing/)
    const motion = [{ frame: 18, displacementMm: 40, state: 'leftOut' as const }]
    expect(line('missingData', { ...gap, motion }).grade).toBe('green')
  })
  it('but not a phantom without noise, whose images repeat until the bolus comes', async () => {
    const still = await seriesOf({ noise: 0 })
    expect(line('missingData', { series: still }).grade).toBe('green')
  })
  it('half a brain: no confident volume', () => {
    const sides = sidesOf(maps.geometry, { point: [0, 0, 0], normal: [1, 0, 0] })
    const half = { ...maps, mask: maps.mask.map((inside, i) => (sides[i] === LEFT ? inside : 0)) }
    expectBad(line('coverage', { maps: half }), 'red', /one hemisphere is missing/)
    expectBad(line('symmetry', { maps: half }), 'amber', /No plane of symmetry/)
  })
  it('a piece of the skull missing: what lies outside may be counted as brain', () => {
    const open = copied()
    const [nx, ny] = series.geometry.size
    const first = frameOf(series, 0)
    const tissue = (30 - series.intercept) / series.slope
    for (let i = 0; i < first.length; i++) {
      const anteriorLeft = i % nx > nx / 2 && Math.floor(i / nx) % ny < ny / 2
      if (!anteriorLeft || first[i] * series.slope + series.intercept < 250) continue
      for (let at = i; at < open.voxels.length; at += first.length) open.voxels[at] = tissue
    }
    expectBad(line('coverage', { series: open }), 'red', /No bone covers \d+ % of the outline/)
  })
  it('a head that jumps further than correction was tried on', () => {
    const motion = Array.from({ length: series.frames }, (_, frame) => ({
      frame,
      displacementMm: frame === 20 ? 40 : 1,
      state: 'corrected' as const,
    }))
    expectBad(line('motion', { motion }), 'red', /moved by up to 40\.0 mm/)
    const out = motion.map((each) => (each.frame === 20 ? { ...each, state: 'leftOut' as const } : each))
    expectBad(line('motion', { motion: out }), 'amber', /1 of 40 frames could not be corrected/)
  })
  it('late tissue on both sides, a little or most of the brain', () => {
    const both = { ...assessTissueAtRisk(maps, usualRule), affectedSide: 'both', referenceMl: 300 } as const
    const some = { ...both, hypoperfusionMl: 80 }
    expectBad(line('symmetry', { tissueAtRisk: some }), 'amber', /both hemispheres: no side is healthy/)
    const most = { ...both, hypoperfusionMl: 380 }
    expectBad(line('symmetry', { tissueAtRisk: most }), 'red', /380 ml, in both hemispheres. than healthy/)
  })
  it('a side of reference that is late, infarcted, or lacks what the core is compared with', () => {
    const found = assessTissueAtRisk(maps, usualRule)
    expect(found.coreMl).toBeGreaterThan(3)
    const told = (change: Partial<typeof found>): QualityLine =>
      line('symmetry', { tissueAtRisk: { ...found, ...change } })
    expect(told({ referenceNotLate: 0.8, referencePoorMl: 2, coreUncertainMl: 2 }).grade).toBe('green')
    expectBad(told({ referenceNotLate: 0.6 }), 'amber', /40 % has Tmax > 4 s/)
    expectBad(
      told({ referencePoorMl: 11 }),
      'amber',
      /11 ml of .* less than half of healthy flow: an old infarct/,
    )
    expectBad(told({ coreUncertainMl: 7.1 }), 'amber', /7.1 ml of late tissue have no healthy tissue/)
  })
  it("a child's head", async () => {
    const child = await seriesOf({ individual: { head: { scale: [0.68, 0.68, 0.68] } }, lesion: 'none' })
    const lines = gradeStudy({ series: child, maps: await mapsOf(child) })
    expectBad(lines.find(({ check }) => check === 'coverage') as QualityLine, 'amber', /The head is small/)
    expect(lines.filter(({ adultsOnly }) => adultsOnly).map(({ check }) => check)).toEqual(['coverage'])
    expect(lines.filter(({ grade }) => grade === 'red')).toEqual([])
  })
  it('one thin slice', async () => {
    const one = await seriesOf({ slices: 1, lesion: 'none' })
    expectBad(line('coverage', { series: one, maps: await mapsOf(one) }), 'red', /cover 5 mm only/)
  })
  it('a head that leaves the slab for many frames', () => {
    const motion = Array.from({ length: 40 }, (_, frame) => ({
      frame,
      displacementMm: 4,
      throughMm: frame < 20 ? 0.2 : 6,
      state: 'corrected' as const,
    }))
    expectBad(line('coverage', { motion }), 'amber', /In 50 % of the frames .* 6 mm further up or down/)
  })
  it('a weak bolus, a late artery, one on the diseased side', () => {
    const quality = { ...maps.aif.quality, peak: 30 }
    const weak = { ...maps, aif: { ...maps.aif, quality }, vof: null }
    expectBad(line('bolus', { maps: weak }), 'red', /30 HU only/)
    expectBad(line('venousOutput', { maps: weak }), 'amber', /No venous curve/)
    const late = { ...maps, maps: { ...maps.maps, ttp: maps.maps.ttp.map((ttp) => ttp - 4) } }
    expectBad(line('arterySide', { maps: late }), 'red', /with the artery or before it/)
    const [nx, ny] = maps.geometry.size
    const sides = sidesOf(maps.geometry, { point: [0, 0, 0], normal: [1, 0, 0] })
    const left = [...maps.mask.keys()].filter((i) => maps.mask[i] === 1 && sides[i] === LEFT).slice(0, 5)
    const voxels = left.map((i): [number, number, number] => [
      i % nx,
      Math.floor(i / nx) % ny,
      Math.floor(i / (nx * ny)),
    ])
    const diseased = { ...maps, aif: { ...maps.aif, voxels } }
    expectBad(line('arterySide', { maps: diseased }), 'amber', /left hemisphere, which is the diseased one/)
  })
  it('coarse sampling', () => {
    const coarse = { ...series, times: series.times.map((time) => 4 * time) }
    expectBad(line('timing', { series: coarse }), 'red', /4\.8 s apart/)
  })
})

describe('a study without maps', () => {
  it('is graded by its images, and the failure stands as a red line', () => {
    const failure = new UmbraError({
      code: 'no-contrast',
      message: 'No contrast arrives.',
      hint: 'Choose another series of the study.',
    })
    const lines = gradeStudy({ series, maps: null, failure })
    expect(lines[0]).toMatchObject({ check: 'bolus', grade: 'red', reason: 'No contrast arrives.' })
    expect(lines.map(({ check }) => check)).toContain('motion')
    expect(qualityStatement(lines)).toMatch(/^Not reliable: bolus/)
  })
  it('also where the mask is empty', () => {
    const empty = { ...maps, mask: new Uint8Array(maps.mask.length) }
    expect(gradeStudy({ series, maps: empty })[0].grade).toBe('red')
  })
})

describe('a network beside the deconvolution', () => {
  /** The very maps, told as a network's, with what is changed in them. */
  const predictedWith = (change: Partial<Record<MapName, (value: number) => number>>): PerfusionMaps => ({
    ...maps,
    method: 'cnn',
    maps: { ...maps.maps, ...mapped(change) },
  })
  const mapped = (change: Partial<Record<MapName, (value: number) => number>>) =>
    Object.fromEntries(Object.entries(change).map(([name, of]) => [name, maps.maps[name as MapName].map(of)]))
  const beside = (predicted: PerfusionMaps): QualityLine =>
    gradeBesideNetwork(series, predicted, maps, assessTissueAtRisk(maps, usualRule))

  it('agrees, or not, in the volumes', () => {
    expect(beside(predictedWith({}))).toMatchObject({ grade: 'green', remedy: '' })
    const found = beside(predictedWith({ tmax: (value) => (value > 6 ? 5 : value) }))
    expect(found.grade).toBe('amber')
    expect(found.reason).toMatch(/do not agree: .* by the one, .* by the other/)
    expect(found.remedy).not.toBe('')
  })
  it('is not asked about a bolus it has not learnt', () => {
    const warnings = [{ code: 'network-bolus-width', message: 'Wide.', hint: 'Compare.' }]
    const other = predictedWith({ tmax: (value) => (value > 6 ? 5 : value) })
    expect(beside({ ...other, warnings })).toMatchObject({
      grade: 'green',
      reason: expect.stringContaining('has not learnt') as string,
    })
  })
  it('its own summary says so too, by the same figures', () => {
    const deconvolved = assessTissueAtRisk(maps, usualRule)
    const other = predictedWith({ tmax: (value) => (value > 6 ? 5 : value) })
    const lines = [...gradeStudy({ series, maps, tissueAtRisk: deconvolved }), beside(other)]
    const own = gradeNetwork(
      lines,
      series,
      other,
      { ...maps, volumes: deconvolved },
      assessTissueAtRisk(other, usualRule),
    )
    expect(own.filter(({ check }) => check === 'network')).toHaveLength(1)
    expect(own.find(({ check }) => check === 'network')).toMatchObject({ grade: 'amber' })
  })
})
