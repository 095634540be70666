import { describe, expect, it } from 'vitest'
import { protocolSchema, type ProtocolInput } from '@contract'
import { planReadings, washOut } from '../../../src-main/engine/reading/plan'
import { parseProtocol, protocolText } from '../../../src-main/engine/reading/protocolFile'
import { paperProtocol } from './room'

const protocol = (change: Partial<ProtocolInput> = {}) => protocolSchema.parse(paperProtocol(change))
const cases = Array.from({ length: 20 }, (_, i) => ({ key: `c${i}`, name: `Case ${i}`, paths: [`/c${i}`] }))

function orders(change: Partial<ProtocolInput>): Record<string, string[]> {
  const planned = planReadings(protocol({ cases, ...change }))
  const people = [...new Set(planned.map(({ person }) => person))]
  return Object.fromEntries(
    people.map((person) => [
      person,
      planned.filter((each) => each.person === person).map((each) => each.caseKey),
    ]),
  )
}

describe('the readings a protocol asks for', () => {
  it('are one for each rater, source and case that is assigned', () => {
    const planned = planReadings(protocol())
    expect(planned).toHaveLength(9)
    expect(
      new Set(planned.filter(({ sourceKey }) => sourceKey === 'gt').map(({ person }) => person)),
    ).toEqual(new Set(['rater three']))
  })

  it('come in the order of the protocol when it is fixed', () => {
    const { 'rater one': one, 'rater two': two } = orders({ order: { kind: 'fixed' } })
    expect(one).toEqual(cases.map(({ key }) => key))
    expect(two).toEqual(one)
  })

  it('come in another order for each rater, and the same for the same seed', () => {
    const first = orders({ order: { kind: 'random', seed: 7 } })
    expect(first['rater one']).not.toEqual(first['rater two'])
    expect([...first['rater one']].sort()).toEqual(cases.map(({ key }) => key).sort())
    expect(orders({ order: { kind: 'random', seed: 7 } })).toEqual(first)
    expect(orders({ order: { kind: 'random', seed: 8 } })).not.toEqual(first)
  })

  it('put every case at every place equally often over many seeds', () => {
    const seeds = 2000
    const few = cases.slice(0, 4)
    const parsed = protocol({ cases: few })
    const counts = new Array<number>(16).fill(0)
    for (let seed = 0; seed < seeds; seed++) {
      const planned = planReadings({ ...parsed, order: { kind: 'random', seed } })
      for (const { person, caseKey, place } of planned) {
        if (person === 'rater one') counts[few.findIndex(({ key }) => key === caseKey) * 4 + place - 1]++
      }
    }
    // χ² with 9 degrees of freedom: 27.9 is passed by chance once in a thousand.
    const expected = seeds / 4
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(chiSquare).toBeLessThan(27.9)
  })

  it('end with the re-reads', () => {
    const planned = planReadings(protocol({ rereads: { cases: ['b'] } }))
    const one = planned.filter(({ person }) => person === 'rater one')
    expect(one.map(({ pass }) => pass)).toEqual([1, 1, 1, 2])
    expect(one[3].caseKey).toBe('b')
  })
})

describe('the wash-out', () => {
  const now = new Date('2026-11-23T00:00:00Z')
  const earlier = { caseKey: 'a', place: 1, signed: '2026-11-10T00:00:00.000Z' }
  const later = { caseKey: 'a', place: 9, signed: null, pass: 1 }

  it('holds a case back until the days have passed', () => {
    expect(washOut(later, [earlier], 14, now)).toEqual({ waits: false, opensAt: '2026-11-24T00:00:00.000Z' })
    expect(washOut(later, [earlier], 13, now)).toEqual({ waits: false, opensAt: null })
  })
  it('waits for the earlier reading to be signed', () => {
    expect(washOut(later, [{ ...earlier, signed: null }], 14, now)).toEqual({ waits: true, opensAt: null })
  })
  it('lets other cases and earlier places be', () => {
    expect(washOut(later, [{ ...earlier, caseKey: 'b' }], 14, now).opensAt).toBeNull()
    expect(washOut({ ...later, place: 1 }, [{ ...earlier, place: 9 }], 14, now).opensAt).toBeNull()
  })
  it('makes a re-read wait for what it repeats even without days', () => {
    const open = { ...earlier, signed: null }
    expect(washOut({ ...later, pass: 2 }, [open], 0, now).waits).toBe(true)
    expect(washOut(later, [open], 0, now).waits).toBe(false)
  })
})

describe('a protocol as a file', () => {
  it('comes back as it was', () => {
    const whole = protocol({ rereads: { cases: ['a'] }, washOutDays: 21, order: { kind: 'fixed' } })
    expect(parseProtocol(protocolText(whole))).toEqual(whole)
    expect(parseProtocol(`\uFEFF${protocolText(whole)}`)).toEqual(whole)
  })

  it.each<[string, Partial<ProtocolInput>, RegExp]>([
    ['a rater who is not there', { assignments: [{ rater: 'r9', source: 'cnn' }] }, /no r9 among the raters/],
    ['a case that is not there', { rereads: { cases: ['z'] } }, /no z among the cases/],
    [
      'one person twice',
      {
        raters: [
          { key: 'r1', name: 'Rater One' },
          { key: 'r2', name: ' rater  ONE ' },
        ],
        assignments: [{ rater: 'r1', source: 'cnn' }],
      },
      /rater one is there twice/,
    ],
    ['no case', { cases: [] }, /cases/],
    ['no rater', { raters: [] }, /raters/],
    [
      'keys that are one file on some disks',
      { cases: ['a', 'A'].map((key) => ({ key, name: key, paths: ['/studies'] })) },
      /a is there twice/,
    ],
    [
      'two raters who look alike',
      {
        raters: [
          { key: 'r1', name: 'Rater One' },
          { key: 'r2', name: 'Rater\u200b One\u202e' },
        ],
        assignments: [{ rater: 'r1', source: 'cnn' }],
      },
      /rater one is there twice/,
    ],
  ])('is refused with %s, naming the field', (_, change, message) => {
    const text = JSON.stringify(paperProtocol(change))
    expect(() => parseProtocol(text)).toThrow(expect.objectContaining({ code: 'invalid-protocol' }))
    expect(() => parseProtocol(text)).toThrow(message)
  })

  it('is refused when it is no JSON, or another JSON altogether', () => {
    for (const text of [
      '',
      '{',
      '\0\0PNG',
      'null',
      '[]',
      '"protocol"',
      '['.repeat(100_000),
      '{"cases":1e999}',
    ]) {
      expect(() => parseProtocol(text)).toThrow(expect.objectContaining({ code: 'invalid-protocol' }))
    }
  })

  it('tells the first of hundreds of faults, in a few lines', () => {
    const cases = Array.from({ length: 500 }, () => ({ key: '', name: '', paths: [] }))
    try {
      parseProtocol(JSON.stringify(paperProtocol({ cases })))
      expect.unreachable()
    } catch (thrown) {
      const { message } = thrown as Error
      expect(message.split('\n').length).toBeLessThan(25)
      expect(message).toMatch(/and \d+ more$/)
    }
  })

  it('takes names as they are typed, markup included, without what nobody sees', () => {
    const name = '<b onclick="alert(1)">Ärzte & Söhne</b>'
    const [rater] = protocol({
      raters: [{ key: 'r1', name: ` ${name}\n\u202e` }],
      assignments: [{ rater: 'r1', source: 'cnn' }],
    }).raters
    expect(rater.name).toBe(name)
  })
})
