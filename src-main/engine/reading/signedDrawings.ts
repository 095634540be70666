import {
  accountKey,
  methodLabels,
  UmbraError,
  type ComparedCase,
  type DrawnStructure,
  type Geometry,
  type Protocol,
} from '@contract'
import type { VoxelRegistry } from '../session/voxelRegistry'
import { readLabelmap } from './labelmaps'
import { hideFrame } from './hidden'
import type { OpenRoom } from './handlers'
import type { Person } from './people'
import { appendAudit } from './store'
import { proposalsOf, readingsOf, studyOf, type StoredReading, type StoredStudy } from './studies'

/** One person's signed readings of the cases, of one source, first or second time. */
export interface SignedReading {
  /** As it stands in tables: the rater, and what tells two readings of theirs apart. */
  name: string
  rater: string
  source: string
  /** Ids by case; null where it is not signed. */
  ids: (string | null)[]
}

/** What is signed in a reading study, as the person who asks may know it. */
export interface SignedStudy {
  title: string
  structures: DrawnStructure[]
  /** In the order of the protocol. */
  cases: string[]
  readings: SignedReading[]
  /** The reading that the others are usually held against; null: each other. */
  reference: string | null
  /** How the readings were made, in sentences. */
  design: string[]
}

/** The signed readings of the case store, for whoever may compare them. Everything throws `not-allowed`. */
export interface SignedDrawings {
  study(session: string, studyId: string): SignedStudy
  /** Bit s of a voxel: in structure s. Throws `reading-changed` where it is not signed any more. */
  drawing(readingId: string): { geometry: Geometry; bits: Uint8Array }
  /** Two readings of a case, readable at `/voxels` until newer ones take their room. */
  pair(session: string, studyId: string, first: string, second: string): ComparedCase
  /** Into the audit trail. */
  note(session: string, studyId: string, action: string, detail: Record<string, unknown>): void
}

const PAIRS_KEPT = 4

export function createSignedDrawings(open: () => OpenRoom, voxels: VoxelRegistry): SignedDrawings {
  const registered: string[] = []

  /** The study and who asks, where they may. */
  function allowed(
    session: string,
    studyId: string,
  ): { study: StoredStudy; person: Person; all: StoredReading[] } {
    const { store, people } = open()
    const person = people.of(session)
    const study = studyOf(store, studyId)
    const all = readingsOf(store, studyId)
    const own = all.filter((reading) => reading.person === person.key)
    const done = own.length > 0 && own.every(({ state }) => state === 'signed')
    if (study.owner === person.key || (done && !study.protocol.blinding.raters)) return { study, person, all }
    throw new UmbraError({
      code: 'not-allowed',
      message: study.protocol.blinding.raters
        ? 'The raters of this study do not get to know each other’s readings.'
        : 'The agreement is shown when all of your own readings are signed.',
      hint: 'Ask the owner of the study.',
    })
  }

  function signed(readingId: string): {
    reading: StoredReading
    structures: DrawnStructure[]
    geometry: Geometry
  } {
    const { store } = open()
    const reading = store.get<StoredReading>('SELECT * FROM reading WHERE id = ?', readingId)
    if (reading?.state !== 'signed' || reading.geometry === null) {
      throw new UmbraError({
        code: 'reading-changed',
        message: 'A reading was opened again since.',
        hint: 'Make the report again.',
      })
    }
    const { structures } = studyOf(store, reading.study).protocol
    return { reading, structures, geometry: JSON.parse(reading.geometry) as Geometry }
  }

  function register(readingId: string): ComparedCase['drawings'][number] {
    const { reading, structures, geometry } = signed(readingId)
    const id = `labelmap-compared-${readingId}-${reading.revision}`
    const content = readLabelmap(open().store, readingId, structures, geometry.size)
    registered.splice(0, registered.length, ...registered.filter((known) => known !== id), id)
    while (registered.length > 2 * PAIRS_KEPT) voxels.forget(registered.shift() as string)
    return voxels.register(id, { voxels: content, geometry, frames: structures.length, unit: '' })
  }

  return {
    study: (session, studyId) => {
      const { study, person, all } = allowed(session, studyId)
      const hideMethods = study.owner !== person.key && study.protocol.blinding.source
      const proposals = proposalsOf(open().store, studyId)
      return describe(veiled(study, person), all, { owner: study.owner, hideMethods, proposals })
    },

    drawing: (readingId) => {
      const { structures, geometry } = signed(readingId)
      const layers = readLabelmap(open().store, readingId, structures, geometry.size)
      const bits = layers.slice(0, layers.length / structures.length)
      for (let s = 1; s < structures.length; s++) {
        const from = s * bits.length
        for (let i = 0; i < bits.length; i++) bits[i] |= layers[from + i] << s
      }
      return { geometry, bits }
    },

    pair: (session, studyId, first, second) => {
      const { study, person, all } = allowed(session, studyId)
      const readings = [first, second].map((id) => {
        const found = all.find((reading) => reading.id === id)
        if (!found) throw new UmbraError({ code: 'unknown-study', message: 'There is no such reading here.' })
        return found
      })
      const protocol = veiled(study, person)
      const subject = protocol.cases.find(({ key }) => key === readings[0].case_key)
      if (!subject || readings[1].case_key !== subject.key) {
        throw new UmbraError({ code: 'unknown-study', message: 'These readings are not of one case.' })
      }
      const drawings = [first, second].map(register)
      const sizes = drawings.map(({ geometry: { size } }) => size.join(' × '))
      if (sizes[0] !== sizes[1]) {
        throw new UmbraError({
          code: 'other-grid',
          message: `The two were drawn on different grids (${sizes.join(' and ')} voxels).`,
          hint: 'Their figures are in the report; they cannot be shown over one picture.',
        })
      }
      const { store, now } = open()
      for (const { id } of readings) {
        const entry = { actor: person.name, action: 'reading.looked-at', studyId, readingId: id }
        appendAudit(store, entry, now())
      }
      return {
        case: subject.name,
        readings: readings.map(({ id, source_key: key }) => ({
          readingId: id,
          source: protocol.sources.find((each) => each.key === key)?.name ?? key,
        })),
        structures: protocol.structures,
        drawings: drawings.map((drawing) => hideFrame(first, drawing)),
      }
    },

    note: (session, studyId, action, detail) => {
      const { store, people, now } = open()
      appendAudit(store, { actor: people.of(session).name, action, studyId, detail }, now())
    },
  }
}

