import { describe, expect, it } from 'vitest'
import { openSqlite } from '../../../src-main/engine/reading/store/database'
import { area, geometry, openRoom, openStudy, paperProtocol, sliceOf } from './room'

const DAY = 24 * 60 * 60 * 1000
const failing = (code: string) => expect.objectContaining({ code })

describe('signing in', () => {
  it('needs the PIN that was chosen the first time', async () => {
    const { ask } = openRoom()
    await expect(ask('reading.signIn', { name: 'Ada', pin: '1234' })).rejects.toThrow(
      failing('unknown-person'),
    )
    await ask('reading.signIn', { name: 'Ada', pin: '1234', first: true })
    await expect(ask('reading.signIn', { name: 'ada ', pin: '4321' })).rejects.toThrow(failing('wrong-pin'))
    expect((await ask('reading.signIn', { name: ' ada', pin: '1234' })).name).toBe('Ada')
    await expect(ask('reading.signIn', { name: 'ADA', pin: '1', first: true })).rejects.toThrow()
    await expect(ask('reading.signIn', { name: 'ADA', pin: '1111', first: true })).rejects.toThrow(
      failing('already-known'),
    )
  })

  it('is refused for a while after five wrong PINs, also with the right one and after a restart', async () => {
    const { ask, signIn, room, wait } = openRoom()
    await signIn('Ada', '1234')
    for (let i = 0; i < 5; i++) {
      await expect(ask('reading.signIn', { name: 'Ada', pin: '0000' })).rejects.toThrow(failing('wrong-pin'))
    }
    await expect(ask('reading.signIn', { name: 'Ada', pin: '1234' })).rejects.toThrow(failing('locked-out'))
    expect((await ask('reading.people', {})).people[0].lockedUntil).not.toBeNull()
    room.close()
    await expect(ask('reading.signIn', { name: 'Ada', pin: '1234' })).rejects.toThrow(failing('locked-out'))
    wait(31_000)
    await ask('reading.signIn', { name: 'Ada', pin: '1234' })
  })

  it('counts tries that come at the same time', async () => {
    const { ask, signIn } = openRoom()
    await signIn('Ada', '1234')
    const tries = Array.from({ length: 12 }, (_, i) => ask('reading.signIn', { name: 'Ada', pin: `000${i}` }))
    const codes = (await Promise.allSettled(tries)).map(
      (each) => each.status === 'rejected' && (each.reason as { code: string }).code,
    )
    expect(codes.filter((code) => code === 'wrong-pin')).toHaveLength(5)
    expect(codes.filter((code) => code === 'locked-out')).toHaveLength(7)
  })

  it('lasts over a restart, and ends after twelve hours or by signing out', async () => {
    const { ask, signIn, room, wait } = openRoom()
    const session = await signIn('Ada')
    room.close()
    await ask('reading.studies', { session })
    wait(12 * 60 * 60 * 1000)
    await expect(ask('reading.studies', { session })).rejects.toThrow(failing('signed-out'))
    const { session: again } = await ask('reading.signIn', { name: 'Ada', pin: '2468' })
    await ask('reading.signOut', { session: again })
    await expect(ask('reading.studies', { session: again })).rejects.toThrow(failing('signed-out'))
  })

  it('with a new PIN after the owner gave one', async () => {
    const { ask, owner, one, studyId } = await openStudy()
    const reset = { studyId, name: 'Rater One', newPin: '9999' }
    await expect(ask('reading.resetPin', { session: one, ...reset })).rejects.toThrow(failing('not-allowed'))
    await ask('reading.resetPin', { session: owner, ...reset })
    await expect(ask('reading.studies', { session: one })).rejects.toThrow(failing('signed-out'))
    await ask('reading.signIn', { name: 'Rater One', pin: '9999' })
  })
})

describe('a worklist', () => {
  it('holds the own readings only, and tells nothing that is blinded', async () => {
    const { one, worklist } = await openStudy()
    const items = await worklist(one)
    expect(items.map(({ label }) => label)).toEqual(['Reading 1', 'Reading 2', 'Reading 3'])
    expect(JSON.stringify(items)).not.toMatch(/Doe|cnn|CNN|NLR/)
  })

  it('names what is not blinded', async () => {
    const blinding = { patient: false, source: false, raters: true }
    const { one, worklist } = await openStudy({ blinding, order: { kind: 'fixed' } })
    expect((await worklist(one))[1]).toMatchObject({ label: 'Doe^Jane b', source: 'CNN' })
  })

  it('is all a rater sees of a study', async () => {
    const { ask, one, studyId } = await openStudy()
    for (const method of ['reading.study', 'reading.audit', 'reading.exportProtocol'] as const) {
      await expect(ask(method, { session: one, studyId })).rejects.toThrow(failing('not-allowed'))
    }
    const { studies } = await ask('reading.studies', { session: one })
    expect(studies).toMatchObject([{ owned: false, reads: true, progress: { open: 3, draft: 0, signed: 0 } }])
  })
})

