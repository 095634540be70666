import { afterEach, describe, expect, it } from 'vitest'
import {
  startTensorFlowProcess,
  surveyBackends,
  type ProcessOptions,
  type TensorFlowProcess,
} from '../../../src-main/engine/compute/tensorflow'
import { findNativeRuntime } from '../../../src-main/engine/compute/tensorflow/native/location'
import { softwareGpu } from '../../softwareGpu'
import { countJob, endJob, missingJob, sumJob } from './probeJobs'

const gpu = softwareGpu()

let child: TensorFlowProcess | null = null
afterEach(() => child?.close())

async function start(options: ProcessOptions = {}): Promise<TensorFlowProcess> {
  return (child = await startTensorFlowProcess('probe', { backend: 'wasm', ...options }))
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a process that computes with TensorFlow', () => {
  it('says what it computes on, and does jobs with typed arrays, events and progress', async () => {
    const { runtime, run } = await start()
    expect(runtime).toMatchObject({ backend: 'wasm', threads: 1 })
    const events: unknown[] = []
    const stages: string[] = []
    const output = await run(
      sumJob,
      { values: new Float32Array([1, 2, 3]) },
      { onEvent: (event) => events.push(event), onProgress: (_progress, stage) => stages.push(stage) },
    )
    expect(output).toEqual({ sum: 6, doubled: new Float32Array([2, 4, 6]) })
    expect(events).toEqual([{ values: 3 }])
    expect(stages).toEqual(['Adding'])
  })

  it('leaves this process free meanwhile', async () => {
    const { run } = await start()
    let turns = 0
    const timer = setInterval(() => turns++, 5)
    await run(countJob, { steps: 3000 })
    clearInterval(timer)
    expect(turns).toBeGreaterThan(2)
  })

  it('does jobs given at once one after the other', async () => {
    const { run } = await start()
    const order: string[] = []
    await Promise.all(
      ['first', 'second'].map((name) => run(countJob, { steps: 20 }, { onProgress: () => order.push(name) })),
    )
    expect(order.join(' ')).toMatch(/^(first ?)+(second ?)+$/)
  })

  it('cancels a job between its steps and goes on with the next', async () => {
    const { run } = await start()
    const abort = new AbortController()
    const cancelled = run(countJob, { steps: 1e9 }, { signal: abort.signal, onProgress: () => abort.abort() })
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' })
    await expect(run(countJob, { steps: 2 })).resolves.toEqual({ steps: 2 })
  })

  it('ends a process that does not hear a cancel', async () => {
    const { run, pid } = await start({ cancelWithin: 100 })
    const abort = new AbortController()
    const hanging = run(endJob, { how: 'hang' }, { signal: abort.signal })
    setTimeout(() => abort.abort(), 50)
    await expect(hanging).rejects.toMatchObject({ name: 'AbortError' })
    expect(isAlive(pid as number)).toBe(false)
    await expect(run(countJob, { steps: 1 })).rejects.toMatchObject({ code: 'closed' })
  })

  it('reports a crash of native code, with what becomes of the job', async () => {
    const { run } = await start()
    const waiting = [run(endJob, { how: 'crash' }), run(countJob, { steps: 1 })]
    for (const each of waiting) {
      await expect(each).rejects.toMatchObject({
        code: 'tensorflow-crashed',
        message: expect.stringContaining('SIGSEGV') as string,
        hint: expect.stringContaining('last checkpoint') as string,
      })
    }
  })

  it('passes an error of the job on as it is, and refuses a job it does not know', async () => {
    const { run } = await start()
    await expect(run(endJob, { how: 'error' })).rejects.toMatchObject({ code: 'full', hint: 'Free some.' })
    await expect(run(missingJob, {})).rejects.toMatchObject({ code: 'unknown-job' })
  })

  it('says why a wanted backend is not to be had', async () => {
    const blind = { VK_ICD_FILENAMES: '/nowhere', VK_DRIVER_FILES: '/nowhere' }
    await expect(start({ backend: 'webgpu', environment: blind })).rejects.toMatchObject({
      code: 'backend-unavailable',
      message: expect.stringMatching(/no GPU|not installed|cannot be loaded/) as string,
    })
  })

  it.skipIf(!findNativeRuntime('cpu'))('computes with native TensorFlow', async () => {
    const { runtime, run } = await start({ backend: 'native' })
    expect(runtime.backend).toBe('native')
    const { sum } = await run(sumJob, { values: Float32Array.from({ length: 1000 }, (_, i) => i) })
    expect(sum).toBe(499500)
  })
})

describe.skipIf(gpu === null)('WebGPU, on a GPU in software', () => {
  const startGpu = (): Promise<TensorFlowProcess> => start({ backend: 'webgpu', environment: gpu ?? {} })

  it('is chosen by name, and says what it is', async () => {
    const { runtime, run } = await startGpu()
    expect(runtime).toMatchObject({ backend: 'webgpu', software: true })
    expect(runtime.device).toMatch(/SwiftShader.*software.*arrays up to \d/i)
    const { sum, doubled } = await run(sumJob, { values: new Float32Array([1, 2, 3]) })
    expect([sum, ...doubled]).toEqual([6, 2, 4, 6])
  })

  it('is not chosen by itself', async () => {
    const { runtime } = await start({ backend: 'auto', environment: gpu ?? {} })
    expect(['cuda', 'native', 'wasm']).toContain(runtime.backend)
  })

  it('ends its process when the GPU is lost, as after a crash', async () => {
    const { run, pid } = await startGpu()
    await expect(run(endJob, { how: 'lose-gpu' })).rejects.toMatchObject({
      code: 'tensorflow-crashed',
      hint: expect.stringContaining('last checkpoint') as string,
    })
    await expect.poll(() => isAlive(pid as number)).toBe(false)
    await expect(run(countJob, { steps: 1 })).rejects.toMatchObject({ code: 'tensorflow-crashed' })
  })

  it('says that an array was too large for the GPU, and gives no zeros in its place', async () => {
    const { run } = await startGpu()
    await expect(run(endJob, { how: 'exceed-gpu' })).rejects.toMatchObject({ code: 'backend-failed' })
  })
})

describe('the survey of backends', () => {
  it('measures what is there and names the reason for what is not', async () => {
    const reports = await surveyBackends({ measure: true })
    expect(reports.map(({ backend }) => backend)).toEqual(['cuda', 'webgpu', 'native', 'wasm'])
    for (const { backend, available, gflops, version, reason, memoryMb } of reports) {
      if (available) {
        expect(gflops).toBeGreaterThan(0.1)
        expect(version).toMatch(/^\d+\.\d+/)
        // WebGPU does not tell how much memory its device has.
        if (backend !== 'webgpu') expect(memoryMb).toBeGreaterThan(500)
      } else {
        expect(gflops).toBeNull()
        expect(reason).toMatch(/\.$/)
      }
    }
    expect(reports[3].available).toBe(true)
  })
})
