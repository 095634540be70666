import {
  accountKey,
  UmbraError,
  type Geometry,
  type Input,
  type OpenReading,
  type Output,
  type VoxelArray,
} from '@contract'
import type { VoxelRegistry } from '../session/voxelRegistry'
import { lockedProblem, mayLook, notYours, refuseWashingOut } from './access'
import { gridText, readLabelmap, writeSlices, type ChangedSlices } from './labelmaps'
import { hiddenFrame, hideFrame, type ScanOrder } from './hidden'
import { createLeases, type Lease } from './leases'
import type { Person } from './people'
import { appendAudit, contentHash, type CaseStore, type Sqlite } from './store'
import { networkOf } from './proposals'
import {
  labelOf,
  readingOf,
  readingsOf,
  sourceOf,
  studyOf,
  volumesOfReading,
  type StoredReading,
  type StoredStudy,
} from './studies'

const LABELMAPS_KEPT = 8

/** Drawing in readings: opening, saving, signing. */
export interface Readings {
  open(person: Person, readingId: string, takeOver: boolean): OpenReading
  /** What is read, for whoever may open the reading. */
  orderScan(person: Person, readingId: string): ScanOrder
  renew(lease: string, seconds: number): void
  close(lease: string, seconds: number): void
  save(params: Input<'reading.save'>, bytes: Uint8Array): Output<'reading.save'>
  /** Whose lease it is, and of which reading; renewed. */
  leased(lease: string): Pick<Lease, 'readingId' | 'person'>
  sign(lease: string, seconds: number): Output<'reading.sign'>
  reopen(person: Person, readingId: string, reason: string): void
  /** Whether something is drawn, and whether this person may put another drawing there. Throws why not. */
  mayImport(person: Person, readingId: string): { drawn: boolean }
  /** Puts a drawing made elsewhere in the place of what is drawn; the reading is a draft then, for its rater to sign. */
  importDrawing(person: Person, readingId: string, drawing: ImportedDrawing): void
}

/** A drawing made elsewhere, on the grid of the maps. */
export interface ImportedDrawing extends ChangedSlices {
  /** Whether it may take the place of what is drawn. */
  replace: boolean
  /** For the audit trail: never a name or a path. */
  detail: Record<string, unknown>
}

export interface ReadingsParts {
  store: CaseStore
  /** What was drawn, for windows to read. */
  labelmaps: VoxelRegistry
  /** Of the files of a reading whose scan is in memory; its readers are told another. */
  frameOfReference: (readingId: string) => string | null
  now: () => Date
}

