import { describe, expect, it } from 'vitest'
import {
  tissueAtRiskPresets,
  tissueAtRiskRuleSchema,
  tissueAtRiskSchema,
  usualRule,
  type MapsMethod,
  type QualityLine,
  type TissueAtRiskRule,
} from '@contract'
import type { Midline } from '../../../src-main/engine/masks'
import { assessTissueAtRisk, judgedBy } from '../../../src-main/engine/tissueAtRisk'
import { usualThreshold } from '../../../src-main/engine/tissueAtRisk/coreThreshold'
import { arteryOf, brainWith, voxelsOf, VOXEL_ML, type Block, type Values } from './twoHemispheres'

const rule = (change: Record<string, unknown> = {}): TissueAtRiskRule =>
  tissueAtRiskRuleSchema.parse({ smoothingMm: 0, ...change })
const block = (from: Block['from'], to: Block['to'], values: Values): Block => ({ from, to, values })

/** On the patient's left: late tissue with a core in its middle. */
const late = block([52, 35, 1], [72, 65, 5], { tmax: 9, ttp: 14, cbf: 22, cbv: 3.6 })
const core = block([58, 42, 2], [68, 58, 4], { tmax: 12, ttp: 17, cbf: 6, cbv: 0.8 })
const lateMl = voxelsOf(late) * VOXEL_ML
const coreMl = voxelsOf(core) * VOXEL_ML

describe('volumes of blocks are counted to the voxel', () => {
  const found = assessTissueAtRisk(brainWith(late, core), rule())
  it('core, hypoperfusion, mismatch and ratio', () => {
    expect(found.coreMl).toBeCloseTo(coreMl, 6)
    expect(found.hypoperfusionMl).toBeCloseTo(lateMl, 6)
    expect(found.mismatchMl).toBeCloseTo(lateMl - coreMl, 6)
    expect(found.mismatchRatio).toBeCloseTo(lateMl / coreMl, 6)
  })
  it('steps and indices', () => {
    const tmax = { 4: lateMl, 6: lateMl, 8: lateMl, 10: coreMl }
    expect(found.steps.tmax.map(({ threshold }) => threshold)).toEqual([4, 6, 8, 10])
    for (const { threshold, ml } of found.steps.tmax) {
      expect(ml).toBeCloseTo(tmax[threshold as keyof typeof tmax], 6)
    }
    // 6 of 50 is 12 %, 22 of 50 is 44 %.
    expect(found.steps.cbf.map(({ threshold }) => threshold)).toEqual([20, 30, 34, 38])
    for (const { ml } of found.steps.cbf) expect(ml).toBeCloseTo(coreMl, 6)
    expect(found.hypoperfusionIndex).toBeCloseTo(coreMl / lateMl, 6)
    const meanVolume = (0.8 * coreMl + 3.6 * (lateMl - coreMl)) / lateMl
    expect(found.cbvIndex).toBeCloseTo(meanVolume / 4, 4)
  })
  it('the side, and what flow is compared with', () => {
    expect(found).toMatchObject({ affectedSide: 'left', referenceSide: 'right', referenceChosenBy: 'engine' })
    expect(found.referenceCbf).toBeCloseTo(50, 4)
    expect(found.referenceTtp).toBeCloseTo(8, 4)
    expect(found.midline.normal[0]).toBeGreaterThan(0.999)
    expect(Math.abs(found.midline.point[0])).toBeLessThan(1)
  })
  it('stands in summary.json by the names of the contract', () => {
    const told = JSON.parse(JSON.stringify(tissueAtRiskSchema.parse(found))) as Record<string, unknown>
    for (const name of ['rule', 'coreMl', 'hypoperfusionMl', 'mismatchMl', 'mismatchRatio', 'steps']) {
      expect(told).toHaveProperty(name)
    }
    expect(told).not.toHaveProperty('core')
  })
})

