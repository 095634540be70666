import { dirname, sep } from 'node:path'
import { UmbraError } from '@contract'
import { requireTensorFlow, resolveTensorFlow, type TensorFlow } from '../library'
import { registerWasmKernels } from './kernels'

const PACKAGE = '@tensorflow/tfjs-backend-wasm'

/** What this module uses of the package. */
interface WasmPackage {
  version_wasm: string
  setWasmPaths(folder: string): void
}

/** The WebAssembly module inside a backend. */
interface WasmHeap {
  _malloc(bytes: number): number
}

/** A heap of 4 GB at most answers 0 when it is full, where a tensor would overwrite others: that becomes an error. */
function failWhenFull(heap: WasmHeap): void {
  const allocate = heap._malloc.bind(heap)
  heap._malloc = (bytes) => {
    const address = allocate(bytes)
    if (address !== 0 || bytes === 0) return address
    throw new UmbraError({
      code: 'out-of-memory',
      message: 'The WebAssembly backend has no more memory (it can use 4 GB at most).',
      hint: 'Take a smaller batch or image, or set up native TensorFlow (npm run setup:tensorflow).',
    })
  }
}

type Listener = (...values: unknown[]) => void
const events = ['uncaughtException', 'unhandledRejection'] as const

/** The module sets handlers on the process that throw every error again: they are taken off. */
async function withoutNewHandlers(start: () => Promise<void>): Promise<void> {
  const before = events.map((event) => new Set(process.listeners(event as 'exit') as Listener[]))
  await start()
  events.forEach((event, i) => {
    for (const listener of process.listeners(event as 'exit') as Listener[]) {
      if (!before[i].has(listener)) process.removeListener(event, listener)
    }
  })
}

/**
 * Chooses the WebAssembly backend, with the kernels that training needs. It computes on one thread: the published
 * module has no thread pool (it reports one thread whatever it is asked for).
 */
export async function useWasmBackend(tf: TensorFlow): Promise<string> {
  const wasm = requireTensorFlow(PACKAGE) as WasmPackage
  if (tf.getBackend() !== 'wasm') {
    wasm.setWasmPaths(dirname(resolveTensorFlow(PACKAGE)) + sep)
    registerWasmKernels(tf)
    await withoutNewHandlers(async () => {
      if (await tf.setBackend('wasm')) return
      throw new UmbraError({
        code: 'backend-failed',
        message: 'The WebAssembly backend of TensorFlow.js did not start.',
        hint: 'Install Umbra again (npm ci).',
      })
    })
    failWhenFull((tf.backend() as unknown as { wasm: WasmHeap }).wasm)
  }
  return wasm.version_wasm
}
