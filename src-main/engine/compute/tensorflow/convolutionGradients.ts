import type { backend_util, Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs'
import type { TensorFlow } from './library'

export type ConvolutionInfo = backend_util.Conv2DInfo

/** Zeros added to, or rows and columns cut off, each side of [batch, y, x, channel]. */
function padOrCrop(tf: TensorFlow, x: Tensor4D, rows: [number, number], columns: [number, number]): Tensor4D {
  const grown = [rows, columns].map((sides) => sides.map((side) => Math.max(0, side)) as [number, number])
  const padded = grown.flat().some((side) => side > 0) ? tf.pad(x, [[0, 0], grown[0], grown[1], [0, 0]]) : x
  const [batch, height, width, channels] = padded.shape
  const [top, bottom, left, right] = [...rows, ...columns].map((side) => Math.max(0, -side))
  if (top + bottom + left + right === 0) return padded
  return tf.slice(
    padded,
    [0, top, left, 0],
    [batch, height - top - bottom, width - left - right, channels],
  ) as Tensor4D
}

/** Each pixel followed by stride − 1 zeros along y and x: [b, h, w, c] → [b, h·sy, w·sx, c]. Only pads of rank 3. */
function insertZeros(tf: TensorFlow, x: Tensor4D, strideY: number, strideX: number): Tensor4D {
  const [batch, height, width, channels] = x.shape
  const wide = tf.pad(tf.reshape(x, [batch * height, width, channels]) as Tensor3D, [
    [0, 0],
    [0, 0],
    [0, (strideX - 1) * channels],
  ])
  const row = width * strideX * channels
  const high = tf.pad(tf.reshape(wide, [batch, height, row]) as Tensor3D, [
    [0, 0],
    [0, 0],
    [0, (strideY - 1) * row],
  ])
  return tf.reshape(high, [batch, height * strideY, width * strideX, channels]) as Tensor4D
}

/** Windows that touch without overlap: one matrix product, then every pixel's block put in its place. */
function blockInputGradient(tf: TensorFlow, dy: Tensor4D, kernel: Tensor4D, info: ConvolutionInfo): Tensor4D {
  const { batchSize, outHeight, outWidth, inChannels, outChannels, filterHeight, filterWidth } = info
  const columns = tf.reshape(tf.transpose(kernel, [3, 0, 1, 2]), [outChannels, -1]) as Tensor2D
  const blocks = tf.matMul(tf.reshape(dy, [-1, outChannels]) as Tensor2D, columns)
  const rows = tf.reshape(blocks, [batchSize * outHeight, outWidth, filterHeight, filterWidth * inChannels])
  const placed = tf.reshape(tf.transpose(rows, [0, 2, 1, 3]), [
    batchSize,
    outHeight * filterHeight,
    outWidth * filterWidth,
    inChannels,
  ]) as Tensor4D
  const below = info.inHeight - outHeight * filterHeight
  const beside = info.inWidth - outWidth * filterWidth
  return padOrCrop(tf, placed, [0, below], [0, beside])
}

/** Whether the windows touch without overlap, gaps or padding, as those of 2 × 2 transposed convolution do. */
function windowsTouch(info: ConvolutionInfo): boolean {
  const { padInfo } = info
  const touching = info.strideHeight === info.filterHeight && info.strideWidth === info.filterWidth
  const padded = padInfo.top + padInfo.bottom + padInfo.left + padInfo.right > 0
  return touching && !padded && info.dilationHeight === 1 && info.dilationWidth === 1
}

/** For windows that touch: every window as a row, then one matrix product. */
function blockKernelGradient(tf: TensorFlow, x: Tensor4D, dy: Tensor4D, info: ConvolutionInfo): Tensor4D {
  const { batchSize, outHeight, outWidth, inChannels, outChannels, filterHeight, filterWidth } = info
  const below = outHeight * filterHeight - info.inHeight
  const beside = outWidth * filterWidth - info.inWidth
  const covered = padOrCrop(tf, x, [0, below], [0, beside])
  const rows = tf.reshape(covered, [batchSize * outHeight, filterHeight, outWidth, filterWidth * inChannels])
  const windows = tf.reshape(tf.transpose(rows, [0, 2, 1, 3]), [batchSize * outHeight * outWidth, -1])
  const product = tf.matMul(tf.transpose(windows) as Tensor2D, tf.reshape(dy, [-1, outChannels]) as Tensor2D)
  return tf.reshape(product, [filterHeight, filterWidth, inChannels, outChannels]) as Tensor4D
}

/**
 * The gradient of a convolution with respect to its input, and so also a transposed convolution: the output's
 * gradient, spread by the stride, convolved with the kernel turned by half a turn. `dy` [batch, outY, outX, outChannel],
 * `kernel` [ky, kx, inChannel, outChannel]; any stride, padding and dilation that `info` holds.
 */
export function inputGradient(
  tf: TensorFlow,
  dy: Tensor4D,
  kernel: Tensor4D,
  info: ConvolutionInfo,
): Tensor4D {
  return tf.tidy(() => {
    const { strideHeight, strideWidth, padInfo } = info
    if (windowsTouch(info)) return blockInputGradient(tf, dy, kernel, info)
    const spread =
      strideHeight === 1 && strideWidth === 1 ? dy : insertZeros(tf, dy, strideHeight, strideWidth)
    const top = info.effectiveFilterHeight - 1 - padInfo.top
    const left = info.effectiveFilterWidth - 1 - padInfo.left
    const bottom = info.inHeight + info.effectiveFilterHeight - 1 - spread.shape[1] - top
    const right = info.inWidth + info.effectiveFilterWidth - 1 - spread.shape[2] - left
    const framed = padOrCrop(tf, spread, [top, bottom], [left, right])
    const turned = tf.transpose(tf.reverse(kernel, [0, 1]), [0, 1, 3, 2]) as Tensor4D
    return tf.conv2d(framed, turned, 1, 'valid', 'NHWC', [info.dilationHeight, info.dilationWidth])
  })
}

/**
 * For stride 1: pixels of the framed input in one long row a channel, in which every tap is the same row further on; the
 * output's gradient stands on the frame's grid, zero where no window begins. So a tap is one slice a channel.
 */
function rowKernelGradient(tf: TensorFlow, framed: Tensor4D, dy: Tensor4D, info: ConvolutionInfo): Tensor4D {
  const { inChannels, outChannels, filterHeight, filterWidth, dilationHeight, dilationWidth } = info
  const [batch, height, width] = framed.shape
  const beyond = [info.effectiveFilterHeight - 1, info.effectiveFilterWidth - 1]
  const length = batch * height * width - beyond[0] * width - beyond[1]
  const rows = tf.reshape(tf.transpose(framed, [3, 0, 1, 2]), [inChannels, -1]) as Tensor2D
  const placed = tf.reshape(padOrCrop(tf, dy, [0, beyond[0]], [0, beyond[1]]), [-1, outChannels]) as Tensor2D
  const gradient = tf.slice(placed, [0, 0], [length, outChannels])
  const taps: Tensor[] = []
  for (let ky = 0; ky < filterHeight; ky++) {
    for (let kx = 0; kx < filterWidth; kx++) {
      const offset = ky * dilationHeight * width + kx * dilationWidth
      taps.push(tf.tidy(() => tf.matMul(tf.slice(rows, [0, offset], [inChannels, length]), gradient)))
    }
  }
  return tf.reshape(tf.stack(taps), [filterHeight, filterWidth, inChannels, outChannels]) as Tensor4D
}

/**
 * The gradient of a convolution with respect to its kernel [ky, kx, inChannel, outChannel]: for each tap the product of
 * the input it saw, channels as rows, with the output's gradient. The input is transposed once, so that every product is
 * a plain one, which is the fast case of the wasm backend.
 */
export function kernelGradient(tf: TensorFlow, x: Tensor4D, dy: Tensor4D, info: ConvolutionInfo): Tensor4D {
  return tf.tidy(() => {
    if (windowsTouch(info)) return blockKernelGradient(tf, x, dy, info)
    const { batchSize, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = info
    const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = info
    const seenHeight = (outHeight - 1) * strideHeight + info.effectiveFilterHeight
    const seenWidth = (outWidth - 1) * strideWidth + info.effectiveFilterWidth
    const framed = padOrCrop(
      tf,
      x,
      [padInfo.top, seenHeight - info.inHeight - padInfo.top],
      [padInfo.left, seenWidth - info.inWidth - padInfo.left],
    )
    if (strideHeight === 1 && strideWidth === 1) return rowKernelGradient(tf, framed, dy, info)
    const channelsFirst = tf.transpose(framed, [3, 0, 1, 2])
    const gradient = tf.reshape(dy, [-1, outChannels]) as Tensor2D
    const pixels = batchSize * outHeight * outWidth
    const taps: Tensor[] = []
    for (let ky = 0; ky < filterHeight; ky++) {
      for (let kx = 0; kx < filterWidth; kx++) {
        const product = tf.tidy(() => {
          const begin = [0, 0, ky * dilationHeight, kx * dilationWidth]
          const size = [
            inChannels,
            batchSize,
            (outHeight - 1) * strideHeight + 1,
            (outWidth - 1) * strideWidth + 1,
          ]
          const window = tf.slice(channelsFirst, begin, size)
          const seen = tf.stridedSlice(window, [0, 0, 0, 0], size, [1, 1, strideHeight, strideWidth])
          return tf.matMul(tf.reshape(seen, [inChannels, pixels]) as Tensor2D, gradient)
        })
        taps.push(product)
      }
    }
    return tf.reshape(tf.stack(taps), [filterHeight, filterWidth, inChannels, outChannels]) as Tensor4D
  })
}
