import { randomBytes } from 'node:crypto'
import {
  accountKey,
  protocolSchema,
  UmbraError,
  type Geometry,
  type Protocol,
  type ReadingCase,
  type ReadingProgress,
  type ReadingState,
  type ReadingStudy,
  type WorklistItem,
} from '@contract'
import { volumesOf } from './labelmaps'
import type { Person } from './people'
import { planReadings, washOut } from './plan'
import { appendAudit, type Sqlite } from './store'

export interface StoredStudy {
  id: string
  owner: string
  created: string
  protocol: Protocol
}

export interface StoredReading {
  id: string
  study: string
  person: string
  case_key: string
  source_key: string
  pass: number
  place: number
  state: ReadingState
  geometry: string | null
  revision: number
  seconds: number
  saved: string | null
  signed: string | null
}

const newId = (): string => randomBytes(8).toString('hex')

const unknown = (what: string): UmbraError =>
  new UmbraError({
    code: 'unknown-study',
    message: `There is no such ${what} here.`,
    hint: 'Look at the list again.',
  })

export function studyOf(store: Sqlite, studyId: string): StoredStudy {
  const found = store.get<Omit<StoredStudy, 'protocol'> & { protocol: string }>(
    'SELECT * FROM study WHERE id = ?',
    studyId,
  )
  if (!found) throw unknown('reading study')
  return { ...found, protocol: protocolSchema.parse(JSON.parse(found.protocol)) }
}

export function readingOf(store: Sqlite, readingId: string): StoredReading {
  const found = store.get<StoredReading>('SELECT * FROM reading WHERE id = ?', readingId)
  if (!found) throw unknown('reading')
  return found
}

/** The study, for its owner only. Throws `not-allowed`. */
export function ownedStudy(store: Sqlite, studyId: string, person: Person): StoredStudy {
  const study = studyOf(store, studyId)
  if (study.owner === person.key) return study
  throw new UmbraError({
    code: 'not-allowed',
    message: 'Only who made the study may do this.',
    hint: 'Ask the owner of the study.',
  })
}

export const readingsOf = (store: Sqlite, studyId: string): StoredReading[] =>
  store.all<StoredReading>('SELECT * FROM reading WHERE study = ? ORDER BY person, place', studyId)

const geometryOf = ({ geometry }: StoredReading): Geometry | null =>
  geometry === null ? null : (JSON.parse(geometry) as Geometry)

export function volumesOfReading(
  store: Sqlite,
  reading: StoredReading,
  protocol: Protocol,
): Record<string, number> {
  const geometry = geometryOf(reading)
  return geometry ? volumesOf(store, reading.id, protocol.structures, geometry) : {}
}

/** A person may be called otherwise in the protocol than when they signed in: the protocol's name is shown. */
const raterName = ({ raters }: Protocol, person: string): string =>
  raters.find(({ name }) => accountKey(name) === person)?.name ?? person

function plan(store: Sqlite, studyId: string, protocol: Protocol): number {
  const readings = planReadings(protocol)
  for (const { person, caseKey, sourceKey, pass, place } of readings) {
    store.run(
      'INSERT INTO reading (id, study, person, case_key, source_key, pass, place) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[newId(), studyId, person, caseKey, sourceKey, pass, place],
    )
  }
  return readings.length
}

const counted = (
  { cases, sources, structures, raters }: Protocol,
  readings: number,
): Record<string, number> => ({
  cases: cases.length,
  sources: sources.length,
  structures: structures.length,
  raters: raters.length,
  readings,
})

export function createStudy(store: Sqlite, protocol: Protocol, owner: Person, now: Date): string {
  const id = newId()
  store.transaction(() => {
    const text = JSON.stringify(protocol)
    store.run('INSERT INTO study VALUES (?, ?, ?, ?)', id, owner.key, now.toISOString(), text)
    const detail = counted(protocol, plan(store, id, protocol))
    appendAudit(store, { actor: owner.name, action: 'study.created', studyId: id, detail }, now)
  })
  return id
}

/** Puts another protocol in place. Throws `study-begun` when something was drawn already. */
export function updateStudy(
  store: Sqlite,
  studyId: string,
  protocol: Protocol,
  owner: Person,
  now: Date,
): void {
  store.transaction(() => {
    ownedStudy(store, studyId, owner)
    if (readingsOf(store, studyId).some(({ state }) => state !== 'open')) {
      throw new UmbraError({
        code: 'study-begun',
        message: 'Readings of this study have begun: its protocol cannot change any more.',
        hint: 'Export the protocol, change it, and import it as another study.',
      })
    }
    store.run('DELETE FROM reading WHERE study = ?', studyId)
    store.run('UPDATE study SET protocol = ? WHERE id = ?', JSON.stringify(protocol), studyId)
    const detail = counted(protocol, plan(store, studyId, protocol))
    appendAudit(store, { actor: owner.name, action: 'study.changed', studyId, detail }, now)
  })
}

/** Puts cases where they lie now, also after readings have begun: what is read stays the same. */
export function moveCases(
  store: Sqlite,
  studyId: string,
  moved: readonly ReadingCase[],
  owner: Person,
  now: Date,
): void {
  store.transaction(() => {
    const { protocol } = ownedStudy(store, studyId, owner)
    const cases = protocol.cases.map((each) => moved.find(({ key }) => key === each.key) ?? each)
    store.run('UPDATE study SET protocol = ? WHERE id = ?', JSON.stringify({ ...protocol, cases }), studyId)
    const detail = { cases: moved.map(({ key }) => key) }
    appendAudit(store, { actor: owner.name, action: 'study.cases-moved', studyId, detail }, now)
  })
}