describe('every rule is what its name says', () => {
  const graded = brainWith(
    late,
    block([53, 36, 1], [71, 64, 5], { cbf: 0.36 * 50, cbv: 2.5 }),
    block([55, 38, 1], [69, 62, 5], { cbf: 0.32 * 50, cbv: 2.2 }),
    block([57, 40, 1], [67, 60, 5], { cbf: 0.25 * 50, cbv: 1.9 }),
    block([60, 44, 1], [64, 56, 5], { cbf: 0.15 * 50, cbv: 1 }),
  )
  const sizes = { 20: 4 * 12 * 4, 30: 10 * 20 * 4, 34: 14 * 24 * 4, 38: 18 * 28 * 4 }
  it.each([
    ['rcbf20-tmax6', sizes[20]],
    ['rcbf30-tmax6', sizes[30]],
    ['rcbf34-tmax6', sizes[34]],
    ['rcbf38-tmax6', sizes[38]],
    ['cbv2-tmax6', sizes[30]],
    ['rcbf30-rttp4.5', sizes[30]],
    ['cbv2-rttp4.5', sizes[30]],
  ])('%s', (name, voxels) => {
    const preset = tissueAtRiskPresets.find((one) => one.rule.name === name)
    const found = assessTissueAtRisk(graded, { ...(preset?.rule ?? rule()), smoothingMm: 0 })
    expect(found.coreMl).toBeCloseTo(voxels * VOXEL_ML, 6)
    expect(found.hypoperfusionMl).toBeCloseTo(lateMl, 6)
  })
  it('TTP counts from healthy tissue: 4.5 s later than 8 s', () => {
    const at = (ttp: number): number =>
      assessTissueAtRisk(
        brainWith({ ...late, values: { ...late.values, ttp } }),
        rule({ hypoperfusion: { measure: 'relativeTtp', above: 4.5 } }),
      ).hypoperfusionMl
    expect(at(12.4)).toBe(0)
    expect(at(12.6)).toBeCloseTo(lateMl, 6)
  })
})

describe('what is left out, and what is said', () => {
  it('islands below the set volume', () => {
    const island = block([20, 30, 2], [23, 34, 4], { tmax: 9, cbf: 5 })
    const maps = brainWith(late, core, island)
    expect(voxelsOf(island) * VOXEL_ML).toBeLessThan(1)
    expect(assessTissueAtRisk(maps, rule()).hypoperfusionMl).toBeCloseTo(lateMl, 6)
    const all = assessTissueAtRisk(maps, rule({ smallestIslandMl: 0 }))
    expect(all.hypoperfusionMl).toBeCloseTo(lateMl + voxelsOf(island) * VOXEL_ML, 6)
  })
  it('core outside hypoperfused tissue: left out, or counted and said', () => {
    const lost = block([52, 70, 2], [62, 78, 4], { cbf: 5 })
    const maps = brainWith(late, core, lost)
    expect(assessTissueAtRisk(maps, rule()).coreMl).toBeCloseTo(coreMl, 6)
    const counted = assessTissueAtRisk(maps, rule({ coreWithinHypoperfusion: false }))
    const lostMl = voxelsOf(lost) * VOXEL_ML
    expect(counted.coreMl).toBeCloseTo(coreMl + lostMl, 6)
    expect(counted.coreOutsideHypoperfusionMl).toBeCloseTo(lostMl, 6)
    expect(counted.mismatchMl).toBeCloseTo(lateMl - coreMl, 6)
    expect(counted.statements.join(' ')).toContain('lie outside hypoperfused tissue')
  })
  it('no lesion', () => {
    const found = assessTissueAtRisk(brainWith(), rule())
    expect(found).toMatchObject({ coreMl: 0, hypoperfusionMl: 0, mismatchRatio: null, affectedSide: 'none' })
    expect(found.targetMismatch.met).toBe(false)
    expect(found.statements[0]).toMatch(/^No lesion/)
  })
  it('a bilateral lesion', () => {
    const other = block([17, 35, 1], [37, 65, 5], late.values)
    const found = assessTissueAtRisk(brainWith(late, other), rule())
    expect(found.affectedSide).toBe('both')
    expect(found.statements[0]).toContain('both hemispheres')
    expect(found.referenceSide).toBe('both')
    // Blood volume as such finds the same core, and the verdict on mismatch is no verdict.
    const lost = block([20, 42, 2], [30, 58, 4], core.values)
    const words = assessTissueAtRisk(brainWith(late, core, other, lost), rule()).statements.join(' ')
    const absolute = (coreMl + voxelsOf(lost) * VOXEL_ML).toFixed(0)
    expect(words).toContain(`CBV < 2 ml/100 g, the core within hypoperfused tissue is ${absolute} ml`)
    expect(words).toMatch(/Target mismatch .* do not rely on it/)
  })
  it('an empty mask has no volumes and no error', () => {
    const maps = brainWith()
    maps.mask.fill(0)
    const found = assessTissueAtRisk(maps, rule())
    expect(found).toMatchObject({ coreMl: 0, hypoperfusionMl: 0, referenceCbf: null })
    expect(found.statements).toEqual(['The maps hold no brain tissue, so there are no volumes to tell.'])
  })
  it("a child's head has volumes, and no target mismatch, whose criteria are of adults", () => {
    const found = assessTissueAtRisk(brainWith(late, core), rule())
    const line: QualityLine = {
      check: 'coverage',
      label: 'Coverage',
      grade: 'amber',
      reason: 'Small.',
      remedy: '',
    }
    expect(judgedBy(found, [line]).targetMismatch.met).toBe(true)
    const child = judgedBy(found, [{ ...line, adultsOnly: true }])
    expect(child).toMatchObject({ reliability: 'caution', coreMl: found.coreMl })
    expect(child.targetMismatch).toEqual({ ...found.targetMismatch, met: null })
    expect(child.statements.join(' ')).toContain(
      'Target mismatch is not told of a head as small as a child’s',
    )
  })
  it('a red line of quality makes the volumes not reliable, in front of all else', () => {
    const found = assessTissueAtRisk(brainWith(late, core), rule())
    const line = { check: 'motion', label: 'Motion', grade: 'red', reason: 'It moves.', remedy: '' } as const
    const judged = judgedBy(found, [line])
    expect(judged.reliability).toBe('notReliable')
    expect(judged.statements[0]).toMatch(/^Not reliable: motion/)
  })
})

