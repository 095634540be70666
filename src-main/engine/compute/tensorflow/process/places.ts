import { UmbraError, type BackendChoice } from '@contract'
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
 *
 * @throws UmbraError `backend-unavailable` for WebGPU where the job needs files and there is but a window
 */
export function placesFor(entry: string, options: ProcessOptions): Place[] {
  const { backend = 'auto', environment = {}, needsFiles = false } = options
  const main = parentPort()
  if (!main) return [{ backend, readsFiles: true, open: () => forkChannel(processPath(entry), environment) }]
  return desktopPlaces(main, entry, backend, environment, needsFiles)
}

function desktopPlaces(
  main: ParentPort,
  entry: string,
  backend: BackendChoice,
  environment: NodeJS.ProcessEnv,
  needsFiles: boolean,
): Place[] {
  const inProcess = (choice: BackendChoice): Place => ({
    backend: choice,
    readsFiles: true,
    open: () => desktopChannel(main, 'process', entry, environment),
  })
  const inWindow = (choice: BackendChoice): Place => ({
    backend: choice,
    readsFiles: false,
    open: () => desktopChannel(main, 'window', entry, environment),
    onFailure: () => void (windowHasNoGpu = true),
  })
  if (backend === 'webgpu') {
    if (needsFiles) throw noFiles()
    return [inWindow('webgpu')]
  }
  if (backend !== 'auto') return [inProcess(backend)]
  return [
    ...(nativeObstacle('cuda') ? [] : [inProcess('cuda')]),
    ...(windowHasNoGpu || needsFiles ? [] : [inWindow('auto')]),
    inProcess('auto'),
  ]
}

function noFiles(): UmbraError {
  return new UmbraError({
    code: 'backend-unavailable',
    message: 'In the desktop application WebGPU makes maps but does not train: its window reads no files.',
    hint: 'Choose another backend in the settings, or train with `umbra train --backend webgpu`.',
    where: 'webgpu',
  })
}
