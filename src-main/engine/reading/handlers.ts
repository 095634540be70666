import { homedir } from 'node:os'
import { isAbsolute } from 'node:path'
import { UmbraError, type QuickMethod, type readingMethods } from '@contract'
import { isMissing } from '../cases/caseFiles'
import { writeFileAtomically } from '../files/atomic'
import type { QuickHandlers } from '../handlers'
import type { People } from './people'
import { exportFolder, parseProtocol, protocolFileName, protocolText, untaken } from './protocolFile'
import type { Proposals } from './proposals'
import type { Readings } from './readings'
import { auditOf, backUp, bytesOnDisk, checkAudit, copyStore, lastBackup, type CaseStore } from './store'
import {
  createStudy,
  describeStudy,
  ownedStudy,
  progressOf,
  readsBlinded,
  removeStudy,
  studiesOf,
  studyOf,
  updateStudy,
  worklistOf,
} from './studies'

/** What the reading room works with, once its store is open. */
export interface OpenRoom {
  store: CaseStore
  people: People
  readings: Readings
  proposals: Proposals
  now: () => Date
}

export type ReadingHandlers = Pick<QuickHandlers, Extract<keyof typeof readingMethods, QuickMethod>>

function wholePath(path: string): string {
  if (isAbsolute(path)) return path
  throw new UmbraError({
    code: 'invalid-path',
    message: 'The path must be whole, from its root.',
    where: path,
  })
}

function peopleHandlers(open: () => OpenRoom) {
  return {
    'reading.people': () => ({ people: open().people.list() }),
    'reading.signIn': async ({ name, pin, first }) => {
      const { people, store } = open()
      const signedIn = await people.signIn(name, pin, first)
      return { ...signedIn, blinded: readsBlinded(store, people.of(signedIn.session)) }
    },
    'reading.signOut': ({ session }) => {
      open().people.signOut(session)
      return {}
    },
    'reading.changePin': async ({ session, pin, newPin }) => {
      const { people } = open()
      const person = people.of(session)
      await people.checkPin(person, pin)
      await people.setPin(person, newPin, { actor: person.name, action: 'person.pin-changed' })
      return {}
    },
    'reading.resetPin': async ({ session, studyId, name, newPin }) => {
      const { people, store } = open()
      const owner = people.of(session)
      ownedStudy(store, studyId, owner)
      const rater = people.find({ name })
      const reads =
        rater && store.get('SELECT 1 FROM reading WHERE study = ? AND person = ?', studyId, rater.key)
      if (!rater || !reads) {
        throw new UmbraError({ code: 'unknown-person', message: `${name} does not read in this study.` })
      }
      await people.setPin(rater, newPin, { actor: owner.name, action: 'person.pin-reset', studyId })
      return {}
    },
  } satisfies Partial<ReadingHandlers>
}

