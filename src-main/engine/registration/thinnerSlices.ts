import type { Geometry } from '@contract'
import { stackSpacing } from '../volume'
import { sharedFloats } from './sharedVoxels'

/** Distance of slices between which lines are good enough, mm. */
const THIN_MM = 1.3
const MOST = 6

/**
 * An image on slices at most `THIN_MM` apart, the given ones among them, by cubic convolution along the slices (Keys 1981,
 * a = −1/2). Thick slices overlap in nothing, and lines between them would be a blurred image that looks like motion.
 */
export function thinnerSlices(
  geometry: Geometry,
  values: Float32Array,
): { geometry: Geometry; values: Float32Array } {
  const [nx, ny, nz] = geometry.size
  const distance = stackSpacing(geometry)
  const parts = nz < 3 ? 1 : Math.min(MOST, Math.max(1, Math.ceil(distance / THIN_MM)))
  if (parts === 1) return { geometry, values }
  const area = nx * ny
  const slices = (nz - 1) * parts + 1
  const thinner = sharedFloats(area * slices)
  const slice = (k: number): number => Math.min(nz - 1, Math.max(0, k)) * area
  for (let k = 0; k < slices; k++) {
    const below = Math.floor(k / parts)
    const f = k / parts - below
    const weights = [
      ((2 - f) * f - 1) * f * 0.5,
      (f * f * (3 * f - 5) + 2) * 0.5,
      ((4 - 3 * f) * f + 1) * f * 0.5,
      (f - 1) * f * f * 0.5,
    ]
    weights.forEach((weight, n) => {
      if (weight === 0) return
      const from = slice(below + n - 1)
      for (let i = 0, to = k * area; i < area; i++, to++) thinner[to] += weight * values[from + i]
    })
  }
  return {
    geometry: {
      ...geometry,
      size: [nx, ny, slices],
      spacing: [geometry.spacing[0], geometry.spacing[1], geometry.spacing[2] / parts],
    },
    values: thinner,
  }
}
