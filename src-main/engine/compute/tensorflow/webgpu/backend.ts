import type { KernelBackend } from '@tensorflow/tfjs'
import { UmbraError } from '@contract'
import type { TensorFlow } from '../library'
import { findAdapter, type Gpu, type GpuAdapter, type GpuAdapterInfo, type GpuDevice } from './adapter'

/** What is used of @tensorflow/tfjs-backend-webgpu. */
export interface WebgpuPackage {
  WebGPUBackend: new (device: GpuDevice, info: GpuAdapterInfo) => KernelBackend
}

/** Where WebGPU comes from: Dawn in Node, or the browser that a hidden window is. */
export interface WebgpuSource {
  gpu: Gpu
  /** Of the TensorFlow.js package. */
  version: string
  /** Loads the package, which registers its kernels. */
  load(): WebgpuPackage
}

export interface OpenedWebgpu {
  version: string
  device: string
  threads: number
  software: boolean
  /** Resolves, with the reason in words, when the device is gone: everything on it is lost. */
  lost: Promise<string>
}

/** Those that TensorFlow.js asks for by itself: the adapter's own, not the smallest that WebGPU promises. */
const wantedLimits = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
]

function openDevice(adapter: GpuAdapter): Promise<GpuDevice> {
  const requiredLimits = Object.fromEntries(wantedLimits.map((name) => [name, adapter.limits[name]]))
  return adapter.requestDevice({ requiredLimits })
}

const lossHint =
  'Start the job again: it resumes from its last checkpoint. If it happens again, update the driver or choose another backend.'

function deviceLost(reason: string): UmbraError {
  return new UmbraError({ code: 'tensorflow-crashed', message: reason, hint: lossHint, where: 'webgpu' })
}

function refused(message: string): UmbraError {
  return new UmbraError({
    code: 'backend-failed',
    message: `The GPU refused a computation: ${message.split('\n')[0]}`,
    hint: 'Take a smaller batch or image, or another backend.',
    where: 'webgpu',
  })
}

/**
 * WebGPU tells of errors apart from the call that made them, and then goes on with arrays of zeros. So nothing is read
 * from a device that refused anything or is gone: reading throws. Reading at once is not possible outside a page; it is
 * refused everywhere, so that nothing comes to rely on it.
 */
function guardReads(backend: KernelBackend, device: GpuDevice): Promise<string> {
  let fault: UmbraError | null = null
  const read = backend.read.bind(backend)
  const stopAtFault = (): void => {
    if (fault) throw fault
  }
  backend.read = async (id) => {
    stopAtFault()
    const values = await read(id).catch((thrown: unknown) => {
      stopAtFault()
      throw thrown
    })
    stopAtFault()
    return values
  }
  backend.readSync = () => {
    throw new Error('The WebGPU backend is read with data(), not with dataSync().')
  }
  device.addEventListener('uncapturederror', ({ error }) => {
    fault ??= refused(error.message)
  })
  return device.lost.then(({ message }) => {
    const reason = `The GPU was lost: ${message.split('\n')[0] || 'its driver gave no reason'}.`
    fault = deviceLost(reason)
    return reason
  })
}

let opened: OpenedWebgpu | null = null

/**
 * Chooses the WebGPU backend on a device of its own.
 *
 * @throws UmbraError `backend-unavailable` where there is no adapter, or only software and `automatic`
 */
export async function useWebgpuBackend(
  tf: TensorFlow,
  source: WebgpuSource,
  automatic: boolean,
): Promise<OpenedWebgpu> {
  if (opened && tf.getBackend() === 'webgpu' && !(automatic && opened.software)) return opened
  const { adapter, info, device: name, software } = await findAdapter(source.gpu, automatic)
  const device = await openDevice(adapter)
  const { WebGPUBackend } = source.load()
  // The package registers itself, with a device that nobody watches.
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu')
  const backend = new WebGPUBackend(device, info)
  const lost = guardReads(backend, device)
  tf.registerBackend('webgpu', () => backend, 3)
  await tf.setBackend('webgpu')
  return (opened = { version: source.version, device: name, threads: 1, software, lost })
}
