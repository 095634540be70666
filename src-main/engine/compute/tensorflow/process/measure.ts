import type { Tensor4D } from '@tensorflow/tfjs'
import type { TensorFlow } from '../library'

const SIDE = 128
const CHANNELS = 64
const MEASURE_MS = 400
const WARM_UP = 2

/**
 * Operations a second, in 10⁹, of the convolution that a U-Net spends most of its time in: 3 × 3, 64 to 64 channels, over
 * 128 × 128 pixels. A multiplication and an addition count as two; the best of the runs within 0.4 s counts.
 */
export function measureConvolution(tf: TensorFlow): number {
  const x = tf.randomUniform([1, SIDE, SIDE, CHANNELS], -1, 1, 'float32', 1) as Tensor4D
  const kernel = tf.randomUniform([3, 3, CHANNELS, CHANNELS], -1, 1, 'float32', 2) as Tensor4D
  const operations = 2 * 9 * SIDE * SIDE * CHANNELS * CHANNELS
  let best = Number.POSITIVE_INFINITY
  const started = performance.now()
  for (let run = 0; run <= WARM_UP || performance.now() - started < MEASURE_MS; run++) {
    const before = performance.now()
    // One number is read back, so that a backend that computes later has done its work.
    tf.tidy(() => tf.sum(tf.conv2d(x, kernel, 1, 'same')).dataSync())
    if (run >= WARM_UP) best = Math.min(best, performance.now() - before)
  }
  tf.dispose([x, kernel])
  return operations / best / 1e6
}