/** Whether a person reads, in a study of somebody else, without knowing the patient or the source. */
export function readsBlinded(store: Sqlite, { key }: Person): boolean {
  const found = store.get(
    `SELECT 1 FROM study WHERE owner <> ?1 AND id IN (SELECT study FROM reading WHERE person = ?1)
     AND (json_extract(protocol, '$.blinding.patient') OR json_extract(protocol, '$.blinding.source')) LIMIT 1`,
    key,
  )
  return found !== null
}

export function removeStudy(store: Sqlite, studyId: string, owner: Person, now: Date): void {
  store.transaction(() => {
    ownedStudy(store, studyId, owner)
    const detail = countStates(readingsOf(store, studyId))
    store.run('DELETE FROM study WHERE id = ?', studyId)
    appendAudit(store, { actor: owner.name, action: 'study.removed', studyId, detail }, now)
  })
}

function countStates(readings: StoredReading[]): ReadingStudy['progress'] {
  const progress = { open: 0, draft: 0, signed: 0 }
  for (const { state } of readings) progress[state]++
  return progress
}

/** A study as this person sees it in the list. */
export function describeStudy(store: Sqlite, study: StoredStudy, person: Person): ReadingStudy {
  const readings = readingsOf(store, study.id)
  const own = readings.filter((each) => each.person === person.key)
  const owned = study.owner === person.key
  const { name: owner } = store.get<{ name: string }>(
    'SELECT name FROM person WHERE key = ?',
    study.owner,
  ) ?? {
    name: study.owner,
  }
  const { name, description } = study.protocol
  return {
    studyId: study.id,
    name,
    description: owned ? description : '',
    created: study.created,
    owner,
    owned,
    reads: own.length > 0,
    progress: countStates(owned ? readings : own),
  }
}

/** Those a person owns or reads in, the newest first. */
export function studiesOf(store: Sqlite, person: Person): ReadingStudy[] {
  const found = store.all<{ id: string }>(
    `SELECT id FROM study WHERE owner = ?1 OR id IN (SELECT study FROM reading WHERE person = ?1)
     ORDER BY created DESC`,
    person.key,
  )
  return found.map(({ id }) => describeStudy(store, studyOf(store, id), person))
}

/** Every reading of a study, nothing hidden: rater by rater as the protocol names them, each in the order of reading. */
export function progressOf(store: Sqlite, { id, protocol }: StoredStudy): ReadingProgress[] {
  const proposals = proposalsOf(store, id)
  const rank = new Map(protocol.raters.map(({ name }, index) => [accountKey(name), index]))
  const rankOf = ({ person }: StoredReading): number => rank.get(person) ?? protocol.raters.length
  const readings = readingsOf(store, id).sort((a, b) => rankOf(a) - rankOf(b))
  return readings.map((reading) => ({
    readingId: reading.id,
    case: reading.case_key,
    source: reading.source_key,
    rater: raterName(protocol, reading.person),
    pass: reading.pass,
    place: reading.place,
    state: reading.state,
    seconds: reading.seconds,
    lastSaved: reading.saved,
    signedAt: reading.signed,
    volumes: volumesOfReading(store, reading, protocol),
    proposals: proposals.get(reading.id) ?? { shown: 0, accepted: 0 },
  }))
}

/** How often a network's proposals were shown in the readings of a study, and accepted, as the audit trail has it. */
export function proposalsOf(store: Sqlite, studyId: string): Map<string, ReadingProgress['proposals']> {
  const counted = store.all<{ reading: string; shown: number; accepted: number }>(
    `SELECT reading, sum(action = 'reading.proposal-shown') AS shown,
       sum(json_extract(detail, '$.answer') IN ('added', 'replaced', 'kept-within')) AS accepted
     FROM audit WHERE study = ? AND action IN ('reading.proposal-shown', 'reading.proposal-answered')
     GROUP BY reading`,
    studyId,
  )
  return new Map(counted.map(({ reading, shown, accepted }) => [reading, { shown, accepted: accepted ?? 0 }]))
}

/** What a reading is called before its rater. */
export function labelOf({ cases, blinding }: Protocol, { case_key: key, place }: StoredReading): string {
  if (blinding.patient) return `Reading ${place}`
  return cases.find((each) => each.key === key)?.name ?? key
}

/** The name of a reading's source where its rater may know it. */
export function sourceOf({ sources, blinding }: Protocol, { source_key: key }: StoredReading): string | null {
  return blinding.source ? null : (sources.find((each) => each.key === key)?.name ?? key)
}

export function washOutOf(
  { washOutDays }: Protocol,
  reading: StoredReading,
  own: StoredReading[],
  now: Date,
): ReturnType<typeof washOut> {
  const washed = ({ case_key, place, signed, pass }: StoredReading) => ({
    caseKey: case_key,
    place,
    signed,
    pass,
  })
  return washOut(washed(reading), own.map(washed), washOutDays, now)
}

/** A rater's own readings in their order, blinded as the protocol says. */
export function worklistOf(
  store: Sqlite,
  { id, protocol }: StoredStudy,
  person: Person,
  now: Date,
): WorklistItem[] {
  const own = readingsOf(store, id).filter((each) => each.person === person.key)
  return own.map((reading) => ({
    readingId: reading.id,
    label: labelOf(protocol, reading),
    source: sourceOf(protocol, reading),
    state: reading.state,
    seconds: reading.seconds,
    ...washOutOf(protocol, reading, own, now),
    lastSaved: reading.saved,
    signedAt: reading.signed,
    volumes: volumesOfReading(store, reading, protocol),
  }))
}
