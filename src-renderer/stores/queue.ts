import type { Input, StudyQueueState } from '@contract'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { useEngine } from '../engine/client'
import { useMessagesStore } from './messages'

type Change = 'queue.add' | 'queue.remove' | 'queue.again' | 'queue.watch'

/** The engine's queue of studies, each run from its files to its summary, and the folder it watches. */
export const useQueueStore = defineStore('queue', () => {
  const engine = useEngine()
  const messages = useMessagesStore()
  const state = shallowRef<StudyQueueState>({ items: [], watch: null })
  const open = computed(() => state.value.items.filter((item) => ['waiting', 'running'].includes(item.state)))

  async function refresh(): Promise<void> {
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

  engine.onJob((job) => {
    if (job.method === 'queue.study') void refresh().catch(() => undefined)
  })

  return { state, open, refresh, change }
})
