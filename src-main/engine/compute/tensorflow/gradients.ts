import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs'
import { inputGradient, kernelGradient } from './convolutionGradients'
import type { TensorFlow } from './library'

type Gradients = Record<string, () => Tensor>
type Shape4 = [number, number, number, number]

/**
 * The weights of half-pixel bilinear resizing along one axis, [output × input]: output centre (o + ½)·in/out − ½ lies
 * between two input centres, and outside the first or last it takes that one.
 */
export function interpolationWeights(inputs: number, outputs: number): Float32Array {
  const weights = new Float32Array(outputs * inputs)
  for (let o = 0; o < outputs; o++) {
    const position = Math.max(0, ((o + 0.5) * inputs) / outputs - 0.5)
    const lower = Math.min(Math.floor(position), inputs - 1)
    const upper = Math.min(lower + 1, inputs - 1)
    const share = position - Math.floor(position)
    weights[o * inputs + lower] += 1 - share
    weights[o * inputs + upper] += share
  }
  return weights
}

/** The transpose of half-pixel bilinear resizing, by one matrix product an axis: exact on every backend. */
function halfPixelGradient(tf: TensorFlow, dy: Tensor4D, shape: Shape4): Tensor4D {
  return tf.tidy(() => {
    const [batch, height, width, channels] = shape
    const [, outHeight, outWidth] = dy.shape
    const rows = tf.tensor2d(interpolationWeights(height, outHeight), [outHeight, height])
    const columns = tf.tensor2d(interpolationWeights(width, outWidth), [outWidth, width])
    const byRow = tf.reshape(tf.transpose(dy, [1, 0, 2, 3]), [outHeight, -1]) as Tensor2D
    const high = tf.matMul(tf.transpose(rows), byRow)
    const byColumn = tf.transpose(tf.reshape(high, [height, batch, outWidth, channels]), [2, 1, 0, 3])
    const wide = tf.matMul(tf.transpose(columns), tf.reshape(byColumn, [outWidth, -1]) as Tensor2D)
    return tf.transpose(tf.reshape(wide, [width, batch, height, channels]), [1, 2, 0, 3]) as Tensor4D
  })
}

interface ConvolutionAttributes {
  strides: [number, number] | number
  pad: 'same' | 'valid' | number | [[number, number], [number, number], [number, number], [number, number]]
  dataFormat: 'NHWC' | 'NCHW'
  dilations: [number, number] | number
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/**
 * Replaces two gradients of TensorFlow.js 4.22 on every backend: that of half-pixel bilinear resizing, which is
 * silently wrong, and that of dilated convolution, which is refused (tensorflow/tfjs issue 7906).
 */
export function correctGradients(tf: TensorFlow): void {
  const resize = tf.getGradient('ResizeBilinear')
  const convolution = tf.getGradient('Conv2D')
  tf.unregisterGradient('ResizeBilinear')
  tf.unregisterGradient('Conv2D')

  tf.registerGradient({
    ...resize,
    gradFunc: (dy, saved, attributes): Gradients => {
      const { halfPixelCenters } = attributes as { halfPixelCenters?: boolean }
      if (!halfPixelCenters) return resize.gradFunc(dy, saved, attributes)
      return { images: () => halfPixelGradient(tf, dy as Tensor4D, saved[0].shape as Shape4) }
    },
  })

  tf.registerGradient({
    ...convolution,
    gradFunc: (dy, saved, attributes): Gradients => {
      const { strides, pad, dilations, dimRoundingMode, dataFormat } =
        attributes as unknown as ConvolutionAttributes
      const dilated = [dilations].flat().some((rate) => rate > 1)
      if (!dilated || dataFormat !== 'NHWC') return convolution.gradFunc(dy, saved, attributes)
      const [x, kernel] = saved as Tensor4D[]
      const info = tf.backend_util.computeConv2DInfo(
        x.shape,
        kernel.shape,
        strides,
        dilations,
        pad,
        dimRoundingMode,
      )
      return {
        x: () => inputGradient(tf, dy as Tensor4D, kernel, info),
        filter: () => kernelGradient(tf, x, dy as Tensor4D, info),
      }
    },
  })
}
