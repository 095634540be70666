import { perfusionSettingsSchema, type BackendChoice, type Input, type PerfusionSettings } from '@contract'
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { useEngine } from '../engine/client'
import { useMessagesStore } from './messages'

/**
 * The engine's settings, used for every new computation. Arterial and venous voxels belong to one series and
 * are therefore always automatic here; the Review room names them per computation.
 */
export const useSettingsStore = defineStore('settings', () => {
  const engine = useEngine()
  const messages = useMessagesStore()
  const perfusion = ref<PerfusionSettings>(perfusionSettingsSchema.parse({}))
  /** What networks are computed with. */
  const backend = ref<BackendChoice>('auto')
  const state = ref<'unread' | 'saved' | 'saving' | 'failed'>('unread')

  async function load(): Promise<void> {
    const stored = await engine.call('settings.get', {})
    perfusion.value = stored.perfusion
    backend.value = stored.backend
    state.value = 'saved'
  }

  async function send(changed: Input<'settings.set'>): Promise<void> {
    state.value = 'saving'
    try {
      await engine.call('settings.set', changed)
      state.value = 'saved'
    } catch (error) {
      state.value = 'failed'
      messages.fault(error)
    }
  }

  async function save(change: Partial<PerfusionSettings>): Promise<void> {
    perfusion.value = { ...perfusion.value, ...change }
    await send({ perfusion: perfusion.value })
  }

  async function chooseBackend(choice: BackendChoice): Promise<void> {
    backend.value = choice
    await send({ backend: choice })
  }

  const reset = (): Promise<void> => save(perfusionSettingsSchema.parse({}))

  engine.onReady(() => void load().catch(messages.fault))

  return { perfusion, backend, state, save, chooseBackend, reset }
})
