/** What is used of WebGPU's classes here. */
interface BufferClass {
  prototype: {
    mapAsync(this: object, ...rest: unknown[]): Promise<void>
    unmap(this: object): void
    destroy(this: object): void
  }
}
interface DeviceClass {
  prototype: { createBuffer(this: object, descriptor: { mappedAtCreation?: boolean }): object }
}

/**
 * GPUBuffer.mapState, which Chromium got after 108. TensorFlow.js asks it before it writes into a buffer that it has used
 * before; where there is none, the second array of a size cannot be written.
 */
export function provideMapState(): void {
  const buffer = (Reflect.get(globalThis, 'GPUBuffer') as BufferClass).prototype
  const device = (Reflect.get(globalThis, 'GPUDevice') as DeviceClass).prototype
  if ('mapState' in buffer) return
  const mapped = new WeakSet<object>()
  const { mapAsync, unmap, destroy } = buffer
  const { createBuffer } = device
  device.createBuffer = function (descriptor) {
    const made = createBuffer.call(this, descriptor)
    if (descriptor.mappedAtCreation) mapped.add(made)
    return made
  }
  buffer.mapAsync = async function (...rest) {
    await mapAsync.apply(this, rest)
    mapped.add(this)
  }
  buffer.unmap = function () {
    mapped.delete(this)
    unmap.call(this)
  }
  buffer.destroy = function () {
    mapped.delete(this)
    destroy.call(this)
  }
  Object.defineProperty(buffer, 'mapState', {
    get(this: object) {
      return mapped.has(this) ? 'mapped' : 'unmapped'
    },
  })
}
