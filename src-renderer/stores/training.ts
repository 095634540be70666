import { problemOf, type Problem, type TrainingPreset, type TrainingRun } from '@contract'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { useEngine } from '../engine/client'
import { useMessagesStore } from './messages'
import { rememberedSession } from './signedIn'

const REFRESH_MS = 1000

/** The training runs of the engine: which there are, which is shown, which are drawn beside it. */
export const useTrainingStore = defineStore('training', () => {
  const engine = useEngine()
  const messages = useMessagesStore()
  const runs = shallowRef<TrainingRun[]>([])
  const loaded = ref(false)
  const presets = shallowRef<TrainingPreset[]>([])
  const selectedId = ref<string | null>(null)
  const comparedIds = ref<string[]>([])

  const selected = computed(() => runs.value.find(({ runId }) => runId === selectedId.value) ?? null)
  /** The runs whose curves are drawn: the selected one first. */
  const drawn = computed(() =>
    runs.value.filter(({ runId }) => runId === selectedId.value || comparedIds.value.includes(runId)),
  )

  async function refresh(): Promise<void> {
    runs.value = (await engine.call('training.runs', {})).runs
    loaded.value = true
    if (selected.value === null) selectedId.value = runs.value[0]?.runId ?? null
  }

  /** At most once a second, however many events ask for it; the last of them is always followed. */
  let waiting = false
  function refreshSoon(): void {
    if (waiting) return
    waiting = true
    setTimeout(() => {
      waiting = false
      void refresh().catch(messages.fault)
    }, REFRESH_MS)
  }

  async function loadPresets(): Promise<void> {
    if (presets.value.length === 0) presets.value = (await engine.call('training.presets', {})).presets
  }

  /** Starts a run; resolves to what is wrong with the configuration, or to null once it is under way. */
  async function start(config: string): Promise<Problem | null> {
    const known = new Set(runs.value.map(({ runId }) => runId))
    const answer = engine.run('training.start', { config, session: rememberedSession() }).then(
      () => null,
      (error: unknown) => problemOf(error),
    )
    const failure = await Promise.race([answer, appeared(known)])
    if (failure !== null) return failure
    void answer.then((later) => later && later.code !== 'cancelled' && messages.fault(later))
    return null
  }

  /** Resolves to null when a run that was not known has its folder; it is then selected. */
  async function appeared(known: ReadonlySet<string>): Promise<null> {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 300))
      await refresh()
      const created = runs.value.find(({ runId }) => !known.has(runId))
      if (!created) continue
      selectedId.value = created.runId
      return null
    }
  }

  const reportFailure = (error: unknown): void => {
    if (problemOf(error).code !== 'cancelled') messages.fault(error)
  }

  async function resume(runId: string): Promise<void> {
    const answer = engine.run('training.resume', { runId, session: rememberedSession() }).catch(reportFailure)
    refreshSoon()
    await answer
  }

  async function pause(runId: string): Promise<void> {
    await engine.call('training.pause', { runId }).catch(reportFailure)
    refreshSoon()
  }

  async function exportModel(runId: string): Promise<void> {
    try {
      const { path, bytes, largestDifference } = await engine.run('training.export', { runId })
      messages.show('success', {
        code: 'model-exported',
        message: `Written as ONNX, ${(bytes / 1e6).toFixed(1)} MB; its maps differ by ${largestDifference.toExponential(1)} of their range at most.`,
        where: path,
      })
    } catch (error) {
      reportFailure(error)
    }
  }

  async function remove(runId: string): Promise<void> {
    await engine.call('training.remove', { runId }).catch(reportFailure)
    await refresh().catch(messages.fault)
  }

  function toggleCompared(runId: string): void {
    comparedIds.value = comparedIds.value.includes(runId)
      ? comparedIds.value.filter((id) => id !== runId)
      : [...comparedIds.value, runId]
  }

  engine.onJob(({ method }) => {
    if (method.startsWith('training.')) refreshSoon()
  })
  engine.onReady(() => void refresh().catch(messages.fault))

  return {
    runs,
    loaded,
    presets,
    selectedId,
    comparedIds,
    selected,
    drawn,
    loadPresets,
    start,
    resume,
    pause,
    exportModel,
    remove,
    toggleCompared,
  }
})
