import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative } from 'node:path'
import {
  queueSchema,
  UmbraError,
  type CohortRow,
  type QueueItem,
  type StudyQueue as QueueContent,
  type Warning,
} from '@contract'
import { openJsonFile, type JsonFile } from '../cases/jsonFile'
import { takeOwnership, type OtherOwner, type Ownership } from '../files/ownership'
import { distinctNames, failedRow, writeCohort, type StudyTask } from './cohort'
import { createSettledStudies } from './settledStudies'

export interface QueueOptions {
  /** The JSON file it is kept in: what was waiting or being done goes on after a restart, what is done stays done. */
  path: string
  report: (warning: Warning) => void
  /** Does one study; throws an AbortError where it was cancelled. */
  perform: (item: QueueItem) => Promise<CohortRow>
  onChange?: (state: QueueContent) => void
  /** How often a watched folder is looked at, and how long a study must stay as it is. */
  lookEveryMs?: number
  settlingMs?: number
}

export interface QueuedStudy extends StudyTask {
  fingerprint?: string
  /** By key or UID; the perfusion series that fits where it is absent. */
  series?: string
}

/**
 * Studies that are run one at a time, and a folder that may be watched for more. Of several programs that open one queue
 * the first works on it; changes by another throw `queue-elsewhere`.
 */
export interface StudyQueue {
  state(): Promise<QueueContent>
  /** That another program works on the queue, in words; null where this one does. */
  elsewhere(): Promise<string | null>
  /** Each study's results go to a folder of its name in `directory`. */
  add(studies: QueuedStudy[], directory: string): Promise<void>
  /** Takes studies out that are not being done. */
  remove(ids: string[]): Promise<void>
  /** Puts studies that have ended at the end of the queue again. */
  again(ids: string[]): Promise<void>
  watch(watched: QueueContent['watch']): Promise<void>
  /** Resolves when nothing waits and nothing is being done. */
  idle(): Promise<void>
  /** Takes no further study; the one being done is the owner's to cancel. */
  close(): Promise<void>
}

const LOOK_EVERY_MS = 5000
const SETTLING_MS = 20_000

/** Results in a folder whose folders are studies would be taken for a study. Throws `output-among-studies`. */
export function refuseInside(folder: string, directory: string): void {
  const below = relative(folder, directory)
  if (below.startsWith('..') || isAbsolute(below)) return
  throw new UmbraError({
    code: 'output-among-studies',
    message: 'The results would lie among the studies and be taken for one.',
    hint: 'Write them to a folder outside.',
    where: directory,
  })
}

const sourceOf = ({ paths, series }: { paths: string[]; series?: string | null }): string =>
  [...paths, series ?? ''].join('\n')

/**
 * The name of each study that comes, and so of its folder in `directory`: that which it had before; else its own, with a
 * number where another study has taken it, whose results it would write over.
 */
function namesOf(items: readonly QueueItem[], coming: readonly QueuedStudy[], directory: string): string[] {
  const there = items.filter((item) => item.directory === directory)
  const known = new Map(there.map((item) => [sourceOf(item), item.study]))
  const taken = there.map(({ study }) => study)
  const fresh = coming.filter((study) => !known.has(sourceOf(study)))
  const distinct = distinctNames([...taken, ...fresh.map(({ study }) => study)]).slice(taken.length)
  const given = new Map(fresh.map((study, index) => [study, distinct[index]]))
  return coming.map((study) => known.get(sourceOf(study)) ?? given.get(study) ?? study.study)
}

function inUse(path: string, other: OtherOwner | null): UmbraError {
  return new UmbraError({
    code: 'queue-elsewhere',
    message: `Another Umbra works on this queue${other ? ` (process ${other.pid} on ${other.host})` : ''}.`,
    hint: 'Change it there, or end that program first.',
    where: path,
  })
}

