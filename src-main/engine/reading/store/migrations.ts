import { UmbraError } from '@contract'
import type { Sqlite } from './database'

/**
 * The forms of the store, each reached from the one before. What stands here is never changed once it was released: a
 * change is a further entry. `PRAGMA user_version` counts them.
 */
export const migrations: readonly string[] = [
  // 1: people, studies, readings, their slices, the audit trail.
  `
  CREATE TABLE person (
    key TEXT PRIMARY KEY, name TEXT NOT NULL, created TEXT NOT NULL,
    salt BLOB NOT NULL, pin BLOB NOT NULL, cost INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0, locked_until TEXT
  ) STRICT;
  CREATE TABLE session (
    token BLOB PRIMARY KEY, person TEXT NOT NULL REFERENCES person (key) ON DELETE CASCADE, until TEXT NOT NULL
  ) STRICT;
  CREATE TABLE study (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL REFERENCES person (key), created TEXT NOT NULL, protocol TEXT NOT NULL
  ) STRICT;
  CREATE TABLE reading (
    id TEXT PRIMARY KEY,
    study TEXT NOT NULL REFERENCES study (id) ON DELETE CASCADE,
    person TEXT NOT NULL, case_key TEXT NOT NULL, source_key TEXT NOT NULL,
    pass INTEGER NOT NULL, place INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'draft', 'signed')),
    geometry TEXT, revision INTEGER NOT NULL DEFAULT 0, seconds REAL NOT NULL DEFAULT 0,
    saved TEXT, signed TEXT,
    UNIQUE (study, person, case_key, source_key, pass)
  ) STRICT;
  CREATE TABLE slice (
    reading TEXT NOT NULL REFERENCES reading (id) ON DELETE CASCADE,
    structure TEXT NOT NULL, slice INTEGER NOT NULL,
    voxels INTEGER NOT NULL, pixels BLOB NOT NULL,
    PRIMARY KEY (reading, structure, slice)
  ) STRICT;
  CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    time TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    study TEXT, reading TEXT, detail TEXT NOT NULL, hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_of_study ON audit (study);
  CREATE TRIGGER audit_keeps_entries BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
  CREATE TRIGGER audit_changes_nothing BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
  `,
  // 2: what was signed is kept when a reading is opened again.
  `
  CREATE TABLE signed_version (
    reading TEXT NOT NULL REFERENCES reading (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL, signed TEXT NOT NULL, seconds REAL NOT NULL, geometry TEXT NOT NULL,
    PRIMARY KEY (reading, revision)
  ) STRICT;
  CREATE TABLE signed_slice (
    reading TEXT NOT NULL, revision INTEGER NOT NULL, structure TEXT NOT NULL, slice INTEGER NOT NULL,
    voxels INTEGER NOT NULL, pixels BLOB NOT NULL,
    PRIMARY KEY (reading, revision, structure, slice),
    FOREIGN KEY (reading, revision) REFERENCES signed_version (reading, revision) ON DELETE CASCADE
  ) STRICT;
  `,
]

export function versionOf(store: Sqlite): number {
  return Number(store.get('PRAGMA user_version')?.user_version)
}

/**
 * Brings a store to the present form, each step whole or not at all. Throws `store-newer` for one that a later Umbra
 * wrote. `upTo` is for tests.
 */
export function migrate(store: Sqlite, upTo = migrations.length): void {
  const found = versionOf(store)
  if (found > migrations.length) {
    throw new UmbraError({
      code: 'store-newer',
      message: `The reading studies were written by a later version of Umbra (form ${found}; this one knows ${migrations.length}).`,
      hint: 'Install that version, or a later one. Nothing was changed.',
      where: store.path,
    })
  }
  for (let version = found; version < upTo; version++) {
    store.transaction(() => {
      store.exec(migrations[version])
      store.exec(`PRAGMA user_version = ${version + 1}`)
    })
  }
}
