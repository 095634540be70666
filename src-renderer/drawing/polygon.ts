import type { Vec3 } from '@contract'
import type { Point } from './brush'

/**
 * 1 where a voxel centre of a slice lies inside a closed polygon (even–odd rule), row by row from the crossings of the
 * row with the edges: the time goes with rows × corners, not with voxels × corners.
 */
export function polygonMask(size: Vec3, polygon: readonly Point[]): Uint8Array {
  const [nx, ny] = size
  const mask = new Uint8Array(nx * ny)
  if (polygon.length < 3) return mask
  const heights = polygon.map(([, y]) => y)
  const first = Math.max(0, Math.ceil(Math.min(...heights)))
  const last = Math.min(ny - 1, Math.floor(Math.max(...heights)))
  for (let y = first; y <= last; y++) {
    const crossings = rowCrossings(polygon, y)
    for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
      const from = Math.max(0, Math.ceil(crossings[pair]))
      const to = Math.min(nx - 1, Math.floor(crossings[pair + 1]))
      if (from <= to) mask.fill(1, y * nx + from, y * nx + to + 1)
    }
  }
  return mask
}

function rowCrossings(polygon: readonly Point[], y: number): number[] {
  const crossings: number[] = []
  let [ax, ay] = polygon[polygon.length - 1]
  for (const [bx, by] of polygon) {
    if (ay > y !== by > y) crossings.push(ax + ((bx - ax) * (y - ay)) / (by - ay))
    ax = bx
    ay = by
  }
  return crossings.sort((a, b) => a - b)
}
