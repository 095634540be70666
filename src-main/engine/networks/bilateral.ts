/**
 * The bilateral filter of Tomasi & Manduchi (ICCV 1998) on one image [row × column]: a mean over neighbours weighted by
 * distance (standard deviation `spatial` pixels) and by difference in value (standard deviation `range`). Neighbours up
 * to two standard deviations away take part; pixels outside the image do not.
 */
export function bilateralFilter(
  image: Float32Array,
  columns: number,
  rows: number,
  spatial: number,
  range: number,
): Float32Array {
  const radius = Math.max(1, Math.round(2 * spatial))
  const offsets: { dx: number; dy: number; weight: number }[] = []
  for (let dy = -radius; dy <= radius; dy++) {
    for (let dx = -radius; dx <= radius; dx++) {
      const squared = dx * dx + dy * dy
      if (squared > radius * radius) continue
      offsets.push({ dx, dy, weight: Math.exp(-squared / (2 * spatial * spatial)) })
    }
  }
  const similarity = similarityTable()
  const perRange = SIMILARITY_STEPS / (LAST_DEVIATION * range)
  const sums = new Float32Array(image.length)
  const totals = new Float32Array(image.length)
  for (const { dx, dy, weight } of offsets) {
    const [fromRow, toRow] = [Math.max(0, -dy), Math.min(rows, rows - dy)]
    const [fromColumn, toColumn] = [Math.max(0, -dx), Math.min(columns, columns - dx)]
    const step = dy * columns + dx
    for (let row = fromRow; row < toRow; row++) {
      for (let at = row * columns + fromColumn; at < row * columns + toColumn; at++) {
        const neighbour = image[at + step]
        const difference = neighbour - image[at]
        const index = ((difference < 0 ? -difference : difference) * perRange) | 0
        if (index >= SIMILARITY_STEPS) continue
        const share = weight * similarity[index]
        sums[at] += share * neighbour
        totals[at] += share
      }
    }
  }
  for (let i = 0; i < sums.length; i++) sums[i] /= totals[i]
  return sums
}

const SIMILARITY_STEPS = 4096
const LAST_DEVIATION = 4
let table: Float32Array | null = null

/** exp(−x²/2) for x from 0 to 4. */
function similarityTable(): Float32Array {
  table ??= Float32Array.from({ length: SIMILARITY_STEPS }, (_, i) =>
    Math.exp(-0.5 * (((i + 0.5) * LAST_DEVIATION) / SIMILARITY_STEPS) ** 2),
  )
  return table
}
