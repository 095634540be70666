/** How a line of `from` pixels becomes one of `to`: output i is Σ weights[i·width + k] · input[first[i] + k]. */
export interface LineWeights {
  from: number
  to: number
  width: number
  first: Int32Array
  weights: Float32Array
}

/** Pixels within this share of each other's size are taken as they are. */
const SAME_SIZE = 0.15

/** Pixels of `target` mm that a line of `count` pixels of `spacing` mm makes; the same count where they are alike. */
export function resampledCount(count: number, spacing: number, target: number | null): number {
  if (target === null || Math.abs(spacing / target - 1) <= SAME_SIZE) return count
  return Math.max(1, Math.round((count * spacing) / target))
}

/**
 * Resampling of a line onto more or fewer pixels over the same length: the mean of the covered pixels where there are
 * fewer, linear interpolation between centres where there are more.
 */
export function lineWeights(from: number, to: number): LineWeights {
  const ratio = from / to
  const width = ratio > 1 ? Math.ceil(ratio) + 1 : 2
  const first = new Int32Array(to)
  const weights = new Float32Array(to * width)
  for (let i = 0; i < to; i++) {
    if (ratio > 1) {
      const [low, high] = [i * ratio, (i + 1) * ratio]
      first[i] = Math.min(Math.floor(low + 1e-9), from - 1)
      for (let k = 0; k < width; k++) {
        const pixel = first[i] + k
        const covered = Math.min(high, pixel + 1) - Math.max(low, pixel)
        if (pixel < from && covered > 1e-9) weights[i * width + k] = covered / ratio
      }
    } else {
      const position = Math.min(Math.max((i + 0.5) * ratio - 0.5, 0), from - 1)
      first[i] = Math.min(Math.floor(position), Math.max(0, from - 2))
      const share = position - first[i]
      weights[i * width] = 1 - share
      if (from > 1) weights[i * width + 1] = share
    }
  }
  return { from, to, width, first, weights }
}

/** Resamples an image [row × column]; `across` is for columns, `down` for rows. */
export function resampleImage(image: Float32Array, across: LineWeights, down: LineWeights): Float32Array {
  if (across.from === across.to && down.from === down.to) return image
  const narrowed = new Float32Array(down.from * across.to)
  for (let row = 0; row < down.from; row++) {
    for (let i = 0; i < across.to; i++) {
      let sum = 0
      const start = row * across.from + across.first[i]
      for (let k = 0; k < across.width; k++) {
        const weight = across.weights[i * across.width + k]
        if (weight !== 0) sum += weight * image[start + k]
      }
      narrowed[row * across.to + i] = sum
    }
  }
  const result = new Float32Array(down.to * across.to)
  for (let i = 0; i < down.to; i++) {
    for (let k = 0; k < down.width; k++) {
      const weight = down.weights[i * down.width + k]
      if (weight === 0) continue
      const from = (down.first[i] + k) * across.to
      for (let column = 0; column < across.to; column++) {
        result[i * across.to + column] += weight * narrowed[from + column]
      }
    }
  }
  return result
}
