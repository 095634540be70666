import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { appendAudit, checkAudit, openCaseStore } from '../../../src-main/engine/reading/store'
import { backupsOf } from '../../../src-main/engine/reading/store/backup'
import { openSqlite } from '../../../src-main/engine/reading/store/database'
import { migrate, migrations, versionOf } from '../../../src-main/engine/reading/store/migrations'
import { geometry, openRoom, openStudy, sliceOf, temporaryFolder } from './room'

const failing = (code: string) => expect.objectContaining({ code })
const PAGE = 4096

function openStore(path: string) {
  const notices: string[] = []
  const store = openCaseStore(path, ({ message }) => notices.push(message))
  onTestFinished(() => store.close())
  return { store, notices }
}

/** A study with one signed reading and one begun, closed. */
async function finishedStudy() {
  const study = await openStudy()
  const [first, second] = await study.worklist(study.one)
  for (const { readingId } of [first, second]) {
    const { lease } = await study.ask('reading.open', { session: study.one, readingId })
    const slices = [{ structure: 'core', slice: 1 }]
    const save = { lease: lease as string, geometry, slices, seconds: 5 }
    await study.ask('reading.save', save, sliceOf(30))
    if (readingId === first.readingId) {
      await study.ask('reading.sign', { lease: lease as string, pin: '2468', seconds: 9 })
    }
  }
  study.room.close()
  return { ...study, signed: first.readingId }
}

