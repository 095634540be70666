import type { backend_util, TensorInfo } from '@tensorflow/tfjs'
import { floats, makeZeros, type WasmBackend } from './heap'

/**
 * Calls `visit` for every product of a depthwise convolution: indices of the first channel of an input pixel, of an
 * output pixel, and of the tap [ky, kx, 0, 0] between them.
 */
function forEachTap(
  info: backend_util.Conv2DInfo,
  visit: (input: number, output: number, tap: number) => void,
): void {
  const { batchSize, inHeight, inWidth, outHeight, outWidth, inChannels, outChannels, padInfo } = info
  for (let batch = 0; batch < batchSize; batch++) {
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++) {
        const output = ((batch * outHeight + y) * outWidth + x) * outChannels
        for (let ky = 0; ky < info.filterHeight; ky++) {
          const inY = y * info.strideHeight - padInfo.top + ky * info.dilationHeight
          if (inY < 0 || inY >= inHeight) continue
          for (let kx = 0; kx < info.filterWidth; kx++) {
            const inX = x * info.strideWidth - padInfo.left + kx * info.dilationWidth
            if (inX < 0 || inX >= inWidth) continue
            const input = ((batch * inHeight + inY) * inWidth + inX) * inChannels
            visit(input, output, (ky * info.filterWidth + kx) * outChannels)
          }
        }
      }
    }
  }
}

/** The gradient of a depthwise convolution with respect to its input. Kernel [ky, kx, channel, multiplier]. */
export function depthwiseInputGradient(
  backend: WasmBackend,
  dy: TensorInfo,
  kernel: TensorInfo,
  info: backend_util.Conv2DInfo,
): TensorInfo {
  const multiplier = info.outChannels / info.inChannels
  const dx = makeZeros(backend, info.inShape)
  const [gradient, weights, result] = [floats(backend, dy), floats(backend, kernel), floats(backend, dx)]
  forEachTap(info, (input, output, tap) => {
    for (let o = 0, c = 0; c < info.inChannels; c++) {
      for (let m = 0; m < multiplier; m++, o++) result[input + c] += gradient[output + o] * weights[tap + o]
    }
  })
  return dx
}

/** The gradient of a depthwise convolution with respect to its kernel [ky, kx, channel, multiplier]. */
export function depthwiseKernelGradient(
  backend: WasmBackend,
  x: TensorInfo,
  dy: TensorInfo,
  shape: number[],
  info: backend_util.Conv2DInfo,
): TensorInfo {
  const multiplier = info.outChannels / info.inChannels
  const dw = makeZeros(backend, shape)
  const [gradient, pixels, result] = [floats(backend, dy), floats(backend, x), floats(backend, dw)]
  forEachTap(info, (input, output, tap) => {
    for (let o = 0, c = 0; c < info.inChannels; c++) {
      for (let m = 0; m < multiplier; m++, o++) result[tap + o] += gradient[output + o] * pixels[input + c]
    }
  })
  return dw
}
