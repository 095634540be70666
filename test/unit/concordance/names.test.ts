import { describe, expect, it } from 'vitest'
import { fileNames } from '../../../src-main/engine/concordance/figures/volumes'
import { withShortNames } from '../../../src-main/engine/concordance/shortNames'

const long = 'Reader with a name that goes on and on'
const reportOf = (readings: string[], structures = ['core']) => ({
  readings: readings.map((name) => ({ name })),
  structures: structures.map((name) => ({ name })),
  pairs: [{ pair: `${readings[0]}/${readings[1]}`, first: readings[0], second: readings[1] }],
  groups: [{ structure: structures[0], readings }],
  notes: [`${readings[0]} lacks a case.`],
  figure: 0.1 + 0.2,
})

describe('names in tables and figures', () => {
  it('stay as they are where there is room for them', () => {
    const report = reportOf(['Rater One', 'Rater Two'])
    expect(withShortNames(report)).toEqual({ report, notes: [] })
  })

  it('are shortened everywhere alike, and it is said what they stand for', () => {
    const { report, notes } = withShortNames(reportOf([long, 'Rater Two'], [`${long}, a structure`]))
    const short = 'Reader with a name that…'
    expect(report.readings).toEqual([{ name: short }, { name: 'Rater Two' }])
    expect(report.pairs).toEqual([{ pair: `${short}/Rater Two`, first: short, second: 'Rater Two' }])
    expect(report.groups[0].readings).toEqual([short, 'Rater Two'])
    expect(report.notes).toEqual([`${long} lacks a case.`])
    expect(report.figure).toBe(0.1 + 0.2)
    expect(notes).toContain(`In tables and figures, ${short} stands for ${long}.`)
    expect(notes).toHaveLength(2)
  })

  it('are never the same for two', () => {
    const { report } = withShortNames(reportOf([`${long} A`, `${long} B`, `${long} C`]))
    const names = report.readings.map(({ name }) => name)
    expect(new Set(names).size).toBe(3)
    for (const name of names) expect(name.length).toBeLessThanOrEqual(24)
  })
})

describe('the files of a structure', () => {
  it('are apart, also where its name has no letter that a file name takes', () => {
    const structures = ['Core', 'core', 'Ödem', '梗塞', '半暗帯'].map((name) => ({ name, values: null }))
    const names = fileNames({ structures })
    expect(names).toEqual(['core', 'core-2', 'odem', 'structure', 'structure-2'])
  })
})