describe('the usual rule', () => {
  const maps = brainWith(late, core)
  const ruleFor = (method: MapsMethod, aif = maps.aif): TissueAtRiskRule =>
    usualThreshold({ ...maps, method, aif }, usualRule).rule

  it('has the threshold of flow of the method where no artery is known', () => {
    const below = (method: MapsMethod) => [ruleFor(method).name, ruleFor(method).core.below]
    expect(below('bennink')).toEqual(['usual', 30])
    expect(below('cnn')).toEqual(['usual', 30])
    expect(below('csvd')).toEqual(['usual', 34])
    expect(below('osvd')).toEqual(['usual', 34])
    expect(below('ssvd')).toEqual(['usual', 38])
  })

  it('follows the bolus where a deconvolution truncates', () => {
    const below = (method: MapsMethod, bolus: number): number => ruleFor(method, arteryOf(bolus)).core.below
    // Of a bolus of 6 s about what was set on phantoms by hand.
    expect(Math.abs(below('csvd', 6.2) - 34)).toBeLessThanOrEqual(3)
    expect(Math.abs(below('osvd', 6.2) - 38)).toBeLessThanOrEqual(4)
    expect(Math.abs(below('ssvd', 6.2) - 42)).toBeLessThanOrEqual(4)
    expect(below('csvd', 4.2)).toBeLessThan(32)
    expect(below('csvd', 8.3)).toBeGreaterThan(38)
    expect(below('csvd', 10.8)).toBeGreaterThan(48)
    expect(below('bennink', 10.8)).toBe(30)
  })

  it('says what the threshold means, and is the same when it is asked for again', () => {
    const broad = { ...maps, method: 'csvd', aif: arteryOf(10.8) } as const
    const { statements, coreFlow, rule: used } = assessTissueAtRisk(broad, usualRule)
    expect(coreFlow).toMatchObject({ below: 30 })
    expect(coreFlow?.healthyShown).toBeLessThan(0.7)
    expect(statements.join(' ')).toMatch(
      /which is 30 % of true flow: with this artery the method shows \d+ %/,
    )
    expect(usualThreshold(broad, used).rule).toEqual(used)
  })

  it('leaves a rule that was chosen as it is', () => {
    for (const { rule: chosen } of tissueAtRiskPresets.slice(1)) {
      expect(usualThreshold({ ...maps, method: 'csvd', aif: arteryOf(10.8) }, chosen)).toEqual({
        rule: chosen,
      })
    }
  })
})

