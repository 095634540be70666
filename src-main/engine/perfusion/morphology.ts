import type { Vec3 } from '@contract'

/** Binary volumes are Uint8Array of 0 and 1, x fastest, then y, z. All operations work slice by slice unless said. */

/**
 * Squared Euclidean distance (mm²) of every voxel of a slice to the nearest voxel that is `target`, in the plane; exact
 * (Felzenszwalb & Huttenlocher 2012). Infinity where the slice holds no target.
 */
export function planarDistance(
  slice: Uint8Array,
  target: 0 | 1,
  nx: number,
  ny: number,
  spacing: readonly [number, number],
): Float64Array {
  const distance = Float64Array.from(slice, (value) => (value === target ? 0 : Infinity))
  const longest = Math.max(nx, ny)
  const line = new Float64Array(longest)
  const out = new Float64Array(longest)
  const vertices = new Int32Array(longest)
  const bounds = new Float64Array(longest + 1)
  for (let y = 0; y < ny; y++) {
    for (let x = 0; x < nx; x++) line[x] = distance[y * nx + x]
    lowerEnvelope(line, nx, spacing[0], vertices, bounds, out)
    for (let x = 0; x < nx; x++) distance[y * nx + x] = out[x]
  }
  for (let x = 0; x < nx; x++) {
    for (let y = 0; y < ny; y++) line[y] = distance[y * nx + x]
    lowerEnvelope(line, ny, spacing[1], vertices, bounds, out)
    for (let y = 0; y < ny; y++) distance[y * nx + x] = out[y]
  }
  return distance
}

function lowerEnvelope(
  f: Float64Array,
  n: number,
  step: number,
  vertices: Int32Array,
  bounds: Float64Array,
  out: Float64Array,
): void {
  const square = step * step
  let k = -1
  for (let q = 0; q < n; q++) {
    if (f[q] === Infinity) continue
    let cut = -Infinity
    while (k >= 0) {
      const v = vertices[k]
      cut = (f[q] - f[v] + square * (q * q - v * v)) / (2 * square * (q - v))
      if (cut > bounds[k]) break
      k--
    }
    if (k < 0) cut = -Infinity
    vertices[++k] = q
    bounds[k] = cut
    bounds[k + 1] = Infinity
  }
  if (k < 0) {
    out.fill(Infinity, 0, n)
    return
  }
  let at = 0
  for (let q = 0; q < n; q++) {
    while (at < k && bounds[at + 1] < q) at++
    const away = q - vertices[at]
    out[q] = f[vertices[at]] + square * away * away
  }
}

/** Takes away, in each slice, what lies within `radius` mm of a zero voxel. The edge of the image is no zero. */
export function erode(mask: Uint8Array, size: Vec3, spacing: Vec3, radius: number): Uint8Array {
  return eachSlice(mask, size, (slice) => {
    const distance = planarDistance(slice, 0, size[0], size[1], [spacing[0], spacing[1]])
    return (i) => slice[i] === 1 && distance[i] > radius * radius
  })
}

/** Adds, in each slice, what lies within `radius` mm of the mask. */
export function dilate(mask: Uint8Array, size: Vec3, spacing: Vec3, radius: number): Uint8Array {
  return eachSlice(mask, size, (slice) => {
    const distance = planarDistance(slice, 1, size[0], size[1], [spacing[0], spacing[1]])
    return (i) => distance[i] <= radius * radius
  })
}

function eachSlice(
  mask: Uint8Array,
  size: Vec3,
  rule: (slice: Uint8Array) => (voxel: number) => boolean,
): Uint8Array {
  const area = size[0] * size[1]
  const result = new Uint8Array(mask.length)
  for (let z = 0; z < size[2]; z++) {
    const slice = mask.subarray(z * area, (z + 1) * area)
    const keep = rule(slice)
    for (let i = 0; i < area; i++) if (keep(i)) result[z * area + i] = 1
  }
  return result
}

/** Fills what is enclosed in each slice: zero regions that do not reach the edge of the image. */
export function fillHoles(mask: Uint8Array, size: Vec3): Uint8Array {
  const [nx, ny, nz] = size
  const area = nx * ny
  const result = new Uint8Array(mask.length).fill(1)
  const stack = new Int32Array(area)
  for (let z = 0; z < nz; z++) {
    const base = z * area
    let top = 0
    const visit = (i: number): void => {
      if (mask[base + i] === 0 && result[base + i] === 1) {
        result[base + i] = 0
        stack[top++] = i
      }
    }
    for (let x = 0; x < nx; x++) {
      visit(x)
      visit(area - nx + x)
    }
    for (let y = 0; y < ny; y++) {
      visit(y * nx)
      visit(y * nx + nx - 1)
    }
    while (top > 0) {
      const i = stack[--top]
      const x = i % nx
      if (x > 0) visit(i - 1)
      if (x < nx - 1) visit(i + 1)
      if (i >= nx) visit(i - nx)
      if (i < area - nx) visit(i + nx)
    }
  }
  return result
}

/** Connected components (6 neighbours): labels from 1, [voxel], and the voxels of each label, [label − 1]. */
export function labelComponents(mask: Uint8Array, size: Vec3): { labels: Int32Array; sizes: number[] } {
  const [nx, ny] = size
  const area = nx * ny
  const length = mask.length
  const labels = new Int32Array(length)
  const sizes: number[] = []
  const stack: number[] = []
  for (let seed = 0; seed < length; seed++) {
    if (mask[seed] === 0 || labels[seed] !== 0) continue
    const label = sizes.length + 1
    let voxels = 0
    labels[seed] = label
    stack.push(seed)
    for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
      voxels++
      const x = i % nx
      const y = Math.floor(i / nx) % ny
      const visit = (j: number): void => {
        if (mask[j] === 1 && labels[j] === 0) {
          labels[j] = label
          stack.push(j)
        }
      }
      if (x > 0) visit(i - 1)
      if (x < nx - 1) visit(i + 1)
      if (y > 0) visit(i - nx)
      if (y < ny - 1) visit(i + nx)
      if (i >= area) visit(i - area)
      if (i < length - area) visit(i + area)
    }
    sizes.push(voxels)
  }
  return { labels, sizes }
}

/** Mean over the (2r+1)² voxels around each voxel of a slice, by running sums; the edge repeats. */
export function boxMean(image: Float32Array, size: Vec3, radius: number): Float32Array {
  const [nx, ny, nz] = size
  const area = nx * ny
  const result = new Float32Array(image.length)
  const rows = new Float32Array(area)
  const width = 2 * radius + 1
  const clamp = (i: number, n: number): number => Math.min(Math.max(i, 0), n - 1)
  for (let z = 0; z < nz; z++) {
    const base = z * area
    for (let y = 0; y < ny; y++) {
      let sum = 0
      for (let x = -radius; x <= radius; x++) sum += image[base + y * nx + clamp(x, nx)]
      for (let x = 0; x < nx; x++) {
        rows[y * nx + x] = sum / width
        sum += image[base + y * nx + clamp(x + radius + 1, nx)] - image[base + y * nx + clamp(x - radius, nx)]
      }
    }
    for (let x = 0; x < nx; x++) {
      let sum = 0
      for (let y = -radius; y <= radius; y++) sum += rows[clamp(y, ny) * nx + x]
      for (let y = 0; y < ny; y++) {
        result[base + y * nx + x] = sum / width
        sum += rows[clamp(y + radius + 1, ny) * nx + x] - rows[clamp(y - radius, ny) * nx + x]
      }
    }
  }
  return result
}
