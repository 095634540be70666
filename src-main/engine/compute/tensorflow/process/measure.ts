import type { Tensor4D } from '@tensorflow/tfjs'
import type { TensorFlow } from '../library'

/** Rows and columns; the small image for a backend that would take a minute over the large one. */
const [SMALL, LARGE] = [16, 128]
/** ms for the small image, above which a backend is measured by that alone. */
const SLOW = 100
const CHANNELS = 64
const MEASURE_MS = 400
const WARM_UP = 2

/** The best time of one convolution, ms. One number is read back, so that a backend that computes later has done its work. */
async function timeOf(tf: TensorFlow, side: number, within: number): Promise<number> {
  const x = tf.randomUniform([1, side, side, CHANNELS], -1, 1, 'float32', 1) as Tensor4D
  const kernel = tf.randomUniform([3, 3, CHANNELS, CHANNELS], -1, 1, 'float32', 2) as Tensor4D
  let best = Number.POSITIVE_INFINITY
  const started = performance.now()
  for (let run = 0; run <= WARM_UP || performance.now() - started < within; run++) {
    const before = performance.now()
    const sum = tf.tidy(() => tf.sum(tf.conv2d(x, kernel, 1, 'same')))
    await sum.data()
    sum.dispose()
    if (run >= WARM_UP) best = Math.min(best, performance.now() - before)
  }
  tf.dispose([x, kernel])
  return best
}

/**
 * Operations a second, in 10⁹, of the convolution that a U-Net spends most of its time in: 3 × 3, 64 to 64 channels, over
 * 128 × 128 pixels, or over 16 × 16 where those take long enough. A multiplication and an addition count as two; the
 * best of the runs within 0.4 s counts.
 */
export async function measureConvolution(tf: TensorFlow): Promise<number> {
  const speed = (side: number, ms: number): number => (2 * 9 * side * side * CHANNELS * CHANNELS) / ms / 1e6
  const small = await timeOf(tf, SMALL, 0)
  if (small > SLOW) return speed(SMALL, small)
  return speed(LARGE, await timeOf(tf, LARGE, MEASURE_MS))
}
