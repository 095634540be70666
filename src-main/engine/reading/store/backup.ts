import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { UmbraError } from '@contract'
import { openSqlite, syncFolder, type Sqlite } from './database'

const KEPT = 7

const stamp = (time: Date): string => time.toISOString().replace(/[:.]/g, '-')
const folderOf = (path: string): string => join(dirname(path), 'backups')

/** The copies of a store, the newest first. */
export function backupsOf(path: string): string[] {
  const name = basename(path, '.db')
  try {
    return readdirSync(folderOf(path))
      .filter((each) => each.startsWith(`${name}-`) && each.endsWith('.db'))
      .sort()
      .reverse()
      .map((each) => join(folderOf(path), each))
  } catch {
    return []
  }
}

export function lastBackup(path: string): Date | null {
  const [newest] = backupsOf(path)
  return newest ? statSync(newest).mtime : null
}

/** Copies a store into one file: under its name only when it is whole and on the disk. Throws `write-failed`. */
export function copyStore(store: Sqlite, destination: string): void {
  const part = `${destination}.part`
  try {
    mkdirSync(dirname(destination), { recursive: true })
    rmSync(part, { force: true })
    store.run('VACUUM INTO ?', part)
    const file = openSync(part, 'r+')
    try {
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(part, destination)
    syncFolder(dirname(destination))
  } catch (thrown) {
    rmSync(part, { force: true })
    if (thrown instanceof UmbraError && thrown.code === 'disk-full') throw thrown
    throw new UmbraError({
      code: 'write-failed',
      message: `The copy of the reading studies was not written: ${(thrown as Error).message}.`,
      hint: 'Choose another folder.',
      where: destination,
    })
  } finally {
    try {
      rmdirSync(`${part}.lock`)
    } catch {
      // SQLite has removed it.
    }
  }
}

/** A dated copy beside the store; the last seven stay. */
export function backUp(store: Sqlite, time = new Date()): string {
  const destination = join(folderOf(store.path), `${basename(store.path, '.db')}-${stamp(time)}.db`)
  copyStore(store, destination)
  for (const old of backupsOf(store.path).slice(KEPT)) rmSync(old, { force: true })
  return destination
}

/** What SQLite finds wrong with a file; empty for a whole one. */
export function integrityFaults(store: Sqlite): string[] {
  const found = store
    .all<{ integrity_check: string }>('PRAGMA integrity_check(20)')
    .map((row) => row.integrity_check)
  const dangling = store
    .all<{ table: string }>('PRAGMA foreign_key_check')
    .map(({ table }) => `${table} refers to nothing`)
  return [...found.filter((text) => text !== 'ok'), ...dangling]
}

/** Whether a file can be opened and is whole. */
function isWhole(path: string): boolean {
  try {
    const store = openSqlite(path)
    try {
      return integrityFaults(store).length === 0
    } finally {
      store.close()
    }
  } catch {
    return false
  }
}

export interface Recovery {
  /** Where the damaged file lies now. */
  aside: string
  /** The copy that took its place; null: a new store was begun. */
  backup: string | null
}

/** Moves a damaged store aside, with its log, and puts a copy of the newest whole backup in its place. */
export function fallBack(path: string, time = new Date()): Recovery {
  const aside = `${path}.damaged-${stamp(time)}`
  renameSync(path, aside)
  if (statSync(`${path}-wal`, { throwIfNoEntry: false })) renameSync(`${path}-wal`, `${aside}-wal`)
  const backup = backupsOf(path).find(isWhole) ?? null
  if (backup) {
    const store = openSqlite(backup)
    try {
      copyStore(store, path)
    } finally {
      store.close()
    }
  }
  syncFolder(dirname(path))
  return { aside, backup }
}
