import {
  problemOf,
  type Input,
  type Output,
  type Problem,
  type ProtocolInput,
  type ReadingStudy,
  type WorklistItem,
} from '@contract'
import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import { z } from 'zod'
import { useEngine } from '../engine/client'
import { readSignedIn, writeSignedIn } from './signedIn'
import { readStored, writeStored } from './stored'

const IDLE_KEY = 'umbra.reading.idle'
/** After how many minutes without input a person may choose to be signed out. */
export const idleChoices = [5, 15, 30, 60] as const
const idleSchema = z.object({
  version: z.literal(1).default(1),
  minutes: z.number().int().min(1).max(240).default(15),
})

export type OwnedStudy = Output<'reading.study'>

/** Who reads, the studies they take part in, and their worklist. The session lasts as long as this window's tab. */
export const useReadingStore = defineStore('reading', () => {
  const engine = useEngine()
  const remembered = readSignedIn()

  const session = ref(remembered.session)
  const person = ref(remembered.name)
  const studyId = ref(remembered.studyId)
  /** Whether this person must not get to know patients or sources: the engine then answers this room only. */
  const blinded = ref(remembered.session !== null && remembered.blinded)
  /** Of this machine: without input for so long, a person is signed out. */
  const idleMinutes = ref(readStored(localStorage, IDLE_KEY, idleSchema).minutes)
  watch(idleMinutes, (minutes) => writeStored(localStorage, IDLE_KEY, { version: 1, minutes }))
  const people = shallowRef<string[]>([])
  const studies = shallowRef<ReadingStudy[]>([])
  const worklist = shallowRef<WorklistItem[]>([])
  const owned = shallowRef<OwnedStudy | null>(null)
  const problem = shallowRef<Problem | null>(null)

  const remember = (): void =>
    writeSignedIn({
      session: session.value,
      name: person.value,
      studyId: studyId.value,
      blinded: blinded.value,
    })

  function forgetPerson(): void {
    session.value = null
    person.value = null
    blinded.value = false
    studies.value = []
    worklist.value = []
    owned.value = null
    remember()
  }

  /** Runs a request; its failure becomes the room's problem, and an ended session asks to sign in again. */
  async function trying<T>(request: () => Promise<T>): Promise<T | null> {
    problem.value = null
    try {
      return await request()
    } catch (error) {
      problem.value = problemOf(error)
      if (problem.value.code === 'signed-out') forgetPerson()
      return null
    }
  }

  async function refreshPeople(): Promise<void> {
    // Why somebody was signed out stays to be read.
    const answer = await engine.call('reading.people', {}).catch((error: unknown) => {
      problem.value = problemOf(error)
    })
    if (answer) people.value = answer.people.map(({ name }) => name)
  }

  async function signIn(input: Input<'reading.signIn'>): Promise<boolean> {
    const answer = await trying(() => engine.call('reading.signIn', input))
    if (answer === null) return false
    session.value = answer.session
    person.value = answer.name
    blinded.value = answer.blinded
    remember()
    await refresh()
    return true
  }

  async function signOut(): Promise<void> {
    const token = session.value
    if (token !== null) await trying(() => engine.call('reading.signOut', { session: token }))
    forgetPerson()
  }

  /** The studies, and what is known of the chosen one. */
  async function refresh(): Promise<void> {
    const token = session.value
    if (token === null) return
    const answer = await trying(() => engine.call('reading.studies', { session: token }))
    if (answer === null) return
    studies.value = answer.studies
    blinded.value = answer.blinded
    const known = answer.studies.find((each) => each.studyId === studyId.value) ?? answer.studies[0] ?? null
    await choose(known?.studyId ?? null)
  }

  async function choose(id: string | null): Promise<void> {
    studyId.value = id
    remember()
    const token = session.value
    const study = studies.value.find((each) => each.studyId === id)
    if (token === null || study === undefined) {
      worklist.value = []
      owned.value = null
      return
    }
    const asked = { session: token, studyId: study.studyId }
    const [items, all] = await Promise.all([
      study.reads ? trying(() => engine.call('reading.worklist', asked)) : null,
      study.owned ? trying(() => engine.call('reading.study', asked)) : null,
    ])
    if (studyId.value !== id) return
    worklist.value = items?.items ?? []
    owned.value = all
  }

  /** Makes a study of a protocol; false where that failed. */
  async function create(protocol: ProtocolInput): Promise<boolean> {
    const token = session.value
    const answer = token && (await trying(() => engine.call('reading.create', { session: token, protocol })))
    if (!answer) return false
    studyId.value = answer.studyId
    await refresh()
    return true
  }

  /** Changes the chosen study, in which nothing was drawn yet. */
  async function update(protocol: ProtocolInput): Promise<boolean> {
    const [token, id] = [session.value, studyId.value]
    if (token === null || id === null) return false
    const done = await trying(() => engine.call('reading.update', { session: token, studyId: id, protocol }))
    if (done === null) return false
    await refresh()
    return true
  }

  /** A new PIN for a rater of the chosen study; the audit trail tells of it. */
  async function resetPin(name: string, newPin: string): Promise<boolean> {
    const [token, id] = [session.value, studyId.value]
    if (token === null || id === null) return false
    const asked = { session: token, studyId: id, name, newPin }
    return (await trying(() => engine.call('reading.resetPin', asked))) !== null
  }

  async function changePin(pin: string, newPin: string): Promise<boolean> {
    const token = session.value
    if (token === null) return false
    return (await trying(() => engine.call('reading.changePin', { session: token, pin, newPin }))) !== null
  }

  /** Makes a study of a protocol file's text. */
  async function importProtocol(text: string): Promise<void> {
    const token = session.value
    const answer = token && (await trying(() => engine.call('reading.import', { session: token, text })))
    if (!answer) return
    studyId.value = answer.studyId
    await refresh()
  }

  /** The protocol of the chosen study as a file. */
  async function exportProtocol(): Promise<{ fileName: string; text: string } | null> {
    const [token, id] = [session.value, studyId.value]
    if (token === null || id === null) return null
    return trying(() => engine.call('reading.exportProtocol', { session: token, studyId: id }))
  }

  async function reopen(readingId: string, reason: string): Promise<boolean> {
    const token = session.value
    const done =
      token && (await trying(() => engine.call('reading.reopen', { session: token, readingId, reason })))
    if (!done) return false
    await refresh()
    return true
  }

  return {
    session,
    person,
    blinded,
    idleMinutes,
    people,
    studies,
    studyId,
    worklist,
    owned,
    problem,
    trying,
    refreshPeople,
    signIn,
    signOut,
    refresh,
    choose,
    create,
    update,
    resetPin,
    changePin,
    importProtocol,
    exportProtocol,
    reopen,
  }
})
