import { gaussianKernel } from './fields'
import { mixSeeds, normalQuantiles, randomStream } from '../compute/random'

/** Standard deviation of the smoothing kernel that gives the noise its grain, mm: a soft brain kernel. */
const GRAIN = 0.6

/** Fills `noise` with the noise of one slice of one frame. */
export type NoiseMaker = (frame: number, slice: number, noise: Float32Array) => void

/**
 * Spatially correlated Gaussian noise of unit variance, [row × columns + column]. It depends on seed, frame and slice
 * only, not on what was drawn before.
 */
export function noiseMaker(columns: number, rows: number, spacing: number, seed: number): NoiseMaker {
  const sigma = GRAIN / spacing
  const radius = Math.max(1, Math.ceil(2.2 * sigma))
  const kernel = unitVariance(gaussianKernel(sigma, radius))
  const width = columns + 2 * radius
  const white = new Float32Array(width + 1)
  const lines = new Float32Array(columns * (rows + 2 * radius))
  return (frame, slice, noise) => {
    const random = randomStream(mixSeeds(seed, 0x9015e, frame, slice))
    for (let row = 0; row < rows + 2 * radius; row++) {
      for (let i = 0; i < width; i += 2) {
        const bits = random()
        white[i] = normalQuantiles[bits & 0xffff]
        white[i + 1] = normalQuantiles[bits >>> 16]
      }
      const start = row * columns
      for (let column = 0; column < columns; column++) {
        let sum = 0
        for (let k = 0; k < kernel.length; k++) sum += kernel[k] * white[column + k]
        lines[start + column] = sum
      }
    }
    for (let row = 0; row < rows; row++) {
      const start = row * columns
      for (let column = start; column < start + columns; column++) {
        let sum = 0
        for (let k = 0; k < kernel.length; k++) sum += kernel[k] * lines[column + k * columns]
        noise[column] = sum
      }
    }
  }
}

/** Scales a kernel so that smoothing white noise along one axis leaves its variance as it is. */
function unitVariance(kernel: Float32Array): Float32Array {
  const power = Math.sqrt(kernel.reduce((sum, weight) => sum + weight * weight, 0))
  return kernel.map((weight) => weight / power)
}
