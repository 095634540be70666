import { openTensorFlow, type OpenOptions } from '../runtime'
import { connectToEngine } from './desktopChannel'
import { serveJobs, type JobHandler, type ServedRuntime } from './serveJobs'
import { startHiddenWindow, type TensorFlowProcess } from './start'

/** The whole program of a `<name>.process.ts`. */
export function serveTensorFlow(handlers: JobHandler[]): void {
  serveJobs(handlers, openTensorFlow, connectToEngine)
}

/** A process that has a hidden window to compute in. */
export interface WindowRuntime extends ServedRuntime {
  window: TensorFlowProcess
}

/**
 * The whole program of a `<name>.process.ts` of the desktop application that reads and writes files for what a hidden
 * window computes. It ends as after a crash when its window does.
 */
export function serveBesideWindow(handlers: JobHandler<WindowRuntime>[]): void {
  const open = async ({ backend = 'auto' }: OpenOptions): Promise<WindowRuntime> => {
    const window = await startHiddenWindow(backend)
    return { ...window.runtime, lost: window.lost, window }
  }
  serveJobs(handlers, open, connectToEngine)
}
