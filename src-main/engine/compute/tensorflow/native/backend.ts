import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { join } from 'node:path'
import type { KernelBackend } from '@tensorflow/tfjs'
import { UmbraError } from '@contract'
import { requireTensorFlow, type TensorFlow } from '../library'
import { nativeEnvironment } from './environment'
import { registerNativeKernels } from './kernels'
import { findNativeRuntime, hasNvidiaDriver, type NativeRuntime, type NativeVariant } from './location'

const PACKAGE = '@tensorflow/tfjs-node-gpu'

/** The compiled binding: libtensorflow as JavaScript sees it. */
interface Binding {
  TF_Version: string
  isUsingGpuDevice(): boolean
}

interface NodeBackendModule {
  NodeJSKernelBackend: new (binding: Binding, packageName: string) => KernelBackend
}

let binding: { runtime: NativeRuntime; loaded: Binding } | null = null

const remedy = 'Run `npm run setup:tensorflow` (it needs pip and a C++ compiler), or choose another backend.'

/** Why the native backend of a variant cannot be had, or null where it can. */
export function nativeObstacle(variant: NativeVariant): { reason: string; remedy: string } | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return {
      reason: `Umbra sets up native TensorFlow on Linux x64 only; this is ${process.platform} ${process.arch}.`,
      remedy: 'Choose the wasm backend, which is always there.',
    }
  }
  if (variant === 'cuda' && !hasNvidiaDriver()) {
    return {
      reason: 'This machine has no NVIDIA driver.',
      remedy: 'Install the driver of the NVIDIA GPU, then run `npm run setup:tensorflow`.',
    }
  }
  if (!findNativeRuntime(variant)) return { reason: 'It has not been set up.', remedy }
  return null
}

function loadBinding(runtime: NativeRuntime): Binding {
  if (binding?.runtime.variant === runtime.variant) return binding.loaded
  if (binding) {
    throw new UmbraError({
      code: 'backend-unavailable',
      message: `This process has loaded TensorFlow for ${binding.runtime.variant} and cannot load it for ${runtime.variant} too.`,
      hint: 'Start a process for each.',
    })
  }
  for (const [name, value] of Object.entries(nativeEnvironment())) process.env[name] ??= value
  try {
    const loaded = createRequire(__filename)(join(runtime.folder, 'tfjs_binding.node')) as Binding
    binding = { runtime, loaded }
    return loaded
  } catch (thrown) {
    throw new UmbraError({
      code: 'backend-failed',
      message: `TensorFlow's library could not be loaded: ${(thrown as Error).message}`,
      hint: 'Run `npm run setup:tensorflow -- --again`, which sets it up anew.',
      where: runtime.folder,
    })
  }
}

/**
 * Chooses native TensorFlow, on the GPU for `cuda`. Only the kernels and the backend class of tfjs-node are loaded; its
 * index, which looks for a downloaded binding with install-time code, is not.
 */
export async function useNativeBackend(
  tf: TensorFlow,
  variant: NativeVariant,
): Promise<{ version: string; device: string; threads: number }> {
  const obstacle = nativeObstacle(variant)
  const runtime = findNativeRuntime(variant)
  if (obstacle || !runtime) {
    throw new UmbraError({
      code: 'backend-unavailable',
      message: `The ${variant === 'cuda' ? 'CUDA' : 'native'} backend is not available. ${obstacle?.reason ?? ''}`,
      hint: obstacle?.remedy ?? remedy,
      where: variant,
    })
  }
  const loaded = loadBinding(runtime)
  if (tf.getBackend() !== 'tensorflow') {
    requireTensorFlow(`${PACKAGE}/dist/register_all_kernels`)
    registerNativeKernels(tf)
    const { NodeJSKernelBackend } = requireTensorFlow(
      `${PACKAGE}/dist/nodejs_kernel_backend`,
    ) as NodeBackendModule
    tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(loaded, PACKAGE), 3)
    await tf.setBackend('tensorflow')
  }
  if (variant === 'cuda' && !loaded.isUsingGpuDevice()) {
    throw new UmbraError({
      code: 'backend-unavailable',
      message: 'TensorFlow for CUDA was loaded but found no GPU that it can use.',
      hint: 'See whether `nvidia-smi` shows the GPU and whether its driver is 525 or newer.',
      where: 'cuda',
    })
  }
  const threads = Number(process.env.TF_NUM_INTRAOP_THREADS) || cpus().length
  const device = variant === 'cuda' ? 'NVIDIA GPU' : (cpus()[0]?.model.trim() ?? 'processor')
  return { version: loaded.TF_Version, device, threads }
}