describe('the file of the reading studies', () => {
  it('has a write-ahead log and full synchronisation', () => {
    const { store } = openStore(join(temporaryFolder(), 'studies.db'))
    expect(store.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' })
    expect(store.get('PRAGMA synchronous')).toEqual({ synchronous: 2 })
    expect(existsSync(`${store.path}-wal`)).toBe(true)
  })

  it('is all or nothing in a transaction', () => {
    const { store } = openStore(join(temporaryFolder(), 'studies.db'))
    const add = (key: string) =>
      store.run("INSERT INTO person VALUES (?, ?, '', x'', x'', 1, 0, NULL)", key, key)
    expect(() =>
      store.transaction(() => {
        add('a')
        store.transaction(() => add('b'))
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(store.all('SELECT * FROM person')).toEqual([])
  })

  it('leaves one file when it is closed', () => {
    const folder = temporaryFolder()
    openCaseStore(join(folder, 'studies.db'), () => undefined).close()
    expect(readdirSync(folder)).toEqual(['studies.db'])
  })
})

describe('a store of an earlier form', () => {
  const oldFile = resolve(__dirname, 'studies-form-1.db.gz')

  it('is copied, brought to the present form, and nothing of it is lost', async () => {
    const path = join(temporaryFolder(), 'studies.db')
    writeFileSync(path, gunzipSync(readFileSync(oldFile)))
    const before = openSqlite(path)
    expect(versionOf(before)).toBe(1)
    const readings = before.all('SELECT * FROM reading')
    const slices = before.all('SELECT * FROM slice')
    expect(slices.length).toBeGreaterThan(0)
    before.close()

    const { store, notices } = openStore(path)
    expect(versionOf(store)).toBe(migrations.length)
    expect(store.all('SELECT * FROM reading')).toEqual(readings)
    expect(store.all('SELECT * FROM slice')).toEqual(slices)
    expect(checkAudit(store)).toMatchObject({ whole: true, faults: [] })
    expect(notices).toEqual([])
    store.close()
    const copy = openSqlite(backupsOf(path).at(-1) as string)
    expect(versionOf(copy)).toBe(1)
    copy.close()

    const { ask } = openRoom(path)
    const { session } = await ask('reading.signIn', { name: 'Owner', pin: '2468' })
    const [{ studyId }] = (await ask('reading.studies', { session })).studies
    const signed = (await ask('reading.study', { session, studyId })).readings.find(
      ({ state }) => state === 'signed',
    )
    expect(signed?.volumes.core).toBeCloseTo((30 * 1.25) / 1000, 12)
    await ask('reading.reopen', { session, readingId: signed?.readingId as string, reason: 'a new form' })
  })

  it('stays as it was when a step fails', () => {
    const store = openSqlite(join(temporaryFolder(), 'studies.db'))
    onTestFinished(() => store.close())
    migrate(store, 1)
    store.exec('CREATE TABLE signed_slice (in_the_way)')
    expect(() => migrate(store)).toThrow(/already exists/)
    expect(versionOf(store)).toBe(1)
    expect(store.get("SELECT 1 FROM sqlite_schema WHERE name = 'signed_version'")).toBeNull()
  })

  it('is left alone when a later Umbra wrote it', () => {
    const path = join(temporaryFolder(), 'studies.db')
    const later = openSqlite(path)
    later.exec('PRAGMA user_version = 99')
    later.close()
    const bytes = readFileSync(path)
    expect(() => openCaseStore(path, () => undefined)).toThrow(failing('store-newer'))
    expect(readFileSync(path)).toEqual(bytes)
    expect(readdirSync(join(path, '..'))).toEqual(['studies.db'])
  })
})

describe('the audit trail', () => {
  it('refuses to be changed through SQL', async () => {
    const { path } = await finishedStudy()
    const { store } = openStore(path)
    expect(() => store.run("UPDATE audit SET actor = 'X'")).toThrow(/append-only/)
    expect(() => store.run('DELETE FROM audit')).toThrow(/append-only/)
    expect(() =>
      store.run("INSERT OR REPLACE INTO audit VALUES (1, '', '', '', NULL, NULL, '{}', '')"),
    ).toThrow(/append-only/)
  })

  it.each<[string, string, RegExp]>([
    [
      'an entry that was changed',
      "UPDATE audit SET actor = 'Nobody' WHERE number = 8",
      /Entry 8 is not what was/,
    ],
    ['a time that was changed', "UPDATE audit SET time = '2020' WHERE number = 3", /Entry 3 is not what was/],
    ['an entry that was taken out', 'DELETE FROM audit WHERE number = 5', /Entries 5 to 5 are missing/],
    [
      'entries cut off the end',
      'DELETE FROM audit WHERE number > 9',
      /Entries 10 to 1\d are missing at the end/,
    ],
    [
      'a signature without its entry',
      "UPDATE audit SET action = 'x' WHERE action = 'reading.signed'",
      /no entry says/,
    ],
    [
      'a drawing changed after it was signed',
      "UPDATE slice SET pixels = x'00', voxels = 0",
      /is not what was signed/,
    ],
    [
      'a slice added to what was signed',
      "INSERT INTO slice SELECT reading, 'penumbra', 2, 1, x'00' FROM slice",
      /is not what/,
    ],
    [
      'a grid changed after signing',
      "UPDATE reading SET geometry = replace(geometry, '0.5', '0.6')",
      /is not what was/,
    ],
  ])('finds %s', async (_, tampering, fault) => {
    const { path } = await finishedStudy()
    const file = openSqlite(path)
    expect(checkAudit(file)).toMatchObject({ whole: true, faults: [] })
    const triggers = file.all<{ sql: string }>("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
    file.exec('DROP TRIGGER audit_keeps_entries; DROP TRIGGER audit_changes_nothing')
    file.exec(tampering)
    for (const { sql } of triggers) file.exec(sql)
    const { whole, faults } = checkAudit(file)
    file.close()
    expect(whole).toBe(false)
    expect(faults.map(({ message }) => message).join('\n')).toMatch(fault)
  })

  it('finds that its guard was removed', async () => {
    const { store } = openStore(join(temporaryFolder(), 'studies.db'))
    store.exec('DROP TRIGGER audit_keeps_entries')
    expect(checkAudit(store).faults).toEqual([
      { number: null, message: expect.stringMatching(/append-only/) as string },
    ])
  })

  it('takes no entry when what it tells of fails', () => {
    const { store } = openStore(join(temporaryFolder(), 'studies.db'))
    expect(() =>
      store.transaction(() => {
        appendAudit(store, { actor: 'Ada', action: 'person.added' })
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(checkAudit(store)).toMatchObject({ whole: true, entries: 0 })
  })
})

describe('a copy of the store', () => {
  it('is made once a day, and seven are kept', async () => {
    // The first was made when a reading was signed.
    const { path } = await finishedStudy()
    expect(backupsOf(path)).toHaveLength(1)
    for (let day = 0; day < 9; day++) {
      for (const copy of backupsOf(path)) utimesSync(copy, new Date(0), new Date(0))
      openCaseStore(path, () => undefined).close()
      openCaseStore(path, () => undefined).close()
      expect(backupsOf(path)).toHaveLength(Math.min(day + 2, 7))
    }
  })

  it('can be made anywhere and is a whole store', async () => {
    const { ask, path, owner, room } = await finishedStudy()
    const copy = join(temporaryFolder(), 'elsewhere', 'copy.db')
    await ask('reading.backup', { session: owner, path: copy })
    room.close()
    const [original, copied] = [path, copy].map((each) => {
      const store = openSqlite(each)
      const rows = store.all('SELECT * FROM slice ORDER BY reading')
      const check = checkAudit(store)
      store.close()
      return { rows, check }
    })
    expect(copied).toEqual(original)
    expect(readdirSync(join(copy, '..'))).toEqual(['copy.db'])
  })

  it('takes the place of a damaged store, which is kept and said', async () => {
    const { path, ask, owner, room, notices, studyId } = await finishedStudy()
    await ask('reading.backup', { session: owner, path: null })
    room.close()
    const { size } = statSync(path)
    const file = openSync(path, 'r+')
    for (let page = 2; page < size / PAGE; page++) {
      writeSync(file, Buffer.alloc(2048, page), 0, 2048, page * PAGE)
    }
    closeSync(file)

    expect(await ask('reading.store', {})).toMatchObject({ recovered: true, audit: { whole: true } })
    expect(notices.join()).toMatch(/damaged and is kept as .*The copy .* took its place/s)
    expect(readdirSync(join(path, '..')).filter((name) => name.includes('.damaged-'))).toHaveLength(1)
    const { readings } = await ask('reading.study', { session: owner, studyId })
    expect(readings.filter(({ state }) => state === 'signed')).toHaveLength(1)
  })

  it('is passed over when it is damaged itself', async () => {
    const { path, ask, owner, room } = await finishedStudy()
    const { path: good } = await ask('reading.backup', { session: owner, path: null })
    room.close()
    const bad = good.replace('studies-2', 'studies-9')
    copyFileSync(good, bad)
    for (const each of [bad, path]) {
      const file = openSync(each, 'r+')
      writeSync(file, Buffer.alloc(100, 7), 0, 100, 0)
      closeSync(file)
    }
    const { store, notices } = openStore(path)
    expect(notices.join()).toContain(good)
    expect(store.all('SELECT id FROM study')).toHaveLength(1)
  })
})

describe('the store belongs to one process', () => {
  it('and is refused to another as long as that lives', async () => {
    const path = join(temporaryFolder(), 'studies.db')
    openStore(path)
    expect(() => openCaseStore(path, () => undefined)).toThrow(failing('store-in-use'))
    expect(() => openCaseStore(path, () => undefined)).toThrow(new RegExp(`process ${process.pid}`))
  })

  it('and is free when that was killed', async () => {
    const path = join(temporaryFolder(), 'studies.db')
    openCaseStore(path, () => undefined).close()
    const other = spawn('sleep', ['60'])
    const owner = { host: hostname(), pid: other.pid, started: '', token: 'x' }
    writeFileSync(`${path}.owner`, JSON.stringify(owner))
    mkdirSync(`${path}.lock`)
    expect(() => openCaseStore(path, () => undefined)).toThrow(failing('store-in-use'))
    other.kill('SIGKILL')
    await once(other, 'exit')
    expect(openStore(path).store.unclean).toBe(true)
  })
})
