import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { surveyContrast } from '../../../src-main/engine/perfusion'
import { inputSpecSchema, prepareSeries } from '../../../src-main/engine/networks'
import {
  buildDataset,
  cohortPhantom,
  cohortSchema,
  cohortStudy,
  heldOutRanges,
} from '../../../src-main/engine/training'
import { windowBatch, allSlices, epochOrder } from '../../../src-main/engine/training/batches'
import { packSlice } from '../../../src-main/engine/training/cache'
import { cohortRangesSchema } from '../../../src-main/engine/training/ranges'
import { checkSplit, splitPatients } from '../../../src-main/engine/training/split'
import { crc32c, eventFile } from '../../../src-main/engine/training/tensorboard'
import { afterEpoch } from '../../../src-main/engine/training/plateau'
import { COLUMNS, ROWS, TIME_POINTS, tinyDataset } from './tinyData'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'umbra-data-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const cohort = cohortSchema.parse({
  kind: 'cohort',
  patients: 2,
  seed: 4,
  size: 64,
  slices: 2,
  thickness: 10,
})

describe('the generated cohort', () => {
  it('gives a patient the same phantom whoever else is in the cohort', () => {
    expect(cohortPhantom({ ...cohort, patients: 50 }, 1)).toEqual(cohortPhantom(cohort, 1))
    expect(cohortPhantom({ ...cohort, seed: 5 }, 1)).not.toEqual(cohortPhantom(cohort, 1))
  })

  it('draws within its ranges, and holds settings out that no patient of the default ranges has', () => {
    const heldOut = { ...cohort, ranges: cohortRangesSchema.parse(heldOutRanges) }
    for (let index = 0; index < 40; index++) {
      const usual = cohortPhantom(cohort, index).individual
      const unusual = cohortPhantom(heldOut, index).individual
      if (!usual || !unusual) throw new Error('no individual')
      expect(usual.bolus.peak).toBeGreaterThanOrEqual(260)
      expect(usual.bolus.peak).toBeLessThan(520)
      expect(unusual.bolus.peak).toBeGreaterThan(520)
      expect(unusual.perfusion.flow).toBeGreaterThan(1.25)
      expect(unusual.head.turn).toBeGreaterThan(9)
    }
  })

  it('makes its curves as it says: the bolus arrives and is as large as drawn', async () => {
    const { series, options } = await cohortStudy({ ...cohort, size: 96, slices: 4 }, 0)
    const survey = await surveyContrast(series)
    const { bolus } = options.individual ?? {}
    if (!bolus) throw new Error('no bolus')
    expect(Math.abs(survey.arrival - bolus.arrival)).toBeLessThan(2.5)
    expect(survey.mask.some((inside) => inside === 1)).toBe(true)
  })
})

describe('a data set', () => {
  it('is built once, cropped to the brain, and read slice by slice', async () => {
    const input = inputSpecSchema.parse({ spacing: null, timePoints: 12, interval: 3 })
    const outputs = [
      { map: 'cbv' as const, scale: 8 },
      { map: 'ttp' as const, scale: 30 },
    ]
    const stages: string[] = []
    const data = await buildDataset(root, cohort, input, outputs, {
      onProgress: (_, stage) => stages.push(stage),
    })
    expect(data.studies.map(({ patient }) => patient)).toEqual(['phantom-4-0001', 'phantom-4-0002'])
    const [study] = data.studies
    expect(study.columns).toBeLessThan(64)
    const slice = await data.read(study, 0)
    const known = slice.target.filter((value) => value >= 0)
    expect(known.length).toBeGreaterThan(500)
    expect(Math.max(...known)).toBeLessThanOrEqual(1)
    expect(slice.input.every(Number.isFinite)).toBe(true)
    await data.close()
    stages.length = 0
    const again = await buildDataset(root, cohort, input, outputs, {
      onProgress: (_, stage) => stages.push(stage),
    })
    expect(stages).toEqual([])
    await again.close()
  })

  it('refuses what is no number', () => {
    const slice = { rows: 1, columns: 1, input: Float32Array.from([NaN]), target: Float32Array.from([0.5]) }
    expect(() => packSlice(slice)).toThrow(/no numbers/)
  })

  it('keeps values to a 4096th and unknown pixels unknown', async () => {
    const data = await tinyDataset(join(root, 'tiny'))
    const { input, target, rows, columns } = await data.read(data.studies[1], 2)
    expect([rows, columns, input.length]).toEqual([ROWS, COLUMNS, ROWS * COLUMNS * TIME_POINTS])
    expect(target.subarray(0, COLUMNS).every((value) => value === -1)).toBe(true)
    const mean =
      (input[COLUMNS * 4] + input[COLUMNS * 4 + 1] + input[COLUMNS * 4 + 2] + input[COLUMNS * 4 + 3]) / 4
    expect(Math.abs(target[COLUMNS] - mean)).toBeLessThan(1 / 4096)
    await data.close()
  })

  it('shuffles by seed and epoch, and mirrors image and map alike', async () => {
    const data = await tinyDataset(join(root, 'tiny2'))
    const slices = allSlices(data.studies)
    const names = (epoch: number): string[] =>
      epochOrder(slices, 1, epoch).map(({ study, slice }) => study.file + slice)
    expect(names(1)).toEqual(names(1))
    expect(names(2)).not.toEqual(names(1))
    expect([...names(2)].sort()).toEqual([...names(1)].sort())
    const none = { mirror: true, gain: 0, noise: 0 }
    for (let seed = 0; seed < 6; seed++) {
      const batch = await windowBatch(data, slices.slice(0, 2), [12, 16], none, [seed])
      for (let i = 0; i < batch.target.length; i++) {
        if (batch.target[i] < 0) continue
        const sum = batch.input.subarray(i * 4, i * 4 + 4).reduce((total, value) => total + value, 0)
        expect(Math.abs(batch.target[i] - sum / 4)).toBeLessThan(1e-3)
      }
    }
    await data.close()
  })
})