/** Opens a queue and goes on with what it holds. */
export function openQueue(options: QueueOptions): StudyQueue {
  const { path, report, perform, onChange } = options
  const openFile = (): JsonFile<QueueContent> =>
    openJsonFile(path, queueSchema, { items: [], watch: null }, report)
  let file = openFile()
  let owner: Ownership | null = null
  let refusal: UmbraError | null = null
  let claimed: Promise<void> = Promise.resolve()
  let closed = false
  let working: Promise<void> | null = null
  let looking: Promise<void> = Promise.resolve()
  let timer: ReturnType<typeof setInterval> | null = null

  /** Makes the queue this program's, unless another has it: that one's file is then read anew each time. */
  async function claim(): Promise<void> {
    if (owner || closed) return
    try {
      await mkdir(dirname(path), { recursive: true })
      owner = takeOwnership(`${path}.owner`, (other) => inUse(path, other))
      refusal = null
    } catch (thrown) {
      // Where no mark can be written the queue cannot be kept either, and that is told with the first change.
      refusal = thrown instanceof UmbraError ? thrown : null
    }
    file = openFile()
    if (refusal) return
    const { items } = await file.read()
    if (items.some(({ state }) => state === 'running')) {
      await update((state) => ({
        ...state,
        items: state.items.map((item) => (item.state === 'running' ? { ...item, state: 'waiting' } : item)),
      }))
    }
    await follow()
    wake()
  }

  async function ownOrRefuse(): Promise<void> {
    await claimed
    if (refusal) throw refusal
  }

  async function update(change: (state: QueueContent) => QueueContent): Promise<void> {
    await file
      .update(change)
      .catch((thrown: Error) =>
        report({ code: 'queue-not-kept', message: `The queue is not kept on disk: ${thrown.message}` }),
      )
    onChange?.(await file.read())
  }

  const change = (id: string, changed: Partial<QueueItem>): Promise<void> =>
    update((state) => ({
      ...state,
      items: state.items.map((item) => (item.id === id ? { ...item, ...changed } : item)),
    }))

  async function writeTable(directory: string): Promise<void> {
    const { items } = await file.read()
    const rows = items.flatMap(({ row, directory: place }) =>
      row && row.directory === join(place, row.study) && place === directory ? [row] : [],
    )
    await writeCohort(directory, rows).catch((thrown: Error) =>
      report({ code: 'table-not-written', message: `The table is not written: ${thrown.message}` }),
    )
  }

  async function doOne(item: QueueItem): Promise<void> {
    await change(item.id, { state: 'running', row: null, endedAt: null })
    try {
      const row = await perform(item)
      await change(item.id, { state: row.state, row, endedAt: new Date().toISOString() })
      await writeTable(item.directory)
    } catch (thrown) {
      if (thrown instanceof UmbraError && !closed) {
        const row = failedRow(item.study, join(item.directory, item.study), thrown)
        await change(item.id, { state: 'failed', row, endedAt: new Date().toISOString() })
        await writeTable(item.directory)
        return
      }
      // Cancelled by a person it stays cancelled; ended with the program it is done at the next start.
      const state = closed ? 'waiting' : 'cancelled'
      await change(item.id, { state, endedAt: closed ? null : new Date().toISOString() })
    }
  }

  async function work(): Promise<void> {
    for (;;) {
      const next = closed ? undefined : (await file.read()).items.find(({ state }) => state === 'waiting')
      if (!next) return
      await doOne(next)
    }
  }

  function wake(): void {
    if (closed || working) return
    working = work().finally(() => {
      working = null
      // Something may have come between the last look and the end.
      void file.read().then(({ items }) => {
        if (items.some(({ state }) => state === 'waiting')) wake()
      })
    })
  }

  async function follow(): Promise<void> {
    if (timer) clearInterval(timer)
    timer = null
    const { watch } = await file.read()
    if (!watch || closed) return
    const studies = createSettledStudies(watch.folder, options.settlingMs ?? SETTLING_MS)
    let told = false
    const look = async (): Promise<void> => {
      const { items } = await file.read()
      const known = new Map(
        items.flatMap((item) => (item.fingerprint ? [[item.paths[0], item.fingerprint]] : [])),
      )
      try {
        const settled = await studies.look(known)
        told = false
        if (settled.length > 0 && !closed) await queue.add(settled, watch.directory)
      } catch (thrown) {
        if (!told) report({ code: 'watch-failed', message: (thrown as Error).message })
        told = true
      }
    }
    const next = (): void => {
      looking = looking.then(look)
    }
    next()
    timer = setInterval(next, options.lookEveryMs ?? LOOK_EVERY_MS)
  }

  const queue: StudyQueue = {
    state: async () => {
      await claimed
      if (refusal) await (claimed = claimed.then(claim))
      return file.read()
    },
    elsewhere: async () => {
      await claimed
      return refusal?.message ?? null
    },
    add: async (studies, directory) => {
      await ownOrRefuse()
      await update((state) => {
        const coming = new Set(studies.map(sourceOf))
        const stays = state.items.filter(
          (item) => item.state === 'running' || item.directory !== directory || !coming.has(sourceOf(item)),
        )
        const names = namesOf(state.items, studies, directory)
        const added = studies.map(({ paths, fingerprint, series }, index): QueueItem => ({
          id: randomUUID(),
          study: names[index],
          paths,
          series: series ?? null,
          directory,
          state: 'waiting',
          addedAt: new Date().toISOString(),
          endedAt: null,
          fingerprint: fingerprint ?? null,
          row: null,
        }))
        return { ...state, items: [...stays, ...added] }
      })
      wake()
    },
    remove: async (ids) => {
      await ownOrRefuse()
      await update((state) => ({
        ...state,
        items: state.items.filter(({ id, state: each }) => each === 'running' || !ids.includes(id)),
      }))
    },
    again: async (ids) => {
      await ownOrRefuse()
      await update((state) => {
        const chosen = state.items.filter(({ id, state: each }) => ids.includes(id) && each !== 'running')
        const rest = state.items.filter((item) => !chosen.includes(item))
        return {
          ...state,
          items: [...rest, ...chosen.map((item): QueueItem => ({ ...item, state: 'waiting' }))],
        }
      })
      wake()
    },
    watch: async (watched) => {
      if (watched) refuseInside(watched.folder, watched.directory)
      await ownOrRefuse()
      await update((state) => ({ ...state, watch: watched }))
      await follow()
    },
    idle: async () => {
      while (working) await working
    },
    close: async () => {
      closed = true
      await claimed
      if (timer) clearInterval(timer)
      await looking
      await working
      owner?.release()
    },
  }

  claimed = claim()
  return queue
}
