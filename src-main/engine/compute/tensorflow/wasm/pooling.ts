import type { backend_util, TensorInfo } from '@tensorflow/tfjs'
import { floats, makeZeros, type WasmBackend } from './heap'

/** One pooling window, cut to the image: rows and columns of the input, ends excluded. */
interface Window {
  top: number
  bottom: number
  left: number
  right: number
  /** Index of channel 0 of the window's output pixel. */
  output: number
  /** Index of channel 0 of pixel (0, 0) of the input image. */
  image: number
}

/** Calls `visit` for every output pixel of a pooling, row by row. The window is one object, changed between calls. */
function forEachWindow(info: backend_util.Conv2DInfo, visit: (window: Window) => void): void {
  const { batchSize, inHeight, inWidth, outHeight, outWidth, inChannels, padInfo } = info
  const window: Window = { top: 0, bottom: 0, left: 0, right: 0, output: 0, image: 0 }
  for (let batch = 0; batch < batchSize; batch++) {
    window.image = batch * inHeight * inWidth * inChannels
    for (let y = 0; y < outHeight; y++) {
      const top = y * info.strideHeight - padInfo.top
      window.top = Math.max(0, top)
      window.bottom = Math.min(inHeight, top + info.effectiveFilterHeight)
      for (let x = 0; x < outWidth; x++) {
        const left = x * info.strideWidth - padInfo.left
        window.left = Math.max(0, left)
        window.right = Math.min(inWidth, left + info.effectiveFilterWidth)
        visit(window)
        window.output += inChannels
      }
    }
  }
}

/**
 * The gradient of average pooling: each output's gradient shared equally by the input pixels its window really covers,
 * as TensorFlow has it. (The library's own divides by the whole window at the border.)
 */
export function averagePoolGradient(
  backend: WasmBackend,
  dy: TensorInfo,
  info: backend_util.Conv2DInfo,
): TensorInfo {
  const { inChannels, inWidth } = info
  const dx = makeZeros(backend, info.inShape)
  const [gradient, result] = [floats(backend, dy), floats(backend, dx)]
  forEachWindow(info, ({ top, bottom, left, right, output, image }) => {
    const share = 1 / ((bottom - top) * (right - left))
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const pixel = image + (y * inWidth + x) * inChannels
        for (let c = 0; c < inChannels; c++) result[pixel + c] += gradient[output + c] * share
      }
    }
  })
  return dx
}

/**
 * The gradient of max pooling: each output's gradient goes to the first of the largest pixels of its window, rows first,
 * as TensorFlow has it. (The library's own never finds a largest value that is negative.)
 */
export function maxPoolGradient(
  backend: WasmBackend,
  dy: TensorInfo,
  x: TensorInfo,
  info: backend_util.Conv2DInfo,
): TensorInfo {
  const { inChannels, inWidth } = info
  const dx = makeZeros(backend, info.inShape)
  const [gradient, input, result] = [floats(backend, dy), floats(backend, x), floats(backend, dx)]
  const largest = new Int32Array(inChannels)
  forEachWindow(info, ({ top, bottom, left, right, output, image }) => {
    const first = image + (top * inWidth + left) * inChannels
    for (let c = 0; c < inChannels; c++) largest[c] = first + c
    for (let y = top; y < bottom; y++) {
      for (let column = left; column < right; column++) {
        const pixel = image + (y * inWidth + column) * inChannels
        for (let c = 0; c < inChannels; c++) if (input[pixel + c] > input[largest[c]]) largest[c] = pixel + c
      }
    }
    for (let c = 0; c < inChannels; c++) result[largest[c]] += gradient[output + c]
  })
  return dx
}
