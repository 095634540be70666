import type { Vec3 } from '@contract'
import type { RegionTool } from '../../stores/reviewView'

type Point = [number, number]

/**
 * The outline of a drawn region as a polygon in in-plane voxel coordinates. An ellipse and a rectangle are given by two
 * opposite corners of their box; a freehand line is closed.
 */
export function outlineOf(tool: RegionTool, points: readonly Point[]): Point[] {
  if (tool === 'freehand' || points.length < 2) return [...points]
  const [[x0, y0], [x1, y1]] = [points[0], points[points.length - 1]]
  if (tool === 'rectangle') {
    return [
      [x0, y0],
      [x1, y0],
      [x1, y1],
      [x0, y1],
    ]
  }
  const steps = 72
  return Array.from({ length: steps }, (_, step) => {
    const angle = (2 * Math.PI * step) / steps
    return [
      (x0 + x1) / 2 + ((x1 - x0) / 2) * Math.cos(angle),
      (y0 + y1) / 2 + ((y1 - y0) / 2) * Math.sin(angle),
    ]
  })
}

/** Whether a point lies inside a polygon (even–odd rule). */
export function insidePolygon([x, y]: Point, polygon: readonly Point[]): boolean {
  let inside = false
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i]
    const [xj, yj] = polygon[j]
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside
  }
  return inside
}

/** The voxels of a slice whose centre lies inside the polygon, kept to the grid. */
export function voxelsInside(polygon: readonly Point[], size: Vec3, slice: number): Vec3[] {
  if (polygon.length < 3) return []
  const xs = polygon.map(([x]) => x)
  const ys = polygon.map(([, y]) => y)
  const voxels: Vec3[] = []
  const fromY = Math.max(0, Math.ceil(Math.min(...ys)))
  const toY = Math.min(size[1] - 1, Math.floor(Math.max(...ys)))
  const fromX = Math.max(0, Math.ceil(Math.min(...xs)))
  const toX = Math.min(size[0] - 1, Math.floor(Math.max(...xs)))
  for (let y = fromY; y <= toY; y++) {
    for (let x = fromX; x <= toX; x++) if (insidePolygon([x, y], polygon)) voxels.push([x, y, slice])
  }
  return voxels
}

/** A voxel with its four neighbours in the slice: what one click of the vessel tools takes. */
export function neighbourhood([x, y, z]: Vec3, size: Vec3): Vec3[] {
  const steps: Point[] = [
    [0, 0],
    [-1, 0],
    [1, 0],
    [0, -1],
    [0, 1],
  ]
  return steps
    .map(([dx, dy]): Vec3 => [x + dx, y + dy, z])
    .filter(([i, j]) => i >= 0 && j >= 0 && i < size[0] && j < size[1])
}

/** The voxels of both lists, each once, in order of first appearance. */
export function unionOfVoxels(a: readonly Vec3[], b: readonly Vec3[]): Vec3[] {
  const seen = new Map<string, Vec3>()
  for (const voxel of [...a, ...b]) if (!seen.has(voxel.join())) seen.set(voxel.join(), voxel)
  return [...seen.values()]
}

/** A cluster moved within its slice; null where a voxel would leave the grid. */
export function movedVoxels(voxels: readonly Vec3[], dx: number, dy: number, size: Vec3): Vec3[] | null {
  const moved = voxels.map(([x, y, z]): Vec3 => [x + dx, y + dy, z])
  const fits = moved.every(([x, y]) => x >= 0 && y >= 0 && x < size[0] && y < size[1])
  return fits ? moved : null
}