export function createReadings({ store, labelmaps, frameOfReference, now }: ReadingsParts): Readings {
  const leases = createLeases(now)
  const registered: string[] = []

  function audit(person: { name: string }, action: string, reading: StoredReading, detail = {}): void {
    appendAudit(
      store,
      { actor: person.name, action, studyId: reading.study, readingId: reading.id, detail },
      now(),
    )
  }
  const personOf = ({ person }: Lease): { name: string } =>
    (store as Sqlite).get<{ name: string }>('SELECT name FROM person WHERE key = ?', person) ?? {
      name: person,
    }

  /** Readable at `/voxels` until newer ones take its room. */
  function register(reading: StoredReading, { protocol }: StoredStudy): VoxelArray | null {
    if (reading.geometry === null) return null
    const geometry = JSON.parse(reading.geometry) as Geometry
    const id = `labelmap-${reading.id}-${reading.revision}`
    const content = readLabelmap(store, reading.id, protocol.structures, geometry.size)
    if (!registered.includes(id)) registered.push(id)
    while (registered.length > LABELMAPS_KEPT) labelmaps.forget(registered.shift() as string)
    const described = { voxels: content, geometry, frames: protocol.structures.length, unit: '' }
    return hideFrame(reading.id, labelmaps.register(id, described))
  }

  function describe(study: StoredStudy, reading: StoredReading, others: OpenReading['others']): OpenReading {
    const { protocol } = study
    return {
      readingId: reading.id,
      studyId: study.id,
      label: labelOf(protocol, reading),
      state: reading.state,
      source: sourceOf(protocol, reading),
      blinding: protocol.blinding,
      assistance: protocol.assistance,
      structures: protocol.structures,
      labelmap: register(reading, study),
      revision: reading.revision,
      seconds: reading.seconds,
      lease: null,
      readOnly: null,
      others,
    }
  }

  function othersOf(study: StoredStudy, reading: StoredReading, all: StoredReading[], person: Person) {
    return all
      .filter((each) => each.case_key === reading.case_key && each.person !== person.key)
      .filter((each) => mayLook(study, each, all, person))
      .map((each) => ({
        readingId: each.id,
        rater:
          study.protocol.raters.find(({ name }) => accountKey(name) === each.person)?.name ?? each.person,
        source: sourceOf(study.protocol, each),
      }))
  }

  function lookAt(
    study: StoredStudy,
    reading: StoredReading,
    all: StoredReading[],
    person: Person,
  ): OpenReading {
    if (!mayLook(study, reading, all, person)) throw notYours()
    audit(person, 'reading.looked-at', reading)
    const message = 'This is the signed reading of another person.'
    return { ...describe(study, reading, []), readOnly: { reason: 'not-yours', message } }
  }

  function open(person: Person, readingId: string, takeOver: boolean): OpenReading {
    const reading = readingOf(store, readingId)
    const study = studyOf(store, reading.study)
    const all = readingsOf(store, study.id)
    if (reading.person !== person.key) return lookAt(study, reading, all, person)
    const own = all.filter((each) => each.person === person.key)
    refuseWashingOut(study, reading, own, now())
    const opened = describe(study, reading, othersOf(study, reading, all, person))
    if (reading.state === 'signed') {
      return { ...opened, readOnly: { reason: 'signed', message: lockedProblem().message } }
    }
    const lease = leases.take(readingId, person.key, takeOver)
    if (!lease) {
      const message = 'Another window has this reading open: here it can only be looked at.'
      return { ...opened, readOnly: { reason: 'open-elsewhere', message } }
    }
    audit(person, takeOver ? 'reading.taken-over' : 'reading.opened', reading, { revision: reading.revision })
    return { ...opened, lease: lease.token }
  }

  const keepTime = (readingId: string, seconds: number): void =>
    store.run(
      "UPDATE reading SET seconds = max(seconds, ?) WHERE id = ? AND state <> 'signed'",
      seconds,
      readingId,
    )

  /** The grid that a window drew on, with the frame of reference it was not told. */
  function trueGrid(reading: StoredReading, geometry: Geometry): string {
    if (geometry.frameOfReference !== hiddenFrame(reading.id)) return gridText(geometry)
    const stored = reading.geometry && (JSON.parse(reading.geometry) as Geometry).frameOfReference
    return gridText({ ...geometry, frameOfReference: frameOfReference(reading.id) || stored || '' })
  }

  function refuseOtherGrid(reading: StoredReading, grid: string): void {
    if (reading.geometry === null || reading.geometry === grid) return
    const [before, after] = [reading.geometry, grid].map((text) => JSON.parse(text) as Geometry)
    const unknown = before.frameOfReference === '' || after.frameOfReference === ''
    const frame = after.frameOfReference
    if (unknown && gridText({ ...before, frameOfReference: frame }) === grid) return
    throw new UmbraError({
      code: 'other-grid',
      message: `This reading was drawn on another grid (${before.size.join(' × ')} voxels) than the maps shown (${after.size.join(' × ')}).`,
      hint: 'Open the series it was drawn on. What was saved is unchanged.',
    })
  }

  function orderScan(person: Person, readingId: string): ScanOrder {
    const reading = readingOf(store, readingId)
    const study = studyOf(store, reading.study)
    const all = readingsOf(store, study.id)
    const own = all.filter((each) => each.person === person.key)
    if (reading.person === person.key) refuseWashingOut(study, reading, own, now())
    else if (!mayLook(study, reading, all, person)) throw notYours()
    const { cases, sources, blinding } = study.protocol
    const subject = cases.find(({ key }) => key === reading.case_key)
    const source = sources.find(({ key }) => key === reading.source_key)
    if (!source || !subject) throw new Error(`reading ${reading.id} is of no case or source of its study`)
    return { readingId, subject, source, blinding, network: networkOf(study.protocol, source) }
  }

  /** Throws `not-allowed`, `signed`, `washing-out`. */
  function mayImport(person: Person, readingId: string): { drawn: boolean } {
    const reading = readingOf(store, readingId)
    const study = studyOf(store, reading.study)
    if (reading.person !== person.key && study.owner !== person.key) {
      throw new UmbraError({
        code: 'not-allowed',
        message: 'Only its rater and the owner of the study may put a drawing into a reading.',
      })
    }
    if (reading.state === 'signed') throw lockedProblem()
    const own = readingsOf(store, study.id).filter((each) => each.person === reading.person)
    refuseWashingOut(study, reading, own, now())
    return { drawn: store.get('SELECT 1 FROM slice WHERE reading = ? LIMIT 1', readingId) !== null }
  }

  function importDrawing(person: Person, readingId: string, drawing: ImportedDrawing): void {
    const grid = gridText(drawing.geometry)
    const { drawn } = mayImport(person, readingId)
    if (drawn && !drawing.replace) {
      throw new UmbraError({
        code: 'already-drawn',
        message: 'Something is drawn in this reading already.',
        hint: 'Say that it is to be replaced, or choose another reading.',
      })
    }
    const lease = leases.take(readingId, person.key, false)
    if (!lease) {
      throw new UmbraError({
        code: 'open-elsewhere',
        message: 'A window has this reading open.',
        hint: 'Close the reading there first.',
      })
    }
    try {
      store.transaction(() => {
        const reading = readingOf(store, readingId)
        refuseOtherGrid(reading, grid)
        store.run('DELETE FROM slice WHERE reading = ?', readingId)
        writeSlices(store, readingId, studyOf(store, reading.study).protocol.structures, drawing)
        store.run(
          "UPDATE reading SET state = 'draft', geometry = ?, revision = revision + 1, saved = ? WHERE id = ?",
          ...[grid, now().toISOString(), readingId],
        )
        if (reading.state === 'open') audit(person, 'reading.begun', reading)
        audit(person, 'reading.imported', reading, drawing.detail)
      })
    } finally {
      leases.end(lease.token)
    }
  }

  return {
    open,
    orderScan,
    mayImport,
    importDrawing,
    renew: (token, seconds) => {
      const { readingId } = leases.renew(token)
      store.transaction(() => keepTime(readingId, seconds))
    },
    close: (token, seconds) => {
      const lease = leases.renew(token)
      store.transaction(() => {
        keepTime(lease.readingId, seconds)
        const reading = readingOf(store, lease.readingId)
        audit(personOf(lease), 'reading.left', reading, {
          revision: reading.revision,
          seconds: Math.round(reading.seconds),
        })
      })
      leases.end(token)
    },

    save: ({ lease: token, geometry, slices, seconds }, bytes) => {
      const lease = leases.renew(token)
      const savedAt = now().toISOString()
      return store.transaction(() => {
        const reading = readingOf(store, lease.readingId)
        if (reading.state === 'signed') throw lockedProblem()
        const grid = trueGrid(reading, geometry)
        refuseOtherGrid(reading, grid)
        const { structures } = studyOf(store, reading.study).protocol
        writeSlices(store, reading.id, structures, { geometry, slices, bytes })
        const revision = reading.revision + 1
        store.run(
          "UPDATE reading SET state = 'draft', geometry = ?, revision = ?, saved = ? WHERE id = ?",
          ...[grid, revision, savedAt, reading.id],
        )
        keepTime(reading.id, seconds)
        if (reading.state === 'open') audit(personOf(lease), 'reading.begun', reading)
        return { revision, savedAt }
      })
    },

    leased: (token) => leases.renew(token),
    sign: (token, seconds) => {
      const lease = leases.renew(token)
      const signedAt = now().toISOString()
      const volumes = store.transaction(() => {
        keepTime(lease.readingId, seconds)
        const reading = readingOf(store, lease.readingId)
        if (reading.state === 'signed') throw lockedProblem()
        if (reading.state === 'open') {
          throw new UmbraError({
            code: 'nothing-saved',
            message: 'Nothing of this reading was saved yet.',
            hint: 'Draw, or save the empty reading of a normal case, and sign then.',
          })
        }
        store.run("UPDATE reading SET state = 'signed', signed = ? WHERE id = ?", signedAt, reading.id)
        const { protocol } = studyOf(store, reading.study)
        const ml = volumesOfReading(store, reading, protocol)
        audit(personOf(lease), 'reading.signed', reading, {
          revision: reading.revision,
          seconds: Math.round(reading.seconds),
          volumes: ml,
          content: contentHash(store, reading.id),
        })
        return ml
      })
      leases.end(token)
      store.backUpDaily()
      return { signedAt, volumes }
    },

    reopen: (person, readingId, reason) =>
      store.transaction(() => {
        const reading = readingOf(store, readingId)
        const study = studyOf(store, reading.study)
        if (reading.person !== person.key && study.owner !== person.key) {
          throw new UmbraError({
            code: 'not-allowed',
            message: 'Only its rater and the owner of the study may reopen a reading.',
          })
        }
        if (reading.state !== 'signed') {
          throw new UmbraError({
            code: 'not-signed',
            message: 'This reading is not signed: it is open already.',
          })
        }
        store.run(
          `INSERT INTO signed_version (reading, revision, signed, seconds, geometry)
           SELECT id, revision, signed, seconds, geometry FROM reading WHERE id = ?`,
          readingId,
        )
        store.run(
          'INSERT INTO signed_slice SELECT reading, ?, structure, slice, voxels, pixels FROM slice WHERE reading = ?',
          ...[reading.revision, readingId],
        )
        store.run(
          "UPDATE reading SET state = 'draft', signed = NULL, revision = revision + 1 WHERE id = ?",
          readingId,
        )
        audit(person, 'reading.reopened', reading, {
          reason,
          revision: reading.revision,
          signed: reading.signed,
        })
      }),
  }
}
