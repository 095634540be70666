import type { Vec3 } from '@contract'

/** How far a region reaches: within the slice of its seed (edge neighbours), or through the grid (face neighbours). */
export type Reach = 'slice' | 'volume'

/**
 * 1 for every voxel that hangs together with the seed through voxels of which `belongs` is true: edge neighbours within
 * the slice, with the faces to the next slices where it reaches through the volume. Empty where the seed does not
 * belong. The mask is of the whole grid.
 */
export function connectedRegion(
  size: Vec3,
  seed: Vec3,
  reach: Reach,
  belongs: (offset: number) => boolean,
): Uint8Array {
  const [nx, ny, nz] = size
  const slice = nx * ny
  const mask = new Uint8Array(slice * nz)
  const start = (seed[2] * ny + seed[1]) * nx + seed[0]
  if (!belongs(start)) return mask
  const waiting = [start]
  mask[start] = 1
  const visit = (offset: number): void => {
    if (mask[offset] === 1 || !belongs(offset)) return
    mask[offset] = 1
    waiting.push(offset)
  }
  while (waiting.length > 0) {
    const at = waiting.pop() as number
    const x = at % nx
    const y = Math.floor(at / nx) % ny
    if (x > 0) visit(at - 1)
    if (x < nx - 1) visit(at + 1)
    if (y > 0) visit(at - nx)
    if (y < ny - 1) visit(at + nx)
    if (reach === 'slice') continue
    if (at >= slice) visit(at - slice)
    if (at < slice * (nz - 1)) visit(at + slice)
  }
  return mask
}

/** Parts of a mask that hang together by faces, edges or corners: their number, and 1…n per voxel (0 outside). */
export function components(mask: Uint8Array, size: Vec3): { parts: Uint32Array; sizes: number[] } {
  const [nx, ny, nz] = size
  const parts = new Uint32Array(mask.length)
  const sizes: number[] = []
  const waiting: number[] = []
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0 || parts[start] !== 0) continue
    const part = sizes.push(0)
    parts[start] = part
    waiting.push(start)
    while (waiting.length > 0) {
      const at = waiting.pop() as number
      sizes[part - 1]++
      const x = at % nx
      const y = Math.floor(at / nx) % ny
      const z = Math.floor(at / (nx * ny))
      for (let k = Math.max(0, z - 1); k <= Math.min(nz - 1, z + 1); k++) {
        for (let j = Math.max(0, y - 1); j <= Math.min(ny - 1, y + 1); j++) {
          for (let i = Math.max(0, x - 1); i <= Math.min(nx - 1, x + 1); i++) {
            const next = (k * ny + j) * nx + i
            if (mask[next] === 0 || parts[next] !== 0) continue
            parts[next] = part
            waiting.push(next)
          }
        }
      }
    }
  }
  return { parts, sizes }
}

/** The mask without its parts smaller than `fewest` voxels. */
export function withoutIslands(mask: Uint8Array, size: Vec3, fewest: number): Uint8Array {
  const { parts, sizes } = components(mask, size)
  return mask.map((inside, at) => (inside === 1 && sizes[parts[at] - 1] >= fewest ? 1 : 0))
}

/** The mask with what it encloses within each slice: background from which the slice's edge cannot be reached. */
export function withHolesFilled(mask: Uint8Array, [nx, ny, nz]: Vec3): Uint8Array {
  const filled = new Uint8Array(mask.length).fill(1)
  const waiting: number[] = []
  for (let z = 0; z < nz; z++) {
    const from = z * nx * ny
    const visit = (at: number): void => {
      if (mask[at] === 1 || filled[at] === 0) return
      filled[at] = 0
      waiting.push(at)
    }
    for (let x = 0; x < nx; x++) {
      visit(from + x)
      visit(from + (ny - 1) * nx + x)
    }
    for (let y = 0; y < ny; y++) {
      visit(from + y * nx)
      visit(from + y * nx + nx - 1)
    }
    while (waiting.length > 0) {
      const at = waiting.pop() as number
      const x = at % nx
      const y = Math.floor(at / nx) % ny
      if (x > 0) visit(at - 1)
      if (x < nx - 1) visit(at + 1)
      if (y > 0) visit(at - nx)
      if (y < ny - 1) visit(at + nx)
    }
  }
  return filled
}