describe('a vessel in the lesion', () => {
  it('does not hide the core around it', () => {
    const artery = block([62, 46, 0], [64, 48, 6], { cbf: 180, cbv: 14, tmax: 6.5 })
    const smooth = rule({ smoothingMm: 5 })
    const whole = assessTissueAtRisk(brainWith(late, core), smooth)
    const found = assessTissueAtRisk(brainWith(late, core, artery), smooth)
    expect(found.coreMl).toBeCloseTo(whole.coreMl, 6)
    expect(found.hypoperfusionMl).toBeCloseTo(whole.hypoperfusionMl, 6)
  })
})

describe('tissue without a curve', () => {
  it('has the arrival of the tissue around it', () => {
    const lost = block([60, 44, 2], [63, 48, 4], { cbf: 0, cbv: 0, mtt: 0, tmax: 0, ttp: 0 })
    const found = assessTissueAtRisk(brainWith(late, core, lost), rule({ smoothingMm: 5 }))
    const whole = assessTissueAtRisk(brainWith(late, core), rule({ smoothingMm: 5 }))
    expect(found.hypoperfusionMl).toBeCloseTo(whole.hypoperfusionMl, 6)
    expect(found.coreMl).toBeGreaterThanOrEqual(whole.coreMl)
  })
})

describe('target mismatch', () => {
  const met = (change: Record<string, unknown>): boolean | null =>
    assessTissueAtRisk(brainWith(late, core), rule({ targetMismatch: change })).targetMismatch.met
  it('needs ratio, mismatch and core', () => {
    expect(met({})).toBe(true)
    expect(met({ ratio: lateMl / coreMl + 0.01 })).toBe(false)
    expect(met({ mismatchMl: lateMl - coreMl + 0.01 })).toBe(false)
    expect(met({ coreMl })).toBe(false)
    expect(met({ coreMl: coreMl + 0.01 })).toBe(true)
  })
})

describe('the hemisphere of reference', () => {
  it('can be chosen: flow of the diseased one makes less of a core', () => {
    const poor = block([45, 0, 0], [90, 100, 6], { cbf: 18 })
    const maps = brainWith(poor, late, core)
    const found = assessTissueAtRisk(maps, rule(), { referenceSide: 'left' })
    expect(found).toMatchObject({ referenceSide: 'left', referenceChosenBy: 'person' })
    expect(found.referenceCbf).toBeCloseTo(18, 1)
    expect(found.coreMl).toBe(0)
    expect(found.statements.join(' ')).toContain('chosen as reference is the one with more late tissue')
  })
})

