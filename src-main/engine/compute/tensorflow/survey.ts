import { cpus, totalmem } from 'node:os'
import { backendNames, problemOf, type BackendName, type BackendReport } from '@contract'
import { requireTensorFlow } from './library'
import { nativeObstacle } from './native/backend'
import { nvidiaGpu } from './native/gpu'
import { findNativeRuntime } from './native/location'
import { parentPort } from './process/desktopChannel'
import { measureJob } from './process/measureJob'
import { startTensorFlowProcess } from './process/start'
import { dawnObstacle } from './webgpu/dawn'

const WASM_MEMORY_MB = 4096
const BYTES_PER_MB = 1024 ** 2

export interface SurveyOptions {
  /** Starts each available backend in a process of its own and measures it (a second or two each). */
  measure?: boolean
}

/** What is known of a backend without starting it. */
async function lookAt(backend: BackendName): Promise<BackendReport> {
  const report: BackendReport = {
    backend,
    available: false,
    version: null,
    device: null,
    memoryMb: null,
    gflops: null,
    automatic: true,
    reason: null,
    remedy: null,
  }
  const processor = {
    device: cpus()[0]?.model.trim() || 'processor',
    memoryMb: Math.round(totalmem() / BYTES_PER_MB),
  }
  if (backend === 'webgpu') return webgpuSeen ?? lookAtWebgpu(report)
  if (backend === 'wasm') {
    const { version } = requireTensorFlow('@tensorflow/tfjs-backend-wasm/package.json') as { version: string }
    const memoryMb = Math.min(WASM_MEMORY_MB, processor.memoryMb)
    return { ...report, available: true, version, ...processor, memoryMb }
  }
  const variant = backend === 'cuda' ? 'cuda' : 'cpu'
  const obstacle = nativeObstacle(variant)
  if (obstacle) return { ...report, ...obstacle }
  const version = findNativeRuntime(variant)?.version ?? null
  if (backend === 'native') return { ...report, available: true, version, ...processor }
  const gpu = await nvidiaGpu()
  return { ...report, available: true, version, device: gpu?.name ?? null, memoryMb: gpu?.memoryMb ?? null }
}

/** What was found the last time: a GPU does not go while a page of settings is opened again. */
let webgpuSeen: BackendReport | null = null

/** A GPU is known only when it is asked, which takes a process, or in the desktop application a hidden window. */
async function lookAtWebgpu(report: BackendReport): Promise<BackendReport> {
  const obstacle = parentPort() ? null : dawnObstacle()
  if (obstacle) return { ...report, ...obstacle }
  try {
    const { runtime, close } = await startTensorFlowProcess('tensorflow', { backend: 'webgpu' })
    close()
    const { version, device, software } = runtime
    return (webgpuSeen = { ...report, available: true, version, device, automatic: !software })
  } catch (thrown) {
    return { ...report, ...obstacleOf(thrown) }
  }
}

function obstacleOf(thrown: unknown): Pick<BackendReport, 'reason' | 'remedy'> {
  const { message, hint } = problemOf(thrown)
  return { reason: message, remedy: hint ?? null }
}

/** Starts the backend and measures it; one that does not start is not available after all. */
async function measure(report: BackendReport): Promise<BackendReport> {
  if (!report.available) return report
  try {
    const child = await startTensorFlowProcess('tensorflow', { backend: report.backend })
    try {
      const { gflops } = await child.run(measureJob, {})
      const { version } = child.runtime
      return { ...report, version, device: report.device ?? child.runtime.device, gflops }
    } finally {
      child.close()
    }
  } catch (thrown) {
    return { ...report, available: false, ...obstacleOf(thrown) }
  }
}

/** Every backend as this machine has it, in the order of preference. Native libraries are never loaded into this process. */
export async function surveyBackends(options: SurveyOptions = {}): Promise<BackendReport[]> {
  if (options.measure) webgpuSeen = null
  const reports = await Promise.all(backendNames.map(lookAt))
  if (!options.measure) return reports
  const measured: BackendReport[] = []
  for (const report of reports) measured.push(await measure(report))
  return measured
}
