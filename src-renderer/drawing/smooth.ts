import type { Vec3 } from '@contract'

/**
 * The mask smoothed: a Gaussian of standard deviation `sigma` mm in all directions, cut at one half. Corners round,
 * spikes and gaps thinner than about 2σ go; a straight border stays where it is. Beyond the grid's edge the nearest voxel
 * goes on.
 */
export function smoothed(mask: Uint8Array, size: Vec3, spacing: Vec3, sigma: number): Uint8Array {
  let values = Float32Array.from(mask)
  for (let axis = 0; axis < 3; axis++) values = blurAxis(values, size, axis, sigma / spacing[axis])
  return mask.map((_, at) => (values[at] >= 0.5 ? 1 : 0))
}

function blurAxis(values: Float32Array, size: Vec3, axis: number, sigma: number): Float32Array<ArrayBuffer> {
  const kernel = gaussian(sigma)
  const half = (kernel.length - 1) / 2
  if (half === 0 || size[axis] === 1) return values.slice()
  const blurred = new Float32Array(values.length)
  const stride = [1, size[0], size[0] * size[1]][axis]
  const length = size[axis]
  for (let at = 0; at < values.length; at++) {
    const place = Math.floor(at / stride) % length
    let sum = 0
    for (let step = -half; step <= half; step++) {
      const beside = Math.max(0, Math.min(length - 1, place + step))
      sum += kernel[step + half] * values[at + (beside - place) * stride]
    }
    blurred[at] = sum
  }
  return blurred
}

/** Weights over whole steps, to three standard deviations, adding to one. */
function gaussian(sigma: number): number[] {
  const half = Math.ceil(3 * sigma)
  if (sigma < 0.2) return [1]
  const weights = Array.from({ length: 2 * half + 1 }, (_, i) => Math.exp(-0.5 * ((i - half) / sigma) ** 2))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}
