import {
  problemOf,
  type DrawnStructure,
  type Job,
  type OpenReading,
  type Output,
  type Problem,
  type ProposalAnswer,
} from '@contract'
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { useEngine } from '../engine/client'
import { KeptSteps, UnsavedSlices, type Change, type Drawing } from '../drawing'
import { useDrawingStore } from './drawing'
import { useReadingStore } from './reading'
import { useReviewStore } from './review'

export type SaveState = 'saved' | 'unsaved' | 'saving' | 'failed'

/** Every change is on the disk well within 2 s: this long after it, its slices are sent. */
const SAVE_AFTER = 700
const TRY_AGAIN = 4_000
const RENEW_EVERY = 20_000
/** Somebody who does nothing for a minute is not working on the case. */
const IDLE_AFTER = 60_000
const LEASE_KEY = 'umbra.lease'
const STEPS_KEY = 'umbra.steps'

/**
 * The reading that is open in this window: its maps, its drawing, and that every stroke is saved. The voxels live in
 * the drawing; here is which of its slices are not saved yet.
 */
export const useOpenReadingStore = defineStore('openReading', () => {
  const engine = useEngine()
  const room = useReadingStore()
  const drawing = useDrawingStore()
  const review = useReviewStore()

  const reading = shallowRef<OpenReading | null>(null)
  const saveState = ref<SaveState>('saved')
  const savedAt = ref<string | null>(null)
  const saveProblem = shallowRef<Problem | null>(null)
  const seconds = ref(0)
  const opening = ref(false)
  /** How far the scan and its maps are prepared, 0..1. */
  const progress = ref(0)
  /** Rules by which the network can propose in this reading; null where the protocol does not let it. */
  const networkRules = ref<readonly string[] | null>(null)
  let cancelling = new AbortController()
  const unsaved = new UnsavedSlices()
  /** So that undo goes on after the engine was started again, after a look at the list, and after a reload. */
  const steps = new KeptSteps()
  steps.readText(sessionStorage.getItem(STEPS_KEY))
  sessionStorage.removeItem(STEPS_KEY)
  let timer: ReturnType<typeof setTimeout> | null = null
  let sending: Promise<void> | null = null
  let stopListening: (() => void) | null = null
  let lastAction = Date.now()

  /** Opens a reading: its scan, its maps, and what was drawn. */
  async function open(readingId: string, takeOver = false): Promise<void> {
    const session = room.session
    if (session === null || opening.value) return
    opening.value = true
    progress.value = 0
    cancelling = new AbortController()
    const { signal } = cancelling
    await close()
    await releaseRemembered()
    await room.trying(async () => {
      const answer = await engine.call('reading.open', { session, readingId, takeOver })
      reading.value = answer
      seconds.value = answer.seconds
      sessionStorage.setItem(LEASE_KEY, answer.lease ?? '')
      const onProgress = (job: Job): void => void (progress.value = job.progress)
      const scan = await engine.run('reading.load', { session, readingId }, { signal, onProgress })
      networkRules.value = answer.assistance.proposals ? scan.networkRules : null
      review.lend(scan)
    })
    if (signal.aborted) room.problem = null
    if (room.problem !== null || signal.aborted) await close()
    opening.value = false
  }

  const openAgain = (readingId: string): Promise<void> => open(readingId)
  const cancelOpening = (): void => cancelling.abort()

  /** Once the series is there: begins the drawing on its grid, with what was saved before. */
  async function beginDrawing(geometry: Drawing['geometry']): Promise<void> {
    const open = reading.value
    if (open === null) return
    const voxels = open.labelmap && (await savedVoxels(open.labelmap, open.structures))
    if (reading.value !== open) return
    const begun = drawing.begin(geometry, open.structures, {
      voxels: voxels ?? undefined,
      history: open.lease !== null && voxels ? steps.of(open.readingId, voxels) : undefined,
      closed: open.readOnly?.message ?? null,
      thresholds: open.assistance.thresholds,
    })
    unsaved.clear()
    saveState.value = 'saved'
    savedAt.value = null
    saveProblem.value = null
    stopListening?.()
    stopListening = begun.onChange((change) => note(change, open))
  }

  async function savedVoxels(
    labelmap: NonNullable<OpenReading['labelmap']>,
    structures: readonly DrawnStructure[],
  ): Promise<Uint8Array> {
    const layers = await Promise.all(structures.map((_, layer) => engine.readVoxels(labelmap, layer)))
    const voxels = new Uint8Array(layers.length * layers[0].length)
    layers.forEach((layer, index) => voxels.set(layer, index * layer.length))
    return voxels
  }

  function note(change: Change, open: OpenReading): void {
    if (open.lease === null) return
    unsaved.note(change)
    saveState.value = 'unsaved'
    timer ??= setTimeout(() => void save(), SAVE_AFTER)
  }

  /** Sends the changed slices; with none, and `begins`, it says that the reading is begun: a normal case has none. */
  async function save(begins = false): Promise<void> {
    if (timer !== null) clearTimeout(timer)
    timer = null
    await sending
    const { value: open } = reading
    if (open?.lease == null || drawing.drawing === null || (unsaved.count === 0 && !begins)) return
    sending = send(open, open.lease, drawing.drawing).finally(() => (sending = null))
    await sending
  }

  async function send(open: OpenReading, lease: string, { labels, geometry }: Drawing): Promise<void> {
    const { slices: taken, bytes } = unsaved.take(labels)
    const slices = taken.map(({ layer, slice }) => ({ structure: open.structures[layer].key, slice }))
    saveState.value = 'saving'
    try {
      const answer = await engine.call(
        'reading.save',
        { lease, geometry, slices, seconds: Math.round(seconds.value) },
        bytes,
      )
      savedAt.value = answer.savedAt
      saveProblem.value = null
      saveState.value = unsaved.count > 0 ? 'unsaved' : 'saved'
    } catch (error) {
      unsaved.putBack(taken)
      failed(problemOf(error))
    }
  }

  function failed(problem: Problem): void {
    saveState.value = 'failed'
    saveProblem.value = problem
    if (['lease-lost', 'signed', 'other-grid'].includes(problem.code)) drawing.readOnly = problem.message
    else timer ??= setTimeout(() => void save(), TRY_AGAIN)
  }

  async function sign(pin: string): Promise<boolean> {
    const open = reading.value
    if (open?.lease == null) return false
    const { lease } = open
    await save(open.revision === 0 && savedAt.value === null)
    if (saveState.value === 'failed') return false
    const signed = await room.trying(() =>
      engine.call('reading.sign', { lease, pin, seconds: Math.round(seconds.value) }),
    )
    if (signed === null) return false
    steps.forget()
    const message = 'This reading is signed. Open it again with a reason to change it.'
    reading.value = { ...open, state: 'signed', lease: null, readOnly: { reason: 'signed', message } }
    drawing.readOnly = message
    sessionStorage.removeItem(LEASE_KEY)
    return true
  }

  function keepSteps(): void {
    const open = reading.value
    if (open?.lease != null && drawing.drawing !== null) steps.keep(open.readingId, drawing.drawing)
  }

  /** What a network proposes for a structure; null where nothing can be drawn. Fails as `reading.propose`. */
  async function propose(rule: string, structure: string): Promise<Output<'reading.propose'> | null> {
    const lease = reading.value?.lease
    return lease ? engine.call('reading.propose', { lease, rule, structure }) : null
  }

  async function answerProposal(proposalId: string, answer: ProposalAnswer): Promise<void> {
    const lease = reading.value?.lease
    if (lease) await engine.call('reading.answerProposal', { lease, proposalId, answer })
  }

  /** Saves what is not saved and gives the reading back. */
  async function close(): Promise<void> {
    keepSteps()
    await save()
    const open = reading.value
    stopListening?.()
    stopListening = null
    if (open === null) return
    reading.value = null
    networkRules.value = null
    review.close()
    drawing.end()
    if (open.lease !== null) {
      const { lease } = open
      await engine.call('reading.close', { lease, seconds: Math.round(seconds.value) }).catch(() => undefined)
    }
    sessionStorage.removeItem(LEASE_KEY)
  }

  /** A reloaded window had the reading open itself: its own lease must not keep it out. */
  async function releaseRemembered(): Promise<void> {
    const lease = sessionStorage.getItem(LEASE_KEY)
    sessionStorage.removeItem(LEASE_KEY)
    if (lease) await engine.call('reading.close', { lease, seconds: 0 }).catch(() => undefined)
  }

  /** The engine came back, perhaps without its leases; what is not saved is still here. */
  async function resume(): Promise<void> {
    const [open, session] = [reading.value, room.session]
    if (open === null || open.lease === null || session === null || opening.value) return
    const kept = await engine
      .call('reading.renew', { lease: open.lease, seconds: Math.round(seconds.value) })
      .catch(() => null)
    if (kept !== null) return unsaved.count > 0 ? save() : undefined
    const answer = await engine
      .call('reading.open', { session, readingId: open.readingId, takeOver: false })
      .catch((error: unknown) => void failed(problemOf(error)))
    if (!answer || reading.value !== open) return
    reading.value = { ...open, lease: answer.lease, readOnly: answer.readOnly }
    drawing.readOnly = answer.readOnly?.message ?? null
    sessionStorage.setItem(LEASE_KEY, answer.lease ?? '')
    if (unsaved.count > 0) await save()
    // An engine that was started again has neither the scan nor its maps.
    if (unsaved.count === 0 && reading.value?.readingId === open.readingId) await openAgain(open.readingId)
  }

  const act = (): void => void (lastAction = Date.now())
  for (const kind of ['pointerdown', 'pointermove', 'keydown', 'wheel']) {
    window.addEventListener(kind, act, { passive: true })
  }
  setInterval(() => {
    const working = document.visibilityState === 'visible' && Date.now() - lastAction < IDLE_AFTER
    if (working && drawing.editable && reading.value !== null) seconds.value++
  }, 1000)
  setInterval(() => {
    const lease = reading.value?.lease
    if (!lease) return
    engine.call('reading.renew', { lease, seconds: Math.round(seconds.value) }).catch((error: unknown) => {
      const problem = problemOf(error)
      if (problem.code === 'lease-lost') failed(problem)
    })
  }, RENEW_EVERY)
  engine.onReady(() => void resume())
  window.addEventListener('pagehide', () => {
    keepSteps()
    const text = steps.toText()
    try {
      if (text !== null) sessionStorage.setItem(STEPS_KEY, text)
    } catch {
      // A full storage costs the undo list, not the drawing.
    }
  })

  return {
    reading,
    saveState,
    savedAt,
    saveProblem,
    seconds,
    networkRules,
    propose,
    answerProposal,
    opening,
    progress,
    cancelOpening,
    open,
    beginDrawing,
    save,
    sign,
    close,
  }
})
