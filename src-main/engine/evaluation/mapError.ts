/** How far a map is from the truth, over the voxels of a mask, in the map's unit where it has one. */
export interface MapError {
  meanAbsolute: number
  rootMeanSquare: number
  /** 20 · log10(range / RMSE), dB; the range is that of the display. */
  peakSignalToNoise: number
  /** Structural similarity (Wang et al. 2004), mean over the mask. */
  structuralSimilarity: number
  /** Pearson's r. */
  correlation: number
}

/** Compares maps [voxel] of `columns` × `rows` pixels a slice. `range` is what counts as full scale. */
export function mapError(
  map: Float32Array,
  truth: Float32Array,
  mask: Uint8Array,
  [columns, rows]: readonly [number, number],
  range: number,
): MapError {
  let [n, absolute, squares] = [0, 0, 0]
  let [x, y, xx, yy, xy] = [0, 0, 0, 0, 0]
  for (let i = 0; i < map.length; i++) {
    if (mask[i] === 0) continue
    const [a, b] = [map[i], truth[i]]
    n++
    absolute += Math.abs(a - b)
    squares += (a - b) ** 2
    x += a
    y += b
    xx += a * a
    yy += b * b
    xy += a * b
  }
  const rootMeanSquare = Math.sqrt(squares / n)
  const spread = Math.sqrt((n * xx - x * x) * (n * yy - y * y))
  return {
    meanAbsolute: absolute / n,
    rootMeanSquare,
    peakSignalToNoise: 20 * Math.log10(range / rootMeanSquare),
    structuralSimilarity: similarity(map, truth, mask, columns, rows, range),
    correlation: spread > 0 ? (n * xy - x * y) / spread : 0,
  }
}

const WINDOW = 7

/**
 * SSIM with K1 0.01, K2 0.03 over square windows of 7 pixels; a window takes the pixels of the mask only, and counts
 * where at least half of it lies in the mask and its centre does.
 */
function similarity(
  map: Float32Array,
  truth: Float32Array,
  mask: Uint8Array,
  columns: number,
  rows: number,
  range: number,
): number {
  const area = columns * rows
  const [c1, c2] = [(0.01 * range) ** 2, (0.03 * range) ** 2]
  const reach = WINDOW >> 1
  let [sum, count] = [0, 0]
  for (let slice = 0; slice < map.length; slice += area) {
    for (let row = reach; row < rows - reach; row++) {
      for (let column = reach; column < columns - reach; column++) {
        const centre = slice + row * columns + column
        if (mask[centre] === 0) continue
        let [n, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0]
        for (let dy = -reach; dy <= reach; dy++) {
          for (let at = centre + dy * columns - reach; at <= centre + dy * columns + reach; at++) {
            if (mask[at] === 0) continue
            const [a, b] = [map[at], truth[at]]
            n++
            x += a
            y += b
            xx += a * a
            yy += b * b
            xy += a * b
          }
        }
        if (2 * n < WINDOW * WINDOW) continue
        const [meanX, meanY] = [x / n, y / n]
        const varianceX = xx / n - meanX * meanX
        const varianceY = yy / n - meanY * meanY
        const covariance = xy / n - meanX * meanY
        sum +=
          ((2 * meanX * meanY + c1) * (2 * covariance + c2)) /
          ((meanX * meanX + meanY * meanY + c1) * (varianceX + varianceY + c2))
        count++
      }
    }
  }
  return count > 0 ? sum / count : 0
}

/** 2|A∩B| / (|A| + |B|) over the mask; null where both are empty. */
export function diceCoefficient(a: Uint8Array, b: Uint8Array, mask: Uint8Array): number | null {
  let [both, sum] = [0, 0]
  for (let i = 0; i < a.length; i++) {
    if (mask[i] === 0) continue
    both += a[i] & b[i]
    sum += a[i] + b[i]
  }
  return sum === 0 ? null : (2 * both) / sum
}
