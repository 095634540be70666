import { describe, expect, it } from 'vitest'
import { perfusionSettingsSchema, protocolSchema, type FoundCase, type ProtocolInput } from '@contract'
import { auditCsv, detailText } from '../../../src-renderer/components/reading/audit'
import {
  addCases,
  asInThePaper,
  cellOf,
  draftFaults,
  draftOf,
  emptyDraft,
  newSource,
  newStructure,
  protocolOf,
  readingsOfRater,
} from '../../../src-renderer/components/reading/studyDraft'

const settings = perfusionSettingsSchema.parse({})
const found = (name: string, seriesUid: string | null = `1.2.${name.length}`): FoundCase => ({
  name,
  paths: [`/data/${name}`],
  seriesUid,
  description: 'CTP',
  timePoints: 45,
  slices: 16,
})

function paperDraft() {
  const draft = emptyDraft('Anna', settings)
  draft.name = 'CNN against deconvolution'
  addCases(draft, [found('a', '1'), found('b', '2'), found('c', '3')])
  asInThePaper(draft, settings)
  draft.raters[1].name = 'Ben'
  draft.raters[2].name = 'Cem'
  return draft
}

describe('a protocol in the form', () => {
  it('as in the paper: two raters read the network, a third the deconvolution', () => {
    const draft = paperDraft()
    expect(draftFaults(draft)).toEqual([])
    const protocol = protocolSchema.parse(protocolOf(draft))
    const methods = protocol.assignments.map(({ rater, source }) => [
      protocol.raters.find(({ key }) => key === rater)?.name,
      protocol.sources.find(({ key }) => key === source)?.method,
    ])
    expect(methods).toEqual([
      ['Anna', 'cnn'],
      ['Ben', 'cnn'],
      ['Cem', 'bennink'],
    ])
  })

  it('goes through the form unchanged, with everything an imported one may hold', () => {
    const imported: ProtocolInput = {
      ...protocolOf(paperDraft()),
      assignments: [
        { rater: 'rater-1', source: 'cnn', cases: ['case-2'] },
        { rater: 'rater-2', source: 'cnn' },
        { rater: 'rater-3', source: 'bennink' },
      ],
      rereads: { cases: ['case-1', 'case-3'] },
      order: { kind: 'random', seed: 77 },
      washOutDays: 21,
      assistance: { thresholds: false, proposals: true },
    }
    const protocol = protocolSchema.parse(imported)
    expect(protocolSchema.parse(protocolOf(draftOf(protocol)))).toEqual(protocol)
    const fixed = { ...protocol, order: { kind: 'fixed' as const }, rereads: { cases: 'all' as const } }
    expect(protocolSchema.parse(protocolOf(draftOf(fixed)))).toEqual(fixed)
  })

  it('counts what each rater has to read, re-reads included', () => {
    const draft = paperDraft()
    draft.cases[0].twice = true
    expect(readingsOfRater(draft, 'rater-1')).toBe(4)
    draft.reads[cellOf('rater-1', 'bennink')] = ['case-1', 'case-2']
    expect(readingsOfRater(draft, 'rater-1')).toBe(4 + 3)
    draft.cases.splice(1, 1)
    expect(readingsOfRater(draft, 'rater-1')).toBe(3 + 2)
    expect(draftFaults(draft)).toEqual([])
  })

  it('takes a case once, however often it is added, and tells namesakes apart', () => {
    const draft = emptyDraft('Anna', settings)
    expect(addCases(draft, [found('a', '1'), found('b', '2')])).toBe(2)
    expect(addCases(draft, [found('a', '1'), { ...found('a', '9'), paths: ['/other/a'] }])).toBe(1)
    expect(draft.cases.map(({ key, name }) => [key, name])).toEqual([
      ['case-1', 'a'],
      ['case-2', 'b'],
      ['case-3', 'a (2)'],
    ])
  })

  it('gives own structures a free label and another colour', () => {
    const draft = paperDraft()
    draft.structures.push(newStructure(draft.structures))
    draft.structures.push(newStructure(draft.structures))
    expect(draft.structures.map(({ label }) => label)).toEqual([1, 2, 3, 4])
    expect(new Set(draft.structures.map(({ colour }) => colour)).size).toBe(4)
    expect(new Set(draft.structures.map(({ key }) => key)).size).toBe(4)
  })

  it('says in words what is missing', () => {
    const draft = emptyDraft('Anna', settings)
    draft.raters.push({ key: 'rater-2', name: ' anna' })
    draft.structures.push({ ...newStructure(draft.structures), label: 1, maps: [] })
    const faults = draftFaults(draft).join('\n')
    for (const said of [
      'no name',
      'no case',
      'Two raters have the same name',
      'Two structures have the same label',
      'drawn on no map',
      'The code of a structure is not complete',
      'reads nothing',
    ]) {
      expect(faults).toContain(said)
    }
  })

  it('keeps two sources of one method apart', () => {
    const one = newSource('cnn', settings, [])
    const two = newSource('cnn', settings, [one])
    expect([one.key, two.key, two.name]).toEqual(['cnn', 'cnn-1', 'CNN 2'])
  })
})

describe('the audit trail as a file', () => {
  const entry = {
    number: 3,
    time: '2026-11-23T10:00:00.000Z',
    actor: 'Müller, Jo "JM"',
    action: 'reading.reopened',
    studyId: 's',
    readingId: 'r',
    detail: { reason: 'upper slices\nforgotten', revision: 4 },
    hash: 'ab',
  }
  it('keeps commas, quotes and line ends within their fields', () => {
    expect(auditCsv([entry])).toBe(
      'number,time,actor,action,study,reading,detail,hash\r\n' +
        '3,2026-11-23T10:00:00.000Z,"Müller, Jo ""JM""",reading.reopened,s,r,' +
        '"{""reason"":""upper slices\\nforgotten"",""revision"":4}",ab\r\n',
    )
  })
  it('holds no formula for a spreadsheet', () => {
    expect(auditCsv([{ ...entry, actor: '=1+1' }])).toContain(",'=1+1,")
  })
  it('says the details without the hashes', () => {
    const detail = { volumes: { core: 12.34567 }, content: 'ff', cases: ['a', 'b'] }
    expect(detailText({ detail })).toBe('volumes core 12.346, cases a b')
  })
})
