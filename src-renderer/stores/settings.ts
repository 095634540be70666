import { perfusionSettingsSchema, type PerfusionSettings } from '@contract'
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { useEngine } from '../engine/client'
import { useMessagesStore } from './messages'

/**
 * The engine's perfusion settings, used for every new computation. Arterial and venous voxels belong to one series and
 * are therefore always automatic here; the Review room names them per computation.
 */
export const useSettingsStore = defineStore('settings', () => {
  const engine = useEngine()
  const messages = useMessagesStore()
  const perfusion = ref<PerfusionSettings>(perfusionSettingsSchema.parse({}))
  const state = ref<'unread' | 'saved' | 'saving' | 'failed'>('unread')

  async function load(): Promise<void> {
    perfusion.value = (await engine.call('settings.get', {})).perfusion
    state.value = 'saved'
  }

  async function save(change: Partial<PerfusionSettings>): Promise<void> {
    perfusion.value = { ...perfusion.value, ...change }
    state.value = 'saving'
    try {
      await engine.call('settings.set', { perfusion: perfusion.value })
      state.value = 'saved'
    } catch (error) {
      state.value = 'failed'
      messages.fault(error)
    }
  }

  const reset = (): Promise<void> => save(perfusionSettingsSchema.parse({}))

  engine.onReady(() => void load().catch(messages.fault))

  return { perfusion, state, save, reset }
})
