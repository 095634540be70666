import type { Vec3 } from '@contract'

/** A part of a grid: its first voxel, and how many along each axis. */
export interface Box {
  from: Vec3
  size: Vec3
}

/** The smallest box around every voxel of each structure in any of the drawings; null where nobody drew it. */
export function boxesOf(
  drawings: readonly (Uint8Array | null)[],
  [nx, ny, nz]: Readonly<Vec3>,
  structures: number,
): (Box | null)[] {
  const lowest = Array.from({ length: structures }, (): Vec3 => [Infinity, Infinity, Infinity])
  const highest = Array.from({ length: structures }, (): Vec3 => [-1, -1, -1])
  for (const bits of drawings) {
    if (bits === null) continue
    for (let at = nextMarked(bits, 0); at < nx * ny * nz; at = nextMarked(bits, at)) {
      const row = Math.floor(at / nx)
      const start = row * nx
      const first = at - start
      at = start + nx
      let last = nx - 1
      while (bits[start + last] === 0) last--
      let marked = 0
      for (let x = first; x <= last; x++) marked |= bits[start + x]
      for (let s = 0; s < structures; s++) {
        if (((marked >> s) & 1) === 0) continue
        let [from, to] = [first, last]
        while (((bits[start + from] >> s) & 1) === 0) from++
        while (((bits[start + to] >> s) & 1) === 0) to--
        extend(lowest[s], highest[s], from, to, row % ny, Math.floor(row / ny))
      }
    }
  }
  return lowest.map((from, s) => {
    if (highest[s][0] < 0) return null
    const to = highest[s]
    return { from, size: [to[0] - from[0] + 1, to[1] - from[1] + 1, to[2] - from[2] + 1] }
  })
}

/** The first marked voxel from `at` on, or the length. Background, most of a drawing, is passed over by words. */
function nextMarked(bits: Uint8Array, at: number): number {
  const { byteOffset, length } = bits
  while (at < length && (byteOffset + at) % 4 !== 0) {
    if (bits[at] !== 0) return at
    at++
  }
  // A view that begins between words is refused, even an empty one.
  if (at >= length) return length
  const words = new Uint32Array(bits.buffer, byteOffset + at, Math.floor((length - at) / 4))
  let w = 0
  while (w < words.length && words[w] === 0) w++
  at += 4 * w
  while (at < length && bits[at] === 0) at++
  return at
}

function extend(lowest: Vec3, highest: Vec3, from: number, to: number, y: number, z: number): void {
  lowest[0] = Math.min(lowest[0], from)
  highest[0] = Math.max(highest[0], to)
  lowest[1] = Math.min(lowest[1], y)
  highest[1] = Math.max(highest[1], y)
  lowest[2] = Math.min(lowest[2], z)
  highest[2] = Math.max(highest[2], z)
}

/**
 * One structure within a box, as a mask of its own: 0 or 1 a voxel. Its buffer ends on a whole word, whose voxels beyond
 * the box are 0.
 */
export function maskIn(
  bits: Uint8Array,
  [nx, ny]: Readonly<Vec3>,
  { from, size }: Box,
  s: number,
): Uint8Array {
  const voxels = size[0] * size[1] * size[2]
  const mask = new Uint8Array(new ArrayBuffer(4 * Math.ceil(voxels / 4)), 0, voxels)
  for (let z = 0, to = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++) {
      const row = ((from[2] + z) * ny + from[1] + y) * nx + from[0]
      for (let x = 0; x < size[0]; x++, to++) mask[to] = (bits[row + x] >> s) & 1
    }
  }
  return mask
}
