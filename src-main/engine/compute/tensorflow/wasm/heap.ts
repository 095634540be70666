import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs'

/** What the kernels use of the wasm backend: tensors lie on one heap, which a new tensor may move. */
export interface WasmBackend extends KernelBackend {
  makeOutput(shape: number[], dtype: 'float32' | 'int32'): TensorInfo
  /** A view of the tensor's elements, valid until the next allocation. */
  typedArrayFromHeap(tensor: TensorInfo): Float32Array | Int32Array | Uint8Array
}

/** The elements of a float32 tensor, until the next allocation. */
export function floats(backend: WasmBackend, tensor: TensorInfo): Float32Array {
  return backend.typedArrayFromHeap(tensor) as Float32Array
}

/** A float32 tensor of zeros. */
export function makeZeros(backend: WasmBackend, shape: number[]): TensorInfo {
  const tensor = backend.makeOutput(shape, 'float32')
  floats(backend, tensor).fill(0)
  return tensor
}
