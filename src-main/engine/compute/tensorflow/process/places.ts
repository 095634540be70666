import type { BackendChoice } from '@contract'
import { processPath } from '../../pool'
import { nativeObstacle } from '../native/backend'
import { forkChannel, type Channel } from './channel'
import { desktopChannel, parentPort, type ParentPort } from './desktopChannel'
import type { ProcessOptions } from './start'

/** Where a program may run, and what it opens there. */
export interface Place {
  backend: BackendChoice
  readsFiles: boolean
  open(): Channel
  onFailure?: () => void
}

/** A machine without a GPU gets none while the engine runs: the window that looks for one is opened once. */
let windowHasNoGpu = false

/**
 * Where to start a program for a choice of backend, in the order to try. In the desktop application WebGPU needs a hidden
 * window, so that `auto` is CUDA in a process, then the window, then whatever works in a process.
 */
export function placesFor(entry: string, options: ProcessOptions): Place[] {
  const { backend = 'auto', environment = {}, besideWindow } = options
  const main = parentPort()
  if (!main) return [{ backend, readsFiles: true, open: () => forkChannel(processPath(entry), environment) }]
  const inProcess = (choice: BackendChoice, program = entry): Place => ({
    backend: choice,
    readsFiles: true,
    open: () => desktopChannel(main, 'process', program, environment),
  })
  const byWindow = (choice: BackendChoice): Place => ({
    ...(besideWindow ? inProcess(choice, besideWindow) : windowPlace(main, choice)),
    onFailure: () => void (windowHasNoGpu = true),
  })
  if (backend === 'webgpu') return [byWindow('webgpu')]
  if (backend !== 'auto') return [inProcess(backend)]
  return [
    ...(nativeObstacle('cuda') ? [] : [inProcess('cuda')]),
    ...(windowHasNoGpu ? [] : [byWindow('auto')]),
    inProcess('auto'),
  ]
}

/** A hidden window of the desktop application. It has but one page, whatever the program. */
export function windowPlace(main: ParentPort, backend: BackendChoice): Place {
  return { backend, readsFiles: false, open: () => desktopChannel(main, 'window', 'networks', {}) }
}
