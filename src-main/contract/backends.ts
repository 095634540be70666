import { z } from 'zod'

/** What computes a network, in the order in which `auto` tries them: the fastest first. */
export const backendNames = ['cuda', 'webgpu', 'native', 'wasm'] as const
export type BackendName = (typeof backendNames)[number]

export const backendChoices = ['auto', ...backendNames] as const
export type BackendChoice = (typeof backendChoices)[number]

export const backendLabels: Record<BackendName, string> = {
  cuda: 'TensorFlow on an NVIDIA GPU',
  webgpu: 'WebGPU',
  native: 'TensorFlow on the processor',
  wasm: 'WebAssembly',
}

/** One backend as this machine has it. */
export const backendReportSchema = z.object({
  backend: z.enum(backendNames),
  available: z.boolean(),
  /** Of the library that computes; null where it is not there. */
  version: z.string().nullable(),
  device: z.string().nullable(),
  /** What it can use at most, in MB; null where that is not known. */
  memoryMb: z.number().nullable(),
  /** Measured: a 3 × 3 convolution of 64 channels, in 10⁹ operations a second; null where it was not measured. */
  gflops: z.number().nullable(),
  /** Whether `auto` may choose it: WebGPU in software computes only when asked for by name. */
  automatic: z.boolean(),
  /** Why it is not available. */
  reason: z.string().nullable(),
  /** What to do about it. */
  remedy: z.string().nullable(),
})
export type BackendReport = z.infer<typeof backendReportSchema>

export const backendListSchema = z.object({ backends: z.array(backendReportSchema) })