describe('drawing', () => {
  async function begin(change = {}) {
    const study = await openStudy(change)
    const [{ readingId }] = await study.worklist(study.one)
    const opened = await study.ask('reading.open', { session: study.one, readingId })
    const lease = opened.lease as string
    const save = (slices: { structure: string; slice: number }[], bytes: Uint8Array, seconds = 10) =>
      study.ask('reading.save', { lease, geometry, slices, seconds }, bytes)
    return { ...study, readingId, opened, lease, save }
  }

  it('opens with what the page needs to show the maps, and with no more', async () => {
    const { opened } = await begin()
    expect(opened).toMatchObject({
      label: 'Reading 1',
      state: 'open',
      source: null,
      labelmap: null,
      readOnly: null,
      others: [],
    })
    expect(JSON.stringify(opened)).not.toMatch(/Doe|cnn|CNN|NLR|\/studies/)
    expect(opened.structures.map(({ key }) => key)).toEqual(['core', 'penumbra'])
  })

  it('gives back every voxel that was saved, structures overlapping', async () => {
    const { ask, one, room, readingId, lease, save } = await begin()
    const bytes = new Uint8Array([...sliceOf(20), ...sliceOf(50), ...sliceOf(3)])
    const slices = [
      { structure: 'core', slice: 1 },
      { structure: 'penumbra', slice: 1 },
      { structure: 'penumbra', slice: 3 },
    ]
    expect((await save(slices, bytes)).revision).toBe(1)
    expect((await save([{ structure: 'penumbra', slice: 3 }], sliceOf(0))).revision).toBe(2)
    await ask('reading.close', { lease, seconds: 42 })
    room.close()

    const { labelmap, seconds, state } = await ask('reading.open', { session: one, readingId })
    expect({ seconds, state }).toEqual({ seconds: 42, state: 'draft' })
    // The frame of reference is a UID of the files, which no rater is told.
    const { frameOfReference: _, ...grid } = geometry
    expect(labelmap).toMatchObject({ type: 'uint8', frames: 2, geometry: grid })
    const frames = [0, 1].map((frame) => room.readVoxels(labelmap?.id as string, frame))
    const expected = [new Uint8Array(area * 4), new Uint8Array(area * 4)]
    expected[0].set(sliceOf(20), area)
    expected[1].set(sliceOf(50), area)
    expect(frames).toEqual(expected)
  })

  it('knows the volumes in ml, also of a tilted stack', async () => {
    const { ask, one, lease, save, worklist } = await begin()
    await save([{ structure: 'core', slice: 0 }], sliceOf(20))
    expect((await worklist(one))[0].volumes.core).toBeCloseTo((20 * 0.5 * 0.5 * 5) / 1000, 12)
    await ask('reading.close', { lease, seconds: 1 })

    const [, { readingId }] = await worklist(one)
    const tilted = await ask('reading.open', { session: one, readingId })
    // Slices shifted by 30° of gantry tilt are 5 · cos 30° apart.
    const direction = [...geometry.direction] as typeof geometry.direction
    direction[2] = [0, Math.sin(Math.PI / 6), Math.cos(Math.PI / 6)]
    await ask(
      'reading.save',
      {
        lease: tilted.lease as string,
        geometry: { ...geometry, direction },
        slices: [{ structure: 'core', slice: 0 }],
        seconds: 1,
      },
      sliceOf(100),
    )
    const ml = (await worklist(one))[1].volumes.core
    expect(ml).toBeCloseTo((100 * 0.25 * 5 * Math.cos(Math.PI / 6)) / 1000, 12)
  })

  it('refuses bytes that are not the slices named, and keeps what was there', async () => {
    const { save, worklist, one } = await begin()
    await save([{ structure: 'core', slice: 0 }], sliceOf(20))
    const wrong: [{ structure: string; slice: number }, Uint8Array][] = [
      [{ structure: 'core', slice: 0 }, new Uint8Array(area - 1)],
      [{ structure: 'cyst', slice: 0 }, sliceOf(1)],
      [{ structure: 'core', slice: 4 }, sliceOf(1)],
    ]
    for (const [slice, bytes] of wrong) {
      await expect(save([slice], bytes)).rejects.toThrow(failing('wrong-bytes'))
    }
    const both = [
      { structure: 'core', slice: 0 },
      { structure: 'core', slice: 9 },
    ]
    await expect(save(both, new Uint8Array(2 * area).fill(1))).rejects.toThrow(failing('wrong-bytes'))
    expect((await worklist(one))[0].volumes.core).toBeCloseTo((20 * 1.25) / 1000, 12)
  })

  it('refuses another grid than the one it began on', async () => {
    const { ask, lease, save } = await begin()
    await save([], new Uint8Array())
    const other = { ...geometry, origin: [0, 0, 0] as [number, number, number] }
    await expect(ask('reading.save', { lease, geometry: other, slices: [], seconds: 1 })).rejects.toThrow(
      failing('other-grid'),
    )
  })

  it('leaves a second window to look only, until it takes over or the first is gone', async () => {
    const { ask, one, readingId, lease, save, wait } = await begin()
    const second = await ask('reading.open', { session: one, readingId })
    expect(second).toMatchObject({ lease: null, readOnly: { reason: 'open-elsewhere' } })

    const third = await ask('reading.open', { session: one, readingId, takeOver: true })
    expect(third.readOnly).toBeNull()
    await expect(save([], new Uint8Array())).rejects.toThrow(failing('lease-lost'))
    await expect(ask('reading.renew', { lease, seconds: 1 })).rejects.toThrow(failing('lease-lost'))

    wait(59_000)
    await ask('reading.renew', { lease: third.lease as string, seconds: 1 })
    wait(59_000)
    expect((await ask('reading.open', { session: one, readingId })).readOnly).not.toBeNull()
    wait(2_000)
    expect((await ask('reading.open', { session: one, readingId })).readOnly).toBeNull()
  })

  it('is no business of other raters', async () => {
    const { ask, two, readingId } = await begin()
    await expect(ask('reading.open', { session: two, readingId })).rejects.toThrow(failing('not-allowed'))
  })

  it('is locked by signing, which needs the PIN', async () => {
    const { ask, one, readingId, lease, save, worklist } = await begin()
    await expect(ask('reading.sign', { lease, pin: '2468', seconds: 1 })).rejects.toThrow(
      failing('nothing-saved'),
    )
    await save([{ structure: 'core', slice: 0 }], sliceOf(20))
    await expect(ask('reading.sign', { lease, pin: '1111', seconds: 1 })).rejects.toThrow(
      failing('wrong-pin'),
    )
    const { volumes } = await ask('reading.sign', { lease, pin: '2468', seconds: 77 })
    expect(volumes).toEqual({ core: (20 * 1.25) / 1000, penumbra: 0 })
    await expect(save([], new Uint8Array())).rejects.toThrow(failing('lease-lost'))
    expect((await worklist(one))[0]).toMatchObject({ state: 'signed', seconds: 77 })
    expect(await ask('reading.open', { session: one, readingId })).toMatchObject({
      lease: null,
      readOnly: { reason: 'signed' },
    })
  })

  it('goes on after a reopening with a reason, and what was signed is kept', async () => {
    const { ask, owner, one, two, studyId, readingId, lease, save } = await begin()
    await save([{ structure: 'core', slice: 0 }], sliceOf(20))
    await ask('reading.sign', { lease, pin: '2468', seconds: 1 })
    const reopen = { readingId, reason: 'wrong hemisphere' }
    await expect(ask('reading.reopen', { session: one, readingId, reason: ' ' })).rejects.toThrow()
    await expect(ask('reading.reopen', { session: two, ...reopen })).rejects.toThrow(failing('not-allowed'))
    await ask('reading.reopen', { session: owner, ...reopen })
    await expect(ask('reading.reopen', { session: owner, ...reopen })).rejects.toThrow(failing('not-signed'))
    expect((await ask('reading.open', { session: one, readingId })).state).toBe('draft')
    const { entries, check } = await ask('reading.audit', { session: owner, studyId })
    expect(check).toMatchObject({ whole: true, faults: [] })
    expect(entries.map(({ action, actor }) => `${actor}: ${action}`)).toEqual([
      'Owner: study.created',
      'Rater One: reading.opened',
      'Rater One: reading.begun',
      'Rater One: reading.signed',
      'Owner: reading.reopened',
      'Rater One: reading.opened',
    ])
    expect(entries[4].detail).toMatchObject({ reason: 'wrong hemisphere', revision: 1 })
  })

  it('leaves no patient’s name and no path in the audit trail', async () => {
    const { ask, owner, one, room, studyId, lease, save } = await begin()
    await save([{ structure: 'core', slice: 0 }], sliceOf(20))
    await ask('reading.sign', { lease, pin: '2468', seconds: 1 })
    await ask('reading.remove', { session: owner, studyId, pin: '2468' })
    const { audit, path } = await ask('reading.store', {})
    expect(audit).toMatchObject({ whole: true, entries: 11 })
    expect((await ask('reading.studies', { session: one })).studies).toEqual([])
    room.close()
    const store = openSqlite(path)
    const written = JSON.stringify(store.all('SELECT * FROM audit'))
    store.close()
    expect(written).toContain('study.removed')
    expect(written).not.toMatch(/Doe|Jane|studies\/|\bcase-/)
  })

  it('shows signed readings of others to the owner, and to raters only where raters are not blinded', async () => {
    const blinding = { patient: true, source: true, raters: false }
    const { ask, owner, one, two, readingId, lease, save, worklist, studyId } = await begin({ blinding })
    await save([{ structure: 'core', slice: 0 }], sliceOf(20))
    await expect(ask('reading.open', { session: owner, readingId })).rejects.toThrow(failing('not-allowed'))
    await ask('reading.sign', { lease, pin: '2468', seconds: 1 })
    expect(await ask('reading.open', { session: owner, readingId })).toMatchObject({
      lease: null,
      readOnly: { reason: 'not-yours' },
    })
    await expect(ask('reading.open', { session: two, readingId })).rejects.toThrow(failing('not-allowed'))

    const { readings } = await ask('reading.study', { session: owner, studyId })
    const { case: subject } = readings.find((each) => each.readingId === readingId) as { case: string }
    const same = readings.find((each) => each.rater === 'Rater Two' && each.case === subject)
    const mine = await ask('reading.open', { session: two, readingId: same?.readingId as string })
    await ask('reading.save', { lease: mine.lease as string, geometry, slices: [], seconds: 1 })
    await ask('reading.sign', { lease: mine.lease as string, pin: '2468', seconds: 1 })
    const again = await ask('reading.open', { session: two, readingId: same?.readingId as string })
    expect(again.others).toEqual([{ readingId, rater: 'Rater One', source: null }])
    expect((await ask('reading.open', { session: two, readingId })).labelmap).not.toBeNull()
    expect(await worklist(one)).toHaveLength(3)
  })

  it('waits out the days between two readings of a case', async () => {
    const study = await begin({ washOutDays: 14, rereads: { cases: 'all' }, order: { kind: 'fixed' } })
    const { ask, one, worklist, lease, save, wait } = study
    const reread = (await worklist(one))[3]
    expect(reread).toMatchObject({ waits: true })
    const open = () => ask('reading.open', { session: one, readingId: reread.readingId })
    await expect(open()).rejects.toThrow(failing('washing-out'))
    await save([], new Uint8Array())
    await ask('reading.sign', { lease, pin: '2468', seconds: 1 })
    expect((await worklist(one))[3]).toMatchObject({ waits: false, opensAt: '2026-12-07T10:00:00.000Z' })
    await expect(open()).rejects.toThrow(failing('washing-out'))
    wait(14 * DAY)
    const { session } = await ask('reading.signIn', { name: 'Rater One', pin: '2468' })
    expect((await ask('reading.open', { session, readingId: reread.readingId })).lease).not.toBeNull()
  })
})

