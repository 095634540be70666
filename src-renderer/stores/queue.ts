import { queueSettingsSchema, type Input, type StudyQueueState } from '@contract'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { useEngine } from '../engine/client'
import { useMessagesStore } from './messages'
import { useReadingStore } from './reading'

type Change =
  'queue.add' | 'queue.addSeries' | 'queue.remove' | 'queue.again' | 'queue.watch' | 'queue.settings'

/**
 * The engine's queue of studies, each run from its files to its summary, the folder it watches and what a person chose
 * for all of them. It is asked for as soon as there is an engine, so that what waited before a restart goes on.
 */
export const useQueueStore = defineStore('queue', () => {
  const engine = useEngine()
  const messages = useMessagesStore()
  const reading = useReadingStore()
  const state = shallowRef<StudyQueueState>({
    items: [],
    watch: null,
    settings: queueSettingsSchema.parse({}),
    elsewhere: null,
  })
  const open = computed(() => state.value.items.filter((item) => ['waiting', 'running'].includes(item.state)))

  async function refresh(): Promise<void> {
    if (reading.blinded) return
    state.value = await engine.call('queue.state', {})
  }

  /** Resolves to whether the engine took the change. */
  async function change<M extends Change>(method: M, params: Input<M>): Promise<boolean> {
    try {
      state.value = (await engine.call(method, params)) as StudyQueueState
      return true
    } catch (error) {
      messages.fault(error)
      return false
    }
  }

  /** What the studies came to, as CSV; null where it could not be had. */
  async function table(): Promise<string | null> {
    try {
      return (await engine.call('queue.table', {})).csv
    } catch (error) {
      messages.fault(error)
      return null
    }
  }

  engine.onJob((job) => {
    if (job.method === 'queue.study') void refresh().catch(() => undefined)
  })
  engine.onReady(() => void refresh().catch(() => undefined))

  return { state, open, refresh, change, table }
})
