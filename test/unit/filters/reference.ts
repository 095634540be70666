/** The filters of engine/filters in their plainest form, in float64: what the vectors must equal within rounding. */

/** [frame][y · width + x] */
export type Frames = Float64Array[]

interface Grid {
  width: number
  height: number
  /** mm, along x and y */
  spacing: readonly [number, number]
}

/** Every n-th neighbour is taken where voxels are smaller than 0.8 mm; how many voxels lie between two, and the last. */
function stepsOf(spacing: number, reach: number): [step: number, most: number] {
  const step = Math.max(1, Math.round(0.8 / spacing))
  return [step, step * Math.ceil(reach / (step * spacing) - 1e-6)]
}

function eachNeighbour(
  { width, height, spacing }: Grid,
  x: number,
  y: number,
  reach: number,
  visit: (at: number, mm: number) => void,
): void {
  const [across, mostAcross] = stepsOf(spacing[0], reach)
  const [down, mostDown] = stepsOf(spacing[1], reach)
  for (let dy = -mostDown; dy <= mostDown; dy += down) {
    for (let dx = -mostAcross; dx <= mostAcross; dx += across) {
      const mm = Math.hypot(spacing[0] * dx, spacing[1] * dy)
      if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue
      visit((y + dy) * width + x + dx, mm)
    }
  }
}

export function plainBilateral(
  image: Float64Array,
  grid: Grid,
  spatial: number,
  range: number,
): Float64Array {
  return image.map((own, i) => {
    let total = 0
    let sum = 0
    eachNeighbour(grid, i % grid.width, Math.floor(i / grid.width), 2 * spatial, (at, mm) => {
      const weight = Math.exp(-(mm ** 2) / (2 * spatial ** 2) - (image[at] - own) ** 2 / (2 * range ** 2))
      total += weight
      sum += weight * image[at]
    })
    return sum / total
  })
}

export function plainProfileGuided(
  frames: Frames,
  grid: Grid,
  spatial: number,
  profile: number,
  noise: number,
): Frames {
  const filtered = frames.map((frame) => new Float64Array(frame.length))
  for (let i = 0; i < frames[0].length; i++) {
    let total = 0
    const sums = new Float64Array(frames.length)
    eachNeighbour(grid, i % grid.width, Math.floor(i / grid.width), 2 * spatial, (at, mm) => {
      const square = frames.reduce((sum, frame) => sum + (frame[at] - frame[i]) ** 2, 0) / frames.length
      const apart = Math.max(0, square - 2 * noise ** 2)
      const weight = Math.exp(-(mm ** 2) / (2 * spatial ** 2) - apart / (2 * profile ** 2))
      total += weight
      frames.forEach((frame, f) => (sums[f] += weight * frame[at]))
    })
    sums.forEach((sum, f) => (filtered[f][i] = sum / total))
  }
  return filtered
}

export function plainNonLocalMeans(
  image: Float64Array,
  { width, height, spacing }: Grid,
  options: { reach: number; patchRadius: number; strength: number; noise: number },
): Float64Array {
  const { reach, patchRadius, strength, noise } = options
  const mirrored = (index: number, length: number): number =>
    index < 0 ? -index : index >= length ? 2 * (length - 1) - index : index
  const value = (x: number, y: number): number => image[mirrored(y, height) * width + mirrored(x, width)]
  const [across, mostAcross] = stepsOf(spacing[0], reach)
  const [down, mostDown] = stepsOf(spacing[1], reach)
  return image.map((_, i) => {
    const x = i % width
    const y = Math.floor(i / width)
    let total = 0
    let sum = 0
    for (let dy = -mostDown; dy <= mostDown; dy += down) {
      for (let dx = -mostAcross; dx <= mostAcross; dx += across) {
        let square = 0
        for (let v = -patchRadius; v <= patchRadius; v++) {
          for (let u = -patchRadius; u <= patchRadius; u++) {
            square += (value(x + dx + u, y + dy + v) - value(x + u, y + v)) ** 2
          }
        }
        const apart = Math.max(0, square / (2 * patchRadius + 1) ** 2 - 2 * noise ** 2)
        const weight = Math.exp(-apart / (strength * noise) ** 2)
        total += weight
        sum += weight * value(x + dx, y + dy)
      }
    }
    return sum / total
  })
}
