import { UmbraError } from '@contract'

/** What is used of WebGPU (W3C, gpuweb.github.io); TypeScript's libraries do not describe it. */
export interface Gpu {
  requestAdapter(options?: { powerPreference?: 'high-performance' | 'low-power' }): Promise<GpuAdapter | null>
}

export interface GpuAdapterInfo {
  vendor?: string
  architecture?: string
  device?: string
  description?: string
  isFallbackAdapter?: boolean
}

export interface GpuAdapter {
  info?: GpuAdapterInfo
  /** What Chromium before 121 had in place of `info`. */
  requestAdapterInfo?(): Promise<GpuAdapterInfo>
  /** Where it was before it moved into `info`. */
  isFallbackAdapter?: boolean
  features: { has(name: string): boolean }
  limits: Record<string, number>
  requestDevice(descriptor: object): Promise<GpuDevice>
}

export interface GpuDevice {
  lost: Promise<{ reason?: string; message: string }>
  addEventListener(type: 'uncapturederror', listener: (event: { error: { message: string } }) => void): void
}

export interface FoundAdapter {
  adapter: GpuAdapter
  info: GpuAdapterInfo
  /** "NVIDIA, ada-lovelace", and how large one array may be. */
  device: string
  /** Vulkan, Direct3D or Metal computed by the processor: right, and slow. */
  software: boolean
}

const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|\bwarp\b/i
const BYTES_PER_GB = 1024 ** 3

export function unavailable(message: string, hint: string): UmbraError {
  return new UmbraError({ code: 'backend-unavailable', message, hint, where: 'webgpu' })
}

/** Whether an adapter is the processor in disguise, by what it says of itself. */
export function isSoftware(info: GpuAdapterInfo, fallback = false): boolean {
  const { vendor, architecture, device, description } = info
  const words = [vendor, architecture, device, description].join(' ')
  return fallback || info.isFallbackAdapter === true || softwareNames.test(words)
}

function nameOf(info: GpuAdapterInfo, software: boolean): string {
  const { vendor, architecture, device, description } = info
  const words = description || [vendor, architecture, device].filter(Boolean).join(' ')
  const name = words || (software ? 'adapter' : 'GPU that does not name itself')
  return software ? `${name} (software, on the processor)` : name
}

/**
 * The adapter that computes. One in software is not a GPU: `automatic` refuses it, since the other backends use the
 * processor far better.
 *
 * @throws UmbraError `backend-unavailable`
 */
export async function findAdapter(gpu: Gpu, automatic: boolean): Promise<FoundAdapter> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter) {
    throw unavailable(
      'WebGPU finds no GPU on this machine.',
      'Install the driver of the GPU (on Linux with Vulkan), or choose another backend.',
    )
  }
  const info = adapter.info ?? (await adapter.requestAdapterInfo?.()) ?? {}
  const software = isSoftware(info, adapter.isFallbackAdapter)
  const largest = Math.min(adapter.limits.maxBufferSize, adapter.limits.maxStorageBufferBindingSize)
  const device = `${nameOf(info, software)}, arrays up to ${(largest / BYTES_PER_GB).toFixed(1)} GB`
  if (software && automatic) {
    throw unavailable(
      `WebGPU finds no GPU, only ${device}.`,
      'It is used where it is asked for by name (webgpu); native TensorFlow and WebAssembly are faster.',
    )
  }
  return { adapter, info, device, software }
}
