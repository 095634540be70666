import type { Output } from '@contract'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { useEngine } from '../engine/client'
import { useMessagesStore } from './messages'

export type About = Output<'engine.about'>

const EVERY = 5_000

/** What the engine runs on and how much memory it holds, asked for every few seconds while the window is seen. */
export const useAboutStore = defineStore('about', () => {
  const engine = useEngine()
  const messages = useMessagesStore()
  const about = shallowRef<About | null>(null)

  const told = new Set<string>()

  async function ask(): Promise<void> {
    if (document.hidden || engine.state.value !== 'ready') return
    // A lost connection is shown by the engine's state; the figure just stays as it was.
    about.value = await engine.call('engine.about', {}).catch(() => about.value)
    for (const notice of about.value?.notices ?? []) {
      const key = JSON.stringify(notice)
      if (told.has(key)) continue
      told.add(key)
      messages.show('warning', notice)
    }
  }

  engine.onReady(() => void ask())
  setInterval(() => void ask(), EVERY)

  return { about }
})
