import type { Job } from '@contract'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { useEngine } from '../engine/client'
import { useMessagesStore } from './messages'

/** A job without its result: results can be large, and only their owner needs them. */
export type JobEntry = Omit<Job, 'result'>

/** The engine's long work, newest first, whoever started it. */
export const useJobsStore = defineStore('jobs', () => {
  const engine = useEngine()
  const messages = useMessagesStore()
  const jobs = ref<JobEntry[]>([])
  const running = computed(() => jobs.value.filter((job) => job.state === 'running'))

  function put(job: Job): void {
    const entry: JobEntry = { ...job }
    delete (entry as Partial<Job>).result
    const index = jobs.value.findIndex(({ id }) => id === job.id)
    if (index < 0) jobs.value.unshift(entry)
    else jobs.value[index] = entry
  }

  async function refresh(): Promise<void> {
    const { jobs: listed } = await engine.call('jobs.list', {})
    jobs.value = []
    for (const job of [...listed].sort((a, b) => a.startedAt.localeCompare(b.startedAt))) put(job)
  }

  async function cancel(jobId: string): Promise<void> {
    await engine.call('jobs.cancel', { jobId }).catch(messages.fault)
  }

  async function clear(): Promise<void> {
    try {
      await engine.call('jobs.clear', {})
      await refresh()
    } catch (error) {
      messages.fault(error)
    }
  }

  engine.onJob(put)
  engine.onReady(() => void refresh().catch(messages.fault))

  return { jobs, running, refresh, cancel, clear }
})