function studyHandlers(open: () => OpenRoom) {
  return {
    'reading.studies': ({ session }) => {
      const { store, people } = open()
      const person = people.of(session)
      return { studies: studiesOf(store, person), blinded: readsBlinded(store, person) }
    },
    'reading.create': ({ session, protocol }) => {
      const { store, people, now } = open()
      return { studyId: createStudy(store, protocol, people.of(session), now()) }
    },
    'reading.import': ({ session, text }) => {
      const { store, people, now } = open()
      const owner = people.of(session)
      const protocol = parseProtocol(text)
      const name = untaken(
        protocol.name,
        studiesOf(store, owner).map((study) => study.name),
      )
      return { studyId: createStudy(store, { ...protocol, name }, owner, now()) }
    },
    'reading.update': ({ session, studyId, protocol }) => {
      const { store, people, now } = open()
      updateStudy(store, studyId, protocol, people.of(session), now())
      return {}
    },
    'reading.study': ({ session, studyId }) => {
      const { store, people } = open()
      const person = people.of(session)
      const study = ownedStudy(store, studyId, person)
      const { protocol } = study
      return { ...describeStudy(store, study, person), protocol, readings: progressOf(store, study) }
    },
    'reading.exportProtocol': async ({ session, studyId, path }) => {
      const { store, people } = open()
      const { protocol } = ownedStudy(store, studyId, people.of(session))
      const text = protocolText(protocol)
      if (path !== null) await writeFileAtomically(wholePath(path), text)
      return { fileName: protocolFileName(protocol), text }
    },
    'reading.exportFolder': ({ session, studyId }) => {
      const { store, people } = open()
      const person = people.of(session)
      return { path: exportFolder(homedir(), studyOf(store, studyId).protocol, person.name) }
    },
    'reading.checkCases': ({ session, studyId }) => {
      const { store, people } = open()
      const { protocol } = ownedStudy(store, studyId, people.of(session))
      return { missing: protocol.cases.filter(isMissing).map(({ key }) => key) }
    },
    'reading.remove': async ({ session, studyId, pin }) => {
      const { store, people, now } = open()
      const person = people.of(session)
      ownedStudy(store, studyId, person)
      await people.checkPin(person, pin)
      removeStudy(store, studyId, person, now())
      return {}
    },
  } satisfies Partial<ReadingHandlers>
}

function drawingHandlers(open: () => OpenRoom) {
  return {
    'reading.worklist': ({ session, studyId }) => {
      const { store, people, now } = open()
      const person = people.of(session)
      const study = studyOf(store, studyId)
      return {
        study: describeStudy(store, study, person),
        items: worklistOf(store, study, person, now()),
      }
    },
    'reading.open': ({ session, readingId, takeOver }) => {
      const { people, readings } = open()
      return readings.open(people.of(session), readingId, takeOver)
    },
    'reading.renew': ({ lease, seconds }) => {
      open().readings.renew(lease, seconds)
      return {}
    },
    'reading.close': ({ lease, seconds }) => {
      open().readings.close(lease, seconds)
      return {}
    },
    'reading.save': (params, bytes) => open().readings.save(params, bytes),
    'reading.sign': async ({ lease, pin, seconds }) => {
      const { people, readings } = open()
      await people.checkPin({ key: readings.leased(lease).person }, pin)
      return readings.sign(lease, seconds)
    },
    'reading.propose': ({ lease, rule, structure }) => open().proposals.propose(lease, rule, structure),
    'reading.answerProposal': ({ lease, proposalId, answer }) => {
      open().proposals.answer(lease, proposalId, answer)
      return {}
    },
    'reading.reopen': ({ session, readingId, reason }) => {
      const { people, readings } = open()
      readings.reopen(people.of(session), readingId, reason)
      return {}
    },
  } satisfies Partial<ReadingHandlers>
}

function storeHandlers(open: () => OpenRoom) {
  return {
    'reading.audit': ({ session, studyId }) => {
      const { store, people } = open()
      ownedStudy(store, studyId, people.of(session))
      return { entries: auditOf(store, studyId), check: checkAudit(store) }
    },
    'reading.store': () => {
      const { store } = open()
      return {
        path: store.path,
        bytes: bytesOnDisk(store.path),
        unclean: store.unclean,
        recovered: store.recovered,
        lastBackup: lastBackup(store.path)?.toISOString() ?? null,
        audit: checkAudit(store),
      }
    },
    'reading.backup': ({ session, path }) => {
      const { store, people } = open()
      people.of(session)
      if (path === null) return { path: backUp(store) }
      copyStore(store, wholePath(path))
      return { path }
    },
  } satisfies Partial<ReadingHandlers>
}

/** The requests of the reading room; `open` opens its store on the first of them. */
export function readingHandlers(open: () => OpenRoom): ReadingHandlers {
  return { ...peopleHandlers(open), ...studyHandlers(open), ...drawingHandlers(open), ...storeHandlers(open) }
}