/** The protocol as a rater who is not its owner may know it: cases and sources by their place alone. */
function veiled({ owner, protocol }: StoredStudy, person: Person): Protocol {
  const { patient, source } = owner === person.key ? { patient: false, source: false } : protocol.blinding
  return {
    ...protocol,
    cases: protocol.cases.map((each, i) => (patient ? { ...each, name: `Case ${i + 1}` } : each)),
    sources: protocol.sources.map((each, i) => (source ? { ...each, name: `Source ${i + 1}` } : each)),
  }
}

function describe(
  protocol: Protocol,
  all: readonly StoredReading[],
  {
    owner,
    hideMethods,
    proposals,
  }: { owner: string; hideMethods: boolean; proposals: ReturnType<typeof proposalsOf> },
): SignedStudy {
  const { cases, raters, sources } = protocol
  const readings = raters.flatMap(({ name: rater }): (SignedReading & { key: string; pass: number })[] => {
    const own = all.filter(({ person, state }) => person === accountKey(rater) && state === 'signed')
    const several = new Set(own.map(({ source_key: source }) => source)).size > 1
    return sources.flatMap(({ key, name: source }) =>
      [1, 2].flatMap((pass) => {
        const these = own.filter((reading) => reading.source_key === key && reading.pass === pass)
        if (these.length === 0) return []
        const ids = cases.map((each) => these.find(({ case_key }) => case_key === each.key)?.id ?? null)
        const name = `${rater}${several ? ` (${source})` : ''}${pass > 1 ? ' #2' : ''}`
        return [{ name, rater, source, ids, key, pass }]
      }),
    )
  })
  const method = (key: string) => sources.find((source) => source.key === key)?.method
  const firsts = readings.filter(({ pass }) => pass === 1)
  const [network, others] = [firsts, firsts].map((list, i) =>
    list.filter(({ key }) => (method(key) === 'cnn') === (i === 0)),
  )
  return {
    title: protocol.name,
    structures: protocol.structures,
    cases: named(cases.map(({ name }) => name)),
    readings: readings.map(({ name, rater, source, ids }) => ({ name, rater, source, ids })),
    reference: network.length > 0 && others.length === 1 ? others[0].name : null,
    design: [
      designOf(protocol, hideMethods),
      ...unblindedOwner(
        protocol,
        readings.find(({ rater }) => accountKey(rater) === owner),
      ),
      ...(protocol.assistance.proposals ? [helpOf(all, proposals)] : []),
    ],
  }
}

/** Names that tell the cases apart, where two patients are called alike. */
function named(names: string[]): string[] {
  return names.map((name, i) => {
    const before = names.slice(0, i).filter((other) => other === name).length
    return before > 0 ? `${name} #${before + 1}` : name
  })
}

const listed = (names: string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`

/** Whoever made the study sees what its other raters do not get to know, whatever the protocol says. */
function unblindedOwner({ blinding }: Protocol, reading: { rater: string } | undefined): string[] {
  if (!reading || (!blinding.patient && !blinding.source)) return []
  return [`${reading.rater} made the study and so was not blinded.`]
}

/** In how many of the signed readings a network's proposal was shown and taken over. */
function helpOf(all: readonly StoredReading[], proposals: ReturnType<typeof proposalsOf>): string {
  const signed = all.filter(({ state }) => state === 'signed')
  const counted = signed.map(({ id }) => proposals.get(id) ?? { shown: 0, accepted: 0 })
  const [shown, accepted] = [
    counted.filter((each) => each.shown > 0).length,
    counted.filter((each) => each.accepted > 0).length,
  ]
  return `A structure proposed by a network was shown in ${shown} of the ${signed.length} signed readings and taken over in ${accepted}.`
}

function designOf(
  { sources, order, blinding, washOutDays, rereads, assistance }: Protocol,
  hideMethods: boolean,
): string {
  const maps = sources.map(({ name, method }) =>
    hideMethods || name === methodLabels[method] ? name : `${name} (${methodLabels[method]})`,
  )
  const hidden = [
    ...(blinding.patient ? ['the patient'] : []),
    ...(blinding.source ? ['the source of the maps'] : []),
    ...(blinding.raters ? ['the readings of others'] : []),
  ]
  const helped = [
    ...(assistance.thresholds ? ['thresholds'] : []),
    ...(assistance.proposals ? ['proposals of a network'] : []),
  ]
  return (
    [
      `The structures were drawn slice by slice, and signed, in the reading room of Umbra on maps by ${listed(maps)}`,
      order.kind === 'random'
        ? `in an order of its own for each rater (seed ${order.seed})`
        : 'in the same order for all raters',
      hidden.length > 0 ? `without knowledge of ${listed(hidden)}` : 'unblinded',
      helped.length > 0 ? `${helped.join(' and ')} could be shown for help` : 'without proposals of any kind',
      ...(washOutDays > 0
        ? [`at least ${washOutDays} days lay between two readings of a case by one rater`]
        : []),
      ...(rereads ? ['some or all cases were read a second time (#2)'] : []),
    ].join('; ') + '.'
  )
}
