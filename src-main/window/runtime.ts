import * as tf from '@tensorflow/tfjs'
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { fuseTraining } from '../engine/compute/tensorflow/fusedTraining'
import { correctGradients } from '../engine/compute/tensorflow/gradients'
import type { OpenOptions, TensorFlowRuntime } from '../engine/compute/tensorflow/runtime'
import { unavailable, type Gpu } from '../engine/compute/tensorflow/webgpu/adapter'
import { useWebgpuBackend, type WebgpuPackage } from '../engine/compute/tensorflow/webgpu/backend'
import { provideMapState } from './mapState'

/** Time for Chromium's GPU process to start again, as it does with other settings where its first do not work. */
const AGAIN_AFTER_MS = 700
const TRIES = 3

let prepared = false

/** While that process starts there is no adapter, also where there will be one. */
function patient(gpu: Gpu): Gpu {
  return {
    requestAdapter: async (options) => {
      for (let left = TRIES - 1; ; left--) {
        const adapter = await gpu.requestAdapter(options)
        if (adapter || left === 0) return adapter
        await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS))
      }
    },
  }
}

/** TensorFlow.js with the WebGPU of this window. Throws `backend-unavailable`. */
export async function openInWindow({ backend }: OpenOptions): Promise<TensorFlowRuntime> {
  const { gpu } = navigator as Navigator & { gpu?: Gpu }
  if (!gpu) {
    const [, chromium] = /Chrome\/(\d+)/.exec(navigator.userAgent) ?? []
    throw unavailable(
      `WebGPU is switched off in this application's Chromium ${chromium ?? ''}.`,
      'Start Umbra with --enable-unsafe-webgpu, on Linux also with --enable-features=Vulkan.',
    )
  }
  if (!prepared) {
    provideMapState()
    correctGradients(tf)
    fuseTraining(tf)
  }
  prepared = true
  const load = (): WebgpuPackage => ({
    WebGPUBackend: WebGPUBackend as unknown as WebgpuPackage['WebGPUBackend'],
  })
  const opened = await useWebgpuBackend(
    tf,
    { gpu: patient(gpu), version: tf.version_core, load },
    backend === 'auto',
  )
  return { tf, backend: 'webgpu', ...opened, dispose: async () => tf.disposeVariables() }
}