describe('flow compared with its mirrored place', () => {
  /** Half of the brain, in the middle of both sides, is white matter: the mean of both is 39. */
  const grey = block([0, 0, 0], [90, 100, 6], { cbf: 53 })
  const white = [
    block([50, 24, 0], [72, 76, 6], { cbf: 25, cbv: 1.9 }),
    block([18, 24, 0], [40, 76, 6], { cbf: 25, cbv: 1.9 }),
  ]
  const penumbra = block([50, 30, 1], [72, 70, 5], { tmax: 9, cbf: 14, cbv: 2 })
  const lost = block([56, 44, 2], [66, 56, 4], { tmax: 12, cbf: 2.5, cbv: 0.4 })
  const lostMl = voxelsOf(lost) * VOXEL_ML
  const at36 = (reference: 'global' | 'mirrored'): TissueAtRiskRule =>
    rule({ reference, core: { measure: 'relativeCbf', below: 36.5 } })

  it('penumbra of white matter is no core, which the mean of grey and white calls it', () => {
    const maps = brainWith(grey, ...white, penumbra, lost)
    const global = assessTissueAtRisk(maps, at36('global'))
    expect(global.referenceCbf).toBeCloseTo(39, -0.5)
    expect(global.coreMl).toBeCloseTo(voxelsOf(penumbra) * VOXEL_ML, 6)
    const mirrored = assessTissueAtRisk(maps, at36('mirrored'))
    expect(mirrored).toMatchObject({
      coreUncertainMl: 0,
      referencePoorMl: 0,
      rule: { reference: 'mirrored' },
    })
    expect(mirrored.coreMl).toBeCloseTo(lostMl, 6)
  })

  it('core of grey matter is found where it is compared with grey matter', () => {
    const dense = block([52, 40, 1], [70, 60, 5], { tmax: 10, cbf: 17, cbv: 1.2 })
    const maps = brainWith(grey, block([48, 10, 0], [74, 20, 6], { cbf: 25 }), dense)
    expect(assessTissueAtRisk(maps, at36('mirrored')).coreMl).toBeCloseTo(voxelsOf(dense) * VOXEL_ML, 6)
  })

  it('where the mirrored place has no healthy tissue it is all of it, and what hangs on that is told', () => {
    const fluid = block([10, 20, 0], [44, 80, 6], {})
    const maps = brainWith(grey, ...white, penumbra, lost)
    const [nx, ny] = maps.geometry.size
    const inFluid = (i: number): boolean =>
      [i % nx, Math.floor(i / nx) % ny].every(
        (place, axis) => place >= fluid.from[axis] && place < fluid.to[axis],
      )
    maps.mask = maps.mask.map((inside, i) => (inFluid(i) ? 0 : inside))
    const midline: Midline = { point: [0, 0, 0], normal: [1, 0, 0], symmetry: 0.9, trusted: true }
    const found = assessTissueAtRisk(maps, at36('mirrored'), { midline })
    const usual = found.referenceCbf ?? 0
    // Only the rim of the mirrored place can still be compared with.
    expect(found.coreUncertainMl).toBeGreaterThan(3)
    expect(14 / usual).toBeLessThan(0.365)
    expect(found.coreMl).toBeGreaterThan(lostMl + 3)
  })

  it('an old infarct at the mirrored place is no measure, and is told', () => {
    const old = block([25, 42, 1], [33, 58, 5], { cbf: 6, cbv: 0.9 })
    const maps = brainWith(grey, ...white, penumbra, lost, old)
    const found = assessTissueAtRisk(maps, at36('mirrored'))
    expect(found.referencePoorMl).toBeCloseTo(voxelsOf(old) * VOXEL_ML, 6)
    expect(found.coreMl).toBeCloseTo(lostMl, 6)
  })

  it('without a plane of symmetry, or a healthy side, nothing is mirrored, and the rule says so', () => {
    const maps = brainWith(grey, ...white, penumbra, lost)
    const [nx] = maps.geometry.size
    const half = { ...maps, mask: maps.mask.map((inside, i) => (i % nx < 45 ? 0 : inside)) }
    const ofHalf = assessTissueAtRisk(half, usualRule)
    expect(ofHalf.midline.trusted).toBe(false)
    expect(ofHalf.rule.reference).toBe('global')
    const other = block([18, 30, 1], [40, 70, 5], penumbra.values)
    const bilateral = assessTissueAtRisk(brainWith(grey, ...white, penumbra, lost, other), usualRule)
    expect(bilateral).toMatchObject({ affectedSide: 'both', rule: { reference: 'global' } })
    expect(bilateral.targetMismatch.met).toBeNull()
  })

  it('a head that is tilted is compared with the nearest slice', () => {
    const [sin, cos] = [Math.sin(0.1), Math.cos(0.1)]
    const midline: Midline = { point: [0, 0, 12.5], normal: [cos, 0, sin], symmetry: 0.9, trusted: true }
    const found = assessTissueAtRisk(brainWith(grey, ...white, penumbra, lost), at36('mirrored'), {
      midline,
    })
    expect(found.coreUncertainMl).toBe(0)
    expect(found.coreMl).toBeCloseTo(lostMl, 6)
  })
})
