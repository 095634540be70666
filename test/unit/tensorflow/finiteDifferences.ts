import type { Tensor } from '@tensorflow/tfjs'
import type { TensorFlow } from '../../../src-main/engine/compute/tensorflow'

/** The same numbers in every run, in −1..1, no two alike. */
export function numbers(count: number, seed = 1): Float32Array {
  let state = seed >>> 0
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

export function tensorOf<T extends Tensor>(tf: TensorFlow, shape: number[], seed = 1): T {
  return tf.tensor(
    numbers(
      shape.reduce((product, size) => product * size, 1),
      seed,
    ),
    shape,
  ) as T
}

interface Comparison {
  /** Largest difference between the two, over the largest gradient. */
  error: number
  largest: number
}

/**
 * Compares the gradient of Σ w·f(x) that TensorFlow.js gives with central differences of f, at up to `places` elements
 * of x, the first and last among them. `step` may be large where f is linear in x.
 */
export function compareGradient(
  tf: TensorFlow,
  x: Tensor,
  f: (x: Tensor) => Tensor,
  step: number,
  places = 60,
): Comparison {
  return tf.tidy(() => {
    const weights = tensorOf(tf, f(x).shape, 77)
    const scalar = (value: Tensor): Tensor => tf.sum(tf.mul(f(value), weights))
    const gradient = tf.grad(scalar)(x).dataSync<'float32'>()
    const values = x.dataSync<'float32'>().slice()
    const at = (index: number, change: number): number => {
      const changed = values.slice()
      changed[index] += change
      return tf.tidy(() => {
        const y = f(tf.tensor(changed, x.shape)).dataSync<'float32'>()
        const w = weights.dataSync<'float32'>()
        return y.reduce((sum, value, i) => sum + value * w[i], 0)
      })
    }
    let error = 0
    const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const count = Math.min(places, values.length)
    for (let place = 0; place < count; place++) {
      const index = Math.round((place * (values.length - 1)) / Math.max(1, count - 1))
      const slope = (at(index, step) - at(index, -step)) / (2 * step)
      error = Math.max(error, Math.abs(slope - gradient[index]))
    }
    return { error: error / largest, largest }
  })
}
