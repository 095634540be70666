/** What computes a network, the fastest first: this is also the order in which `auto` tries them. */
export const backendNames = ['cuda', 'webgpu', 'native', 'wasm'] as const
export type BackendName = (typeof backendNames)[number]

export const backendLabels: Record<BackendName, string> = {
  cuda: 'TensorFlow on an NVIDIA GPU (CUDA)',
  webgpu: 'WebGPU',
  native: 'TensorFlow on the processor',
  wasm: 'WebAssembly on the processor',
}
