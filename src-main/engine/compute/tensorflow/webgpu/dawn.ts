import { requireTensorFlow, resolveTensorFlow } from '../library'
import { unavailable, type Gpu } from './adapter'
import type { WebgpuPackage, WebgpuSource } from './backend'

const PACKAGE = '@tensorflow/tfjs-backend-webgpu'
/** Dawn, Chromium's WebGPU, as a module for Node: an optional dependency of 21 MB a platform. */
const DAWN = 'webgpu'

interface DawnPackage {
  create(flags: string[]): Gpu
  /** GPUBufferUsage and the like, which a browser has as globals. */
  globals: Record<string, unknown>
}

let gpu: Gpu | null = null

/** Why Dawn cannot be had in this process, or null where it may: whether it finds a GPU is seen when it is opened. */
export function dawnObstacle(): { reason: string; remedy: string } | null {
  if (process.versions.electron) {
    return {
      reason: 'Inside the desktop application a hidden window computes with WebGPU.',
      remedy: 'Choose WebGPU in its settings.',
    }
  }
  try {
    resolveTensorFlow(DAWN)
    return null
  } catch {
    return {
      reason: 'The optional npm package webgpu (Dawn) is not installed.',
      remedy: 'Run `npm install` without --omit=optional, or choose another backend.',
    }
  }
}

async function openDawn(): Promise<Gpu> {
  if (gpu) return gpu
  try {
    const { create, globals } = (await import(/* @vite-ignore */ DAWN)) as DawnPackage
    for (const [name, value] of Object.entries(globals)) Reflect.set(globalThis, name, value)
    gpu = create([])
  } catch (thrown) {
    throw unavailable(
      `The npm package webgpu cannot be loaded: ${(thrown as Error).message.split('\n')[0]}`,
      'Choose another backend.',
    )
  }
  // TensorFlow.js looks for WebGPU where a browser has it. Node before 21 has no navigator.
  const holder = globalThis as { navigator?: object }
  holder.navigator ??= {}
  Object.defineProperty(holder.navigator, 'gpu', { value: gpu, configurable: true })
  return gpu
}

/**
 * WebGPU in Node, by Dawn.
 *
 * @throws UmbraError `backend-unavailable` where the package is missing or does not load
 */
export async function dawnSource(): Promise<WebgpuSource> {
  const obstacle = dawnObstacle()
  if (obstacle) throw unavailable(obstacle.reason, obstacle.remedy)
  const { version } = requireTensorFlow(`${PACKAGE}/package.json`) as { version: string }
  return { gpu: await openDawn(), version, load: () => requireTensorFlow(PACKAGE) as WebgpuPackage }
}
