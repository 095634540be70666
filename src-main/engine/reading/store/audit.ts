import { createHash } from 'node:crypto'
import type { AuditCheck, AuditEntry } from '@contract'
import type { Sqlite } from './database'

export interface AuditRecord {
  /** The name of a person, or "Umbra". */
  actor: string
  action: string
  studyId?: string | null
  readingId?: string | null
  /** Counts, keys, reasons and hashes: never a patient's name or a path. */
  detail?: Record<string, unknown>
}

interface StoredEntry {
  number: number
  time: string
  actor: string
  action: string
  study: string | null
  reading: string | null
  detail: string
  hash: string
}

/** What the first entry follows. */
const GENESIS = '0'.repeat(64)

/** SHA-256 over the hash of the entry before and every field of this one, each unmistakable in a JSON array. */
function hashOf(before: string, entry: Omit<StoredEntry, 'hash'>): string {
  const { number, time, actor, action, study, reading, detail } = entry
  const text = JSON.stringify([before, number, time, actor, action, study, reading, detail])
  return createHash('sha256').update(text).digest('hex')
}

/** Adds an entry, within the transaction of what it tells of. */
export function appendAudit(store: Sqlite, record: AuditRecord, time = new Date()): void {
  store.transaction(() => {
    const last = store.get<{ number: number; hash: string }>(
      'SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1',
    )
    const entry = {
      number: (last?.number ?? 0) + 1,
      time: time.toISOString(),
      actor: record.actor,
      action: record.action,
      study: record.studyId ?? null,
      reading: record.readingId ?? null,
      detail: JSON.stringify(record.detail ?? {}),
    }
    store.run(
      'INSERT INTO audit (number, time, actor, action, study, reading, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      ...[entry.number, entry.time, entry.actor, entry.action, entry.study, entry.reading, entry.detail],
      hashOf(last?.hash ?? GENESIS, entry),
    )
  })
}

/** The entries of one study, the oldest first. */
export function auditOf(store: Sqlite, studyId: string): AuditEntry[] {
  return store
    .all<StoredEntry>('SELECT * FROM audit WHERE study = ? ORDER BY number', studyId)
    .map(({ study, reading, detail, ...entry }) => ({
      ...entry,
      studyId: study,
      readingId: reading,
      detail: JSON.parse(detail) as Record<string, unknown>,
    }))
}

type Fault = AuditCheck['faults'][number]

const BLOCK = 10_000

function checkChain(store: Sqlite): { entries: number; head: string; faults: Fault[] } {
  const faults: Fault[] = []
  let before = GENESIS
  let expected = 1
  for (;;) {
    const block = store.all<StoredEntry>(
      'SELECT * FROM audit WHERE number >= ? ORDER BY number LIMIT ?',
      expected,
      BLOCK,
    )
    for (const entry of block) {
      if (entry.number !== expected) {
        faults.push({ number: expected, message: `Entries ${expected} to ${entry.number - 1} are missing.` })
      } else if (hashOf(before, entry) !== entry.hash) {
        faults.push({ number: entry.number, message: `Entry ${entry.number} is not what was written.` })
      }
      before = entry.hash
      expected = entry.number + 1
    }
    if (block.length < BLOCK) break
  }
  const issued = store.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")?.seq ?? 0
  if (issued >= expected) {
    faults.push({ number: expected, message: `Entries ${expected} to ${issued} are missing at the end.` })
  }
  const { entries } = store.get<{ entries: number }>('SELECT count(*) AS entries FROM audit') ?? {
    entries: 0,
  }
  return { entries, head: before, faults }
}

/** SHA-256 over a reading as it stands: its grid and every stored slice, in order. */
export function contentHash(store: Sqlite, readingId: string): string {
  const hash = createHash('sha256')
  const reading = store.get<{ geometry: string | null }>(
    'SELECT geometry FROM reading WHERE id = ?',
    readingId,
  )
  hash.update(`${reading?.geometry}\n`)
  const slices = store.all<{ structure: string; slice: number; pixels: Uint8Array }>(
    'SELECT structure, slice, pixels FROM slice WHERE reading = ? ORDER BY structure, slice',
    readingId,
  )
  for (const { structure, slice, pixels } of slices) {
    hash.update(`${structure} ${slice} ${pixels.length}\n`)
    hash.update(pixels)
  }
  return hash.digest('hex')
}

/** Signed readings must be what their signatures say. */
function checkSignatures(store: Sqlite): Fault[] {
  const signed = store.all<{ id: string; number: number | null; detail: string | null }>(
    `SELECT reading.id, audit.number, audit.detail FROM reading LEFT JOIN audit ON audit.number =
       (SELECT max(number) FROM audit WHERE audit.reading = reading.id AND action = 'reading.signed')
     WHERE state = 'signed'`,
  )
  return signed.flatMap(({ id, number, detail }): Fault[] => {
    if (detail === null) return [{ number, message: `Reading ${id} is signed, but no entry says so.` }]
    const { content } = JSON.parse(detail) as { content?: unknown }
    if (content === contentHash(store, id)) return []
    return [{ number, message: `Reading ${id} is not what was signed.` }]
  })
}

function checkTriggers(store: Sqlite): Fault[] {
  const { triggers } = store.get<{ triggers: number }>(
    "SELECT count(*) AS triggers FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'",
  ) ?? { triggers: 0 }
  if (triggers === 2) return []
  return [{ number: null, message: 'What keeps the audit trail append-only was removed from the file.' }]
}

/**
 * Follows the chain of hashes from the first entry to the last, and compares every signed reading with its signature.
 * It finds entries that were changed, removed, put in or cut off, and drawings changed after they were signed. Someone
 * who computes the whole chain anew is found only by a `head` that was written down elsewhere.
 */
export function checkAudit(store: Sqlite): AuditCheck {
  const { faults, entries, head } = checkChain(store)
  faults.push(...checkSignatures(store), ...checkTriggers(store))
  return { whole: faults.length === 0, entries, faults: faults.slice(0, 100), head }
}
