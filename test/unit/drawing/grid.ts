import type { Geometry, Vec3 } from '@contract'

export const gridOf = (size: Vec3, spacing: Vec3 = [1, 1, 5]): Geometry => ({
  size,
  spacing,
  origin: [0, 0, 0],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  frameOfReference: '1.2.3',
})

/** A mask of 1 where a condition holds. */
export function maskWhere(size: Vec3, belongs: (x: number, y: number, z: number) => boolean): Uint8Array {
  const mask = new Uint8Array(size[0] * size[1] * size[2])
  for (let z = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++) {
      for (let x = 0; x < size[0]; x++) {
        if (belongs(x, y, z)) mask[(z * size[1] + y) * size[0] + x] = 1
      }
    }
  }
  return mask
}

export const countOf = (mask: Uint8Array): number => mask.reduce((sum, inside) => sum + inside, 0)

/** A generator of numbers in [0, 1) that gives the same ones for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
