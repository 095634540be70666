import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { UmbraError, type Warning } from '@contract'
import { writeFailure } from '../../files/atomic'
import { takeOwnership, type OtherOwner, type Ownership } from '../../files/ownership'
import { backUp, fallBack, integrityFaults, lastBackup } from './backup'
import { openSqlite, type Sqlite } from './database'
import { migrate, migrations, versionOf } from './migrations'

export { appendAudit, auditOf, checkAudit, contentHash } from './audit'
export { backUp, copyStore, lastBackup } from './backup'
export { bytesOnDisk, type Sqlite } from './database'

const DAY = 24 * 60 * 60 * 1000

/** The file of the reading studies, opened, checked and in the present form. */
export interface CaseStore extends Sqlite {
  /** Whether the program that had it before ended without closing it. */
  readonly unclean: boolean
  /** Whether it was damaged and a copy took its place. */
  readonly recovered: boolean
  /** Copies the store beside itself when the last copy is a day old. */
  backUpDaily(): void
}

const storeInUse = (where: string, other: OtherOwner | null): UmbraError =>
  new UmbraError({
    code: 'store-in-use',
    message: other
      ? `The reading studies are open in another Umbra (process ${other.pid} on ${other.host}).`
      : 'Other programs contend for the reading studies.',
    hint: 'Close it there first. If none runs there any more, delete the file named here.',
    where,
  })

const hasStudies = (store: Sqlite): boolean =>
  versionOf(store) > 0 && store.get('SELECT 1 FROM study LIMIT 1') !== null

function openChecked(path: string): Sqlite {
  const store = openSqlite(path)
  try {
    const faults = integrityFaults(store)
    if (faults.length === 0) return store
    throw new UmbraError({ code: 'store-damaged', message: faults.join('; '), where: path })
  } catch (thrown) {
    store.close()
    throw thrown
  }
}

/** Opens the store; a damaged one is set aside and the newest whole copy takes its place. */
function openOrFallBack(
  path: string,
  report: (warning: Warning) => void,
): { store: Sqlite; recovered: boolean } {
  try {
    return { store: openChecked(path), recovered: false }
  } catch (thrown) {
    if (!(thrown instanceof UmbraError) || thrown.code !== 'store-damaged' || !existsSync(path)) throw thrown
    const { aside, backup } = fallBack(path)
    report({
      code: 'store-damaged',
      message:
        `The file of the reading studies was damaged and is kept as ${aside}. ` +
        (backup ? `The copy ${backup} took its place.` : 'There was no whole copy: it begins anew.'),
      hint: 'What was drawn since that copy is in the damaged file only: keep it, and have it looked at.',
    })
    return { store: openChecked(path), recovered: true }
  }
}

/**
 * Opens the store of the reading studies for this process alone (SQLite's own lock here is a folder, which a process that
 * is killed leaves behind; the file of its owner says whose it was), checks that it is whole, copies it when it is about to
 * change its form or the last copy is a day old, and brings it to the present form. `report` hears what a person should
 * know. Throws `store-in-use`, `store-newer`, `disk-full` or `write-failed`.
 */
export function openCaseStore(path: string, report: (warning: Warning) => void): CaseStore {
  let ownership: Ownership
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    ownership = takeOwnership(`${path}.owner`, (other) => storeInUse(`${path}.owner`, other))
  } catch (thrown) {
    throw thrown instanceof UmbraError ? thrown : writeFailure(thrown, path)
  }
  let store: Sqlite | null = null

  const copyOrReport = (opened: Sqlite): void => {
    try {
      backUp(opened)
    } catch (thrown) {
      report({ code: 'no-backup', message: (thrown as Error).message })
    }
  }
  const backUpDaily = (opened: Sqlite): void => {
    const last = lastBackup(path)
    const due = last === null || Date.now() - last.getTime() > DAY
    if (due && hasStudies(opened)) copyOrReport(opened)
  }

  try {
    const { store: opened, recovered } = openOrFallBack(path, report)
    store = opened
    if (versionOf(opened) < migrations.length && hasStudies(opened)) copyOrReport(opened)
    migrate(opened)
    backUpDaily(opened)
    return {
      ...opened,
      unclean: ownership.unclean,
      recovered,
      backUpDaily: () => backUpDaily(opened),
      close: () => {
        opened.close()
        ownership.release()
      },
    }
  } catch (thrown) {
    store?.close()
    ownership.release()
    throw thrown
  }
}
