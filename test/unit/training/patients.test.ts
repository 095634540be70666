import { describe, expect, it } from 'vitest'
import { groupByPatient, patientIdentity } from '../../../src-main/engine/training/patients'
import { splitPatients } from '../../../src-main/engine/training/split'
import type { SourceIdentity } from '../../../src-main/engine/volume'

type Told = Partial<
  Pick<SourceIdentity, 'patientId' | 'patientName' | 'patientBirthDate' | 'studyInstanceUid'>
>
const identity = (told: Told): string[] =>
  patientIdentity({
    ...{ patientId: '', patientName: '', patientBirthDate: '', studyInstanceUid: '', ...told },
  } as SourceIdentity)

const grouped = (scans: Told[], given: Record<string, string> = {}): string[] =>
  groupByPatient(
    scans.map((told, i) => ({ key: `case-${i + 1}`, identity: identity(told) })),
    given,
  ).map(({ patient }) => patient)

describe('scans of one patient', () => {
  it('are known by PatientID, however it is written', () => {
    expect(grouped([{ patientId: ' ab 1' }, { patientId: 'AB  1 ' }, { patientId: 'ab2' }])).toEqual([
      ...['case-1', 'case-1', 'case-3'],
    ])
  })

  it('are known by name and birth date together, where two hospitals gave two numbers', () => {
    const jane = { patientName: 'Doe^Jane', patientBirthDate: '19500101' }
    expect(
      grouped([
        { ...jane, patientId: '1' },
        { ...jane, patientId: '2' },
      ]),
    ).toEqual(['case-1', 'case-1'])
    const other = { ...jane, patientBirthDate: '19500102' }
    expect(grouped([jane, other, { patientName: 'Doe^Jane' }, { patientName: 'Doe^Jane' }])).toEqual([
      ...['case-1', 'case-2', 'case-3', 'case-4'],
    ])
  })

  it('are known by their study, where nothing else is left of who it was', () => {
    expect(
      grouped([{ studyInstanceUid: '1.2' }, { studyInstanceUid: '1.3' }, { studyInstanceUid: '1.2' }]),
    ).toEqual(['case-1', 'case-2', 'case-1'])
  })

  it('are together also where only a later scan shows that two are one', () => {
    const first = { patientId: '1', studyInstanceUid: '1.1' }
    const second = { patientId: '2', studyInstanceUid: '1.2' }
    const both = { patientId: '2', studyInstanceUid: '1.1' }
    expect(grouped([{ patientId: '3' }, first, second, both])).toEqual([
      'case-1',
      'case-2',
      'case-2',
      'case-2',
    ])
  })

  it('are whose a person says they are', () => {
    const scans = [{ patientId: 'anonymous' }, { patientId: 'anonymous' }, { patientId: 'anonymous' }]
    expect(grouped(scans)).toEqual(['case-1', 'case-1', 'case-1'])
    expect(grouped(scans, { 'case-2': 'B', 'case-3': 'C' })).toEqual(['case-1', 'B', 'C'])
    expect(grouped([{ patientId: '1' }, { patientId: '2' }], { 'case-1': 'A', 'case-2': 'A' })).toEqual([
      'A',
      'A',
    ])
  })

  it('never come into two parts, and one patient alone cannot be split', () => {
    const scans = Array.from({ length: 40 }, (_, i) => ({ patientId: String(i % 13) }))
    const patients = grouped(scans)
    for (let seed = 0; seed < 20; seed++) {
      const { training, validation } = splitPatients(patients, { seed, validation: 4, folds: null, fold: 0 })
      expect(training.filter((patient) => validation.includes(patient))).toEqual([])
      expect(training.length + validation.length).toBe(13)
    }
    const one = grouped([{ patientId: '1' }, { patientId: '1' }])
    expect(() => splitPatients(one, { seed: 1, validation: 1, folds: null, fold: 0 })).toThrow(
      expect.objectContaining({ code: 'too-few-patients' }),
    )
  })

  it('leave no PatientID and no name in what is kept', () => {
    const kept = identity({ patientId: 'MRN-4711', patientName: 'Doe^Jane', patientBirthDate: '19500101' })
    expect(kept).toHaveLength(2)
    for (const mark of kept) expect(mark).toMatch(/^[0-9a-f]{32}$/)
  })
})