describe('the split', () => {
  const patients = Array.from({ length: 20 }, (_, i) => `p${i}`)
  const choice = { seed: 1, validation: 5, folds: null, fold: 0 }

  it('puts every patient in one part, the same with the same seed', () => {
    const split = splitPatients([...patients, ...patients], choice)
    expect(split.validation).toHaveLength(5)
    expect([...split.training, ...split.validation].sort()).toEqual([...patients].sort())
    expect(splitPatients([...patients].reverse(), choice)).toEqual(split)
    expect(splitPatients(patients, { ...choice, seed: 2 })).not.toEqual(split)
  })

  it('lets each patient judge in exactly one fold', () => {
    const judges = [0, 1, 2].flatMap(
      (fold) => splitPatients(patients, { ...choice, folds: 3, fold }).validation,
    )
    expect(judges.sort()).toEqual([...patients].sort())
  })

  it('refuses to split one patient, and a name without a study', () => {
    expect(() => splitPatients(['only'], choice)).toThrow(/cannot be split/)
    expect(() => checkSplit({ training: ['a'], validation: ['b'] }, [])).toThrow(/no study/)
  })
})

describe('logs', () => {
  it('have the CRC-32C of RFC 3720', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  })

  it('are TFRecords that follow one another to the end of the file', () => {
    const record = {
      time: 1e12,
      seconds: 1,
      steps: 2,
      learningRate: 0.1,
      trainingLoss: 0.5,
      validationLoss: 0.25,
      tensors: 3,
    }
    const file = Buffer.from(
      eventFile([1, 2].map((epoch) => ({ ...record, epoch, correlation: { cbv: 0.9 } }))),
    )
    let [at, events] = [0, 0]
    while (at < file.length) {
      const length = Number(file.readBigUInt64LE(at))
      const crc = crc32c(file.subarray(at + 12, at + 12 + length))
      const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
      expect(file.readUInt32LE(at + 12 + length)).toBe(masked)
      at += 16 + length
      events++
    }
    expect(at).toBe(file.length)
    expect(events).toBe(3)
    expect(file.includes('loss/validation')).toBe(true)
  })
})

describe('the learning rate', () => {
  it('is cut after `patience` epochs without a fall, as torch’s ReduceLROnPlateau does', () => {
    const rules = { factor: 0.1, patience: 2, least: 1e-4 }
    let state = { learningRate: 1, plateauLoss: Infinity, stalled: 0 }
    const rates = [1, 0.9, 0.9, 0.9, 0.9, 0.8, 0.85, 0.85, 0.85, 0.85].map((loss) => {
      state = afterEpoch(state, loss, rules)
      return state.learningRate
    })
    expect(rates).toEqual([1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.1 * 0.1, 0.1 * 0.1])
  })
})

describe('a series for a network', () => {
  it('is its own enhancement in per cent of the vessels’ area per second', async () => {
    const { series } = await cohortStudy(cohort, 1)
    const survey = await surveyContrast(series)
    const spec = inputSpecSchema.parse({ spacing: null })
    const slice = prepareSeries(series, survey, spec).slice(1)
    const doubled = prepareSeries(series, { ...survey, vesselArea: 2 * survey.vesselArea }, spec).slice(1)
    const [nx, ny] = series.geometry.size
    let checked = 0
    for (let i = 0; i < nx * ny; i++) {
      expect(doubled[i * 28]).toBe(slice[i * 28])
      const value = slice[i * 28 + 9]
      if (Math.abs(value) < 0.2) continue
      expect(2 * Math.sinh(doubled[i * 28 + 9] / 2)).toBeCloseTo(Math.sinh(value / 2), 3)
      checked++
    }
    expect(checked).toBeGreaterThan(100)
  })

  it('refuses MR', async () => {
    const { series } = await cohortStudy(cohort, 1)
    const known = { arrival: 5, baselineFrames: [3, 3], times: [], vesselArea: 1000 }
    const spec = inputSpecSchema.parse({})
    expect(() => prepareSeries({ ...series, kind: 'mr-perfusion', modality: 'MR' }, known, spec)).toThrow(
      /CT perfusion/,
    )
  })
})
