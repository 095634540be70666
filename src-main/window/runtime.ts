import * as tf from '@tensorflow/tfjs'
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { correctGradients } from '../engine/compute/tensorflow/gradients'
import type { OpenOptions, TensorFlowRuntime } from '../engine/compute/tensorflow/runtime'
import { unavailable, type Gpu } from '../engine/compute/tensorflow/webgpu/adapter'
import { useWebgpuBackend, type WebgpuPackage } from '../engine/compute/tensorflow/webgpu/backend'

let corrected = false

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
  if (!corrected) correctGradients(tf)
  corrected = true
  const load = (): WebgpuPackage => ({
    WebGPUBackend: WebGPUBackend as unknown as WebgpuPackage['WebGPUBackend'],
  })
  const opened = await useWebgpuBackend(tf, { gpu, version: tf.version_core, load }, backend === 'auto')
  return { tf, backend: 'webgpu', ...opened, dispose: async () => tf.disposeVariables() }
}
