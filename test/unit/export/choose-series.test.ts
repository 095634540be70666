import { describe, expect, it } from 'vitest'
import type { Catalogue, SeriesSummary } from '@contract'
import { choosePerfusionSeries } from '../../../src-main/engine/pipeline'

function summary(key: string, change: Partial<SeriesSummary> = {}): SeriesSummary {
  return {
    key,
    uid: `1.2.${key.length}.${key.charCodeAt(0)}`,
    uids: [`1.2.${key.length}.${key.charCodeAt(0)}`],
    modality: 'CT',
    description: `Series ${key}`,
    kind: 'ct-perfusion',
    reason: '',
    files: 100,
    timePoints: 40,
    times: [],
    size: [512, 512, 8],
    spacing: [0.4, 0.4, 5],
    transferSyntaxes: [],
    warnings: [],
    ...change,
  }
}

function catalogue(...series: SeriesSummary[]): Catalogue {
  const study = { uid: '1.2', patientId: 'p', patientName: 'n', date: '', description: '', series }
  return { studies: [study], skipped: [], filesFound: 10, filesShown: 10 }
}

const chest = summary('chest', { kind: 'volume', timePoints: 1, reason: 'One time point only.' })

describe('choosing the perfusion series', () => {
  it('takes the only one, whatever else there is', () => {
    const choice = choosePerfusionSeries(catalogue(chest, summary('a')))
    expect(choice.series.key).toBe('a')
    expect(choice.why).toBe('the only perfusion series')
    expect(choice.warnings).toEqual([])
  })

  it('of several takes the one with most time points × slices, and warns of the others', () => {
    const small = summary('small', { timePoints: 60, size: [512, 512, 2] })
    const large = summary('large', { timePoints: 20, size: [512, 512, 16] })
    const choice = choosePerfusionSeries(catalogue(small, chest, large))
    expect(choice.series.key).toBe('large')
    expect(choice.warnings).toHaveLength(1)
    expect(choice.warnings[0].message).toContain('Series small')
    expect(choice.warnings[0].message).not.toContain('chest')
  })

  it('takes the named one by key, by UID, or by the UID of a joined series', () => {
    const other = summary('b', { uids: ['1.2.1.98', '9.9.9'] })
    const all = catalogue(summary('a', { timePoints: 90 }), other)
    for (const name of ['b', '1.2.1.98', '9.9.9']) {
      expect(choosePerfusionSeries(all, name).series.key).toBe('b')
    }
  })

  it('asks for the key where one UID names two perfusion series', () => {
    const all = catalogue(summary('a1', { uid: '5.5' }), summary('a2', { uid: '5.5' }))
    expect(() => choosePerfusionSeries(all, '5.5')).toThrow(/a1.*a2/)
    expect(choosePerfusionSeries(all, 'a2').series.key).toBe('a2')
  })

  it('never chooses between patients', () => {
    const [one] = catalogue(summary('a')).studies
    const both = { ...catalogue(), studies: [one, { ...one, patientId: 'q', series: [summary('b')] }] }
    expect(() => choosePerfusionSeries(both)).toThrow(
      /perfusion series of 2 patients: "Series a".*"Series b"/,
    )
    expect(choosePerfusionSeries(both, 'b').series.key).toBe('b')
  })

  it('says of which date the study is that it takes', () => {
    const [one] = catalogue(summary('a')).studies
    const later = { ...one, date: '20240301', series: [summary('b', { timePoints: 80 })] }
    const choice = choosePerfusionSeries({ ...catalogue(), studies: [one, later] })
    expect(choice.warnings[0].message).toContain('in 2 studies, and the one taken is of 2024-03-01')
  })

  it('says what there is when none is a perfusion series', () => {
    expect(() => choosePerfusionSeries(catalogue(chest))).toThrow(
      /No CT or MR perfusion.*"Series chest" \(CT, 512 × 512 × 8, 1 time point/,
    )
    expect(() => choosePerfusionSeries(catalogue(chest), 'chest')).toThrow(
      /not a perfusion series: One time point/,
    )
    expect(() => choosePerfusionSeries(catalogue(chest), 'nonsense')).toThrow(/no series nonsense.*chest/)
  })

  it('says why files were left out when there are no images at all', () => {
    const empty: Catalogue = {
      studies: [],
      skipped: [{ file: 'a.txt', reason: 'Not a DICOM file.' }],
      filesFound: 1,
      filesShown: 0,
    }
    expect(() => choosePerfusionSeries(empty)).toThrow(/No DICOM images in 1 file\..*Not a DICOM file/)
  })
})
