import type { Vec3 } from '@contract'

/** A slice, or a volume of slices, x fastest; all but `labelComponents` work in the plane of the slices. */
export interface Grid {
  size: Vec3
  spacing: Vec3
}

/**
 * Whether each voxel of a slice lies within `radius` mm of a voxel equal to `target`: the exact Euclidean disc, from
 * the distance along the row and a look at the rows above and below. What lies beyond the image is no target.
 */
function within(slice: Uint8Array, target: 0 | 1, { size, spacing }: Grid, radius: number): Uint8Array {
  const [nx, ny] = size
  const alongRow = new Uint16Array(slice.length)
  const far = 0xffff
  for (let y = 0; y < ny; y++) {
    const row = y * nx
    let since = far
    for (let x = 0; x < nx; x++) {
      since = slice[row + x] === target ? 0 : Math.min(far, since + 1)
      alongRow[row + x] = since
    }
    since = far
    for (let x = nx - 1; x >= 0; x--) {
      since = slice[row + x] === target ? 0 : Math.min(far, since + 1)
      if (since < alongRow[row + x]) alongRow[row + x] = since
    }
  }
  const reach = Math.floor(radius / spacing[1])
  const widths = Array.from({ length: reach + 1 }, (_, dy) =>
    Math.floor(Math.sqrt(radius * radius - (dy * spacing[1]) ** 2) / spacing[0]),
  )
  const near = new Uint8Array(slice.length)
  for (let y = 0, i = 0; y < ny; y++) {
    for (let x = 0; x < nx; x++, i++) {
      for (let dy = 0; dy <= reach; dy++) {
        const width = widths[dy]
        if ((y >= dy && alongRow[i - dy * nx] <= width) || (y + dy < ny && alongRow[i + dy * nx] <= width)) {
          near[i] = 1
          break
        }
      }
    }
  }
  return near
}

/** Takes away from a slice what lies within `radius` mm of a zero voxel. The edge of the image is no zero. */
export function erode(slice: Uint8Array, grid: Grid, radius: number): Uint8Array {
  return within(slice, 0, grid, radius).map((near) => 1 - near)
}

/** Adds to a slice what lies within `radius` mm of it. */
export function dilate(slice: Uint8Array, grid: Grid, radius: number): Uint8Array {
  return within(slice, 1, grid, radius)
}

/** Bridges gaps and fills notches narrower than twice the radius. */
export function close(slice: Uint8Array, grid: Grid, radius: number): Uint8Array {
  return erode(dilate(slice, grid, radius), grid, radius)
}

/** Fills what a slice encloses: zero regions that do not reach the edge of the image. */
export function fillHoles(slice: Uint8Array, { size }: Grid): Uint8Array {
  const [nx, ny] = size
  const area = nx * ny
  const result = new Uint8Array(area).fill(1)
  const stack = new Int32Array(area)
  let top = 0
  const visit = (i: number): void => {
    if (slice[i] === 0 && result[i] === 1) {
      result[i] = 0
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
  return result
}

/** Connected components of a volume (6 neighbours): labels from 1, [voxel], and the voxels of each label, [label − 1]. */
export function labelComponents(mask: Uint8Array, size: Vec3): { labels: Int32Array; sizes: number[] } {
  const [nx, ny] = size
  const area = nx * ny
  const length = mask.length
  const labels = new Int32Array(length)
  const sizes: number[] = []
  let stack = new Int32Array(1024)
  let top = 0
  for (let seed = mask.indexOf(1); seed >= 0; seed = mask.indexOf(1, seed + 1)) {
    if (labels[seed] !== 0) continue
    const label = sizes.length + 1
    let voxels = 0
    labels[seed] = label
    stack[top++] = seed
    while (top > 0) {
      const i = stack[--top]
      voxels++
      if (top + 6 > stack.length) stack = longer(stack)
      const x = i % nx
      const inSlice = i % area
      if (x > 0 && mask[i - 1] === 1 && labels[i - 1] === 0) {
        labels[i - 1] = label
        stack[top++] = i - 1
      }
      if (x < nx - 1 && mask[i + 1] === 1 && labels[i + 1] === 0) {
        labels[i + 1] = label
        stack[top++] = i + 1
      }
      if (inSlice >= nx && mask[i - nx] === 1 && labels[i - nx] === 0) {
        labels[i - nx] = label
        stack[top++] = i - nx
      }
      if (inSlice < area - nx && mask[i + nx] === 1 && labels[i + nx] === 0) {
        labels[i + nx] = label
        stack[top++] = i + nx
      }
      if (i >= area && mask[i - area] === 1 && labels[i - area] === 0) {
        labels[i - area] = label
        stack[top++] = i - area
      }
      if (i < length - area && mask[i + area] === 1 && labels[i + area] === 0) {
        labels[i + area] = label
        stack[top++] = i + area
      }
    }
    sizes.push(voxels)
  }
  return { labels, sizes }
}

function longer(stack: Int32Array): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(2 * stack.length)
  copy.set(stack)
  return copy
}

/** Mean over the (2r+1)² voxels around each voxel, slice by slice, by running sums; the edge repeats. */
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

/** `boxMean` over the neighbours that lie in `mask` only: air and bone do not bleed into the edge of the brain. */
export function meanWithin(image: Float32Array, mask: Uint8Array, size: Vec3, radius: number): Float32Array {
  const sum = boxMean(
    image.map((value, i) => (mask[i] === 1 ? value : 0)),
    size,
    radius,
  )
  const share = boxMean(Float32Array.from(mask), size, radius)
  return sum.map((value, i) => (share[i] > 1e-3 ? value / share[i] : 0))
}
