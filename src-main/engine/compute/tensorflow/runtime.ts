import { cpus } from 'node:os'
import { backendNames, type BackendChoice, type BackendName } from '@contract'
import { fuseTraining } from './fusedTraining'
import { correctGradients } from './gradients'
import { loadTensorFlow, type TensorFlow } from './library'
import { useNativeBackend } from './native/backend'
import { useWasmBackend } from './wasm/backend'
import { useWebgpuBackend } from './webgpu/backend'
import { dawnSource } from './webgpu/dawn'

export interface TensorFlowRuntime {
  tf: TensorFlow
  backend: BackendName
  /** Of what computes: libtensorflow's, or the package's for wasm. */
  version: string
  device: string
  threads: number
  /** WebGPU on the processor: chosen only by name. */
  software?: boolean
  /** Resolves, with the reason in words, when what computes is gone, and everything on it: a GPU that was lost. */
  lost?: Promise<string>
  /** Frees the variables. The backend's own memory goes with the process. */
  dispose(): Promise<void>
}

export interface OpenOptions {
  /** `auto` (the default): the first that works, in the order CUDA, WebGPU, native, wasm. */
  backend?: BackendChoice
}

type Opened = Omit<TensorFlowRuntime, 'tf' | 'backend' | 'dispose'>

/** `automatic`: the backend was not asked for by name. */
const openers: Record<BackendName, (tf: TensorFlow, automatic: boolean) => Promise<Opened>> = {
  cuda: (tf) => useNativeBackend(tf, 'cuda'),
  native: (tf) => useNativeBackend(tf, 'cpu'),
  webgpu: async (tf, automatic) => useWebgpuBackend(tf, await dawnSource(), automatic),
  wasm: async (tf) => ({
    version: await useWasmBackend(tf),
    device: cpus()[0]?.model.trim() ?? 'processor',
    threads: 1,
  }),
}

let prepared = false

/**
 * TensorFlow.js on the wanted backend, in this process. It computes synchronously: open it in a process of its own
 * (startTensorFlowProcess), never in one that answers requests. A process has one current backend; opening another
 * makes that one current.
 *
 * @throws UmbraError `backend-unavailable` when the wanted backend is not to be had, with the remedy.
 */
export async function openTensorFlow(options: OpenOptions = {}): Promise<TensorFlowRuntime> {
  const wanted = options.backend ?? 'auto'
  const tf = loadTensorFlow()
  if (!prepared) {
    correctGradients(tf)
    fuseTraining(tf)
  }
  prepared = true
  const failures: unknown[] = []
  for (const backend of wanted === 'auto' ? backendNames : [wanted]) {
    try {
      const opened = await openers[backend](tf, wanted === 'auto')
      return { tf, backend, ...opened, dispose: async () => tf.disposeVariables() }
    } catch (thrown) {
      failures.push(thrown)
    }
  }
  throw failures[failures.length - 1]
}

/** What computes, in words: "native TensorFlow 2.20.0, Xeon, 2 threads". */
export function describeRuntime(
  runtime: Pick<TensorFlowRuntime, 'backend' | 'version' | 'device' | 'threads'>,
): string {
  const { backend, version, device, threads } = runtime
  return `${backend} TensorFlow ${version}, ${device}, ${threads} thread${threads === 1 ? '' : 's'}`
}
