import type { CurveSample, VascularInput } from '@contract'
import { describe, expect, it } from 'vitest'
import { curveCsv } from '../../../src-renderer/components/review/curveCsv'
import { curveOption } from '../../../src-renderer/components/review/curveOption'

const sample: CurveSample = {
  times: [0, 1.5],
  values: [30, 41.25],
  deviation: [2, 2.5],
  voxels: 12,
  fitted: [0, 10.5],
  fittedTimes: [0, 1],
  baseline: 30,
}
const aif: VascularInput = {
  voxels: [[1, 2, 3]],
  times: [0, 1],
  curve: [0, 250],
  scale: 1,
  quality: {
    grade: 'good',
    score: 1,
    peak: 250,
    timeToPeak: 1,
    fullWidthHalfMaximum: 1,
    area: 1,
    reasons: [],
  },
}

describe('curves as CSV', () => {
  it('is one sample a row, the fit with its baseline, every curve on its own times', () => {
    expect(curveCsv(sample, aif, null, 'HU').split('\r\n')).toEqual([
      'curve,time_s,value,deviation,unit',
      'sample,0,30,2,HU',
      'sample,1.5,41.25,2.5,HU',
      'fitted,0,30,,HU',
      'fitted,1,40.5,,HU',
      'aif,0,0,,ΔHU',
      'aif,1,250,,ΔHU',
      '',
    ])
  })

  it('is a header alone where there is no curve', () => {
    expect(curveCsv(null, null, null, 'HU')).toBe('curve,time_s,value,deviation,unit\r\n')
  })

  it('quotes a unit that would break the table', () => {
    expect(curveCsv({ ...sample, fitted: null, fittedTimes: null }, null, null, 'a,"b"')).toContain(
      ',"a,""b"""',
    )
  })
})

describe('the chart of curves', () => {
  const of = (
    data: Partial<Parameters<typeof curveOption>[0]>,
  ): { id: string; yAxisIndex?: number; data: unknown }[] =>
    curveOption({ sample, label: 'Region', aif, vof: null, unit: 'HU', duration: 40, ...data })
      .series as never

  it('draws the sample and its fit on one axis, the vessels on the other', () => {
    const series = of({})
    expect(series.map(({ id }) => id)).toEqual(['lower', 'band', 'sample', 'fitted', 'aif'])
    expect(series.find(({ id }) => id === 'aif')?.yAxisIndex).toBe(1)
    expect(series.find(({ id }) => id === 'fitted')?.data).toEqual([
      [0, 30],
      [1, 40.5],
    ])
  })

  it('has a band of the deviation only for a region', () => {
    expect(of({ sample: { ...sample, voxels: 1 } }).map(({ id }) => id)).not.toContain('band')
  })
})
