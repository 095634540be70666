import type { Vec3 } from '@contract'

const FAR = 1e20

/**
 * Distance of every voxel centre to the nearest voxel centre of the mask, squared, mm²; 1e20 where the mask is empty.
 * Exact and linear in the number of voxels, on unequal spacings (Felzenszwalb and Huttenlocher, Theory of Computing 8,
 * 2012: lower envelopes of parabolas, axis by axis).
 */
export function squaredDistance(mask: Uint8Array, size: Vec3, spacing: Vec3): Float64Array {
  const distance = Float64Array.from(mask, (inside) => (inside === 1 ? 0 : FAR))
  const [nx, ny, nz] = size
  const strides = [1, nx, nx * ny]
  const line = new Float64Array(Math.max(...size))
  const places = new Int32Array(line.length)
  const borders = new Float64Array(line.length + 1)
  for (let axis = 0; axis < 3; axis++) {
    const length = size[axis]
    if (length === 1) continue
    const stride = strides[axis]
    const others = axis === 0 ? [nx, nx * ny] : axis === 1 ? [1, nx * ny] : [1, nx]
    const counts = axis === 0 ? [ny, nz] : axis === 1 ? [nx, nz] : [nx, ny]
    for (let a = 0; a < counts[0]; a++) {
      for (let b = 0; b < counts[1]; b++) {
        const start = a * others[0] + b * others[1]
        for (let i = 0; i < length; i++) line[i] = distance[start + i * stride]
        envelope(line, length, spacing[axis] ** 2, places, borders)
        let parabola = 0
        for (let i = 0; i < length; i++) {
          while (borders[parabola + 1] < i) parabola++
          const from = places[parabola]
          distance[start + i * stride] = Math.min(FAR, spacing[axis] ** 2 * (i - from) ** 2 + line[from])
        }
      }
    }
  }
  return distance
}

/** Which sample's parabola is lowest where: `places` from border to border. */
function envelope(
  line: Float64Array,
  length: number,
  weight: number,
  places: Int32Array,
  borders: Float64Array,
): void {
  let last = 0
  places[0] = 0
  borders[0] = -Infinity
  borders[1] = Infinity
  for (let i = 1; i < length; i++) {
    let meet: number
    for (;;) {
      const j = places[last]
      meet = (line[i] - line[j] + weight * (i * i - j * j)) / (2 * weight * (i - j))
      if (meet > borders[last] || last === 0) break
      last--
    }
    if (meet > borders[last]) last++
    places[last] = i
    borders[last] = last === 0 ? -Infinity : meet
    borders[last + 1] = Infinity
  }
}

/** The mask grown (mm > 0) or shrunk (mm < 0) by a distance; what lies beyond the grid's edge never shrinks it. */
export function withMargin(mask: Uint8Array, size: Vec3, spacing: Vec3, mm: number): Uint8Array {
  if (mm >= 0) {
    const distance = squaredDistance(mask, size, spacing)
    return mask.map((_, at) => (distance[at] <= mm * mm ? 1 : 0))
  }
  const distance = squaredDistance(
    mask.map((inside) => 1 - inside),
    size,
    spacing,
  )
  return mask.map((inside, at) => (inside === 1 && distance[at] > mm * mm ? 1 : 0))
}