describe('a study', () => {
  it('can be changed until its first stroke', async () => {
    const { ask, owner, one, studyId, worklist } = await openStudy()
    const protocol = paperProtocol({ assignments: [{ rater: 'r1', source: 'gt', cases: ['b'] }] })
    await ask('reading.update', { session: owner, studyId, protocol })
    const [{ readingId }, ...rest] = await worklist(one)
    expect(rest).toEqual([])
    const { lease } = await ask('reading.open', { session: one, readingId })
    await ask('reading.save', { lease: lease as string, geometry, slices: [], seconds: 1 })
    await expect(ask('reading.update', { session: owner, studyId, protocol })).rejects.toThrow(
      failing('study-begun'),
    )
  })

  it('goes out as one file and comes in as another study', async () => {
    const { ask, owner, studyId } = await openStudy()
    const { text, fileName } = await ask('reading.exportProtocol', { session: owner, studyId })
    expect(fileName).toBe('CNN-against-NLR.protocol.json')
    const imported = await ask('reading.import', { session: owner, text })
    const [first, second] = await Promise.all(
      [studyId, imported.studyId].map((id) => ask('reading.study', { session: owner, studyId: id })),
    )
    // Two studies of one name could not be told apart.
    expect(second.protocol).toEqual({ ...first.protocol, name: 'CNN against NLR (2)' })
    const order = ({ readings }: typeof first) => readings.map(({ rater, case: key }) => [rater, key])
    expect(order(second)).toEqual(order(first))
  })
})
