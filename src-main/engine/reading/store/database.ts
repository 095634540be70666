import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, rmdirSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { Database } from 'node-sqlite3-wasm'
import { UmbraError } from '@contract'

type Value = number | string | Uint8Array | null
export type Row = Record<string, Value>

/** One SQLite file, used by one process. Every call is done when it returns. */
export interface Sqlite {
  readonly path: string
  all<R extends object = Row>(sql: string, ...values: Value[]): R[]
  get<R extends object = Row>(sql: string, ...values: Value[]): R | null
  run(sql: string, ...values: Value[]): void
  exec(sql: string): void
  /**
   * Everything `work` writes, or nothing of it. On the disk (fsync) when this returns. Within another transaction it is
   * a part of that one. Throws `disk-full` or `store-failed` where the disk failed; then nothing of it was written.
   */
  transaction<T>(work: () => T): T
  close(): void
}

/** SQLite creates files without telling the folder's own blocks to the disk. */
export function syncFolder(folder: string): void {
  // Windows has no such call, and needs none: NTFS keeps a log of its folders.
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

const PROBE = 256 * 1024

/** Whether the disk of `path` takes nothing more. SQLite's file layer here tells a full disk from no other failure. */
function isDiskFull(path: string): boolean {
  const probe = `${path}.probe`
  try {
    const file = openSync(probe, 'w', 0o600)
    try {
      writeSync(file, Buffer.alloc(PROBE, 1))
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    return false
  } catch (thrown) {
    return ['ENOSPC', 'EDQUOT'].includes((thrown as NodeJS.ErrnoException).code ?? '')
  } finally {
    rmSync(probe, { force: true })
  }
}

const damage = /malformed|not a database|corrupt/i
const diskTrouble = /disk I\/O error|is full|unable to open/i

/** What a failure of SQLite means to a person; anything that is not one of the disk stays as it is. */
function failureOf(thrown: unknown, path: string): unknown {
  if (!(thrown instanceof Error) || thrown.name !== 'SQLite3Error') return thrown
  if (damage.test(thrown.message)) {
    return new UmbraError({
      code: 'store-damaged',
      message: `The file of the reading studies is damaged: ${thrown.message}.`,
      hint: 'Start Umbra again: it checks the file and falls back to the last copy that is whole.',
      where: path,
    })
  }
  if (!diskTrouble.test(thrown.message)) return thrown
  if (isDiskFull(path)) {
    return new UmbraError({
      code: 'disk-full',
      message: 'The disk is full: this was not saved. What was saved before is still there.',
      hint: 'Free some space on the disk of the reading studies; the drawing is kept in this window and saved then.',
      where: path,
    })
  }
  return new UmbraError({
    code: 'store-failed',
    message: `The disk failed: this was not saved (${thrown.message}). What was saved before is still there.`,
    hint: 'Look after the disk of the reading studies. The drawing is kept in this window.',
    where: path,
  })
}

/**
 * Opens an SQLite file with a write-ahead log and full synchronisation. The caller owns the file (`takeOwnership`): a
 * lock that is there is left from a process that was killed. The lock is exclusive for as long as the file is open,
 * which is what lets the log work without memory shared between processes.
 */
export function openSqlite(path: string): Sqlite {
  mkdirSync(dirname(path), { recursive: true })
  try {
    rmdirSync(`${path}.lock`)
  } catch {
    // There is none.
  }
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (thrown) {
      throw failureOf(thrown, path)
    }
  }
  const database = guarded(() => new Database(path))
  let depth = 0

  try {
    guarded(() => {
      database.exec('PRAGMA locking_mode = EXCLUSIVE')
      const mode = database.get('PRAGMA journal_mode = WAL') as { journal_mode: string }
      if (mode.journal_mode !== 'wal') {
        throw new Error(`SQLite keeps a ${mode.journal_mode} journal, not a log`)
      }
      database.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF')
      // Without it INSERT OR REPLACE deletes past the triggers that keep the audit trail.
      database.exec('PRAGMA recursive_triggers = ON')
      // Touches the file, so that the log exists before the folder is synchronised.
      database.exec('BEGIN IMMEDIATE; COMMIT')
    })
    syncFolder(dirname(path))
  } catch (thrown) {
    database.close()
    throw thrown
  }

  function rollBack(): void {
    try {
      if (database.inTransaction) database.exec('ROLLBACK')
    } catch {
      // SQLite has rolled back by itself.
    }
  }

  return {
    path,
    all: <R extends object>(sql: string, ...values: Value[]) =>
      guarded(() => database.all(sql, values) as unknown as R[]),
    get: <R extends object>(sql: string, ...values: Value[]) =>
      guarded(() => database.get(sql, values) as unknown as R | null),
    run: (sql, ...values) => guarded(() => void database.run(sql, values)),
    exec: (sql) => guarded(() => database.exec(sql)),
    transaction: (work) => {
      if (depth > 0) return work()
      return guarded(() => {
        database.exec('BEGIN IMMEDIATE')
        depth++
        try {
          const outcome = work()
          database.exec('COMMIT')
          return outcome
        } catch (thrown) {
          rollBack()
          throw thrown
        } finally {
          depth--
        }
      })
    },
    close: () => {
      if (database.isOpen) database.close()
    },
  }
}

/** Bytes of the file and its log. */
export function bytesOnDisk(path: string): number {
  return ['', '-wal'].reduce(
    (sum, end) => sum + (statSync(path + end, { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
}
