import type { Vec3 } from '@contract'
import type { Drawing } from './drawing'
import type { Box } from './labelmap'

/** In-plane voxel coordinates; whole numbers are voxel centres. */
export type Point = [number, number]

export interface BrushStroke {
  slice: number
  /** The diameter, mm: a circle on the patient, an ellipse of voxels where they are not square. */
  diameter: number
  layer: number
  /** 1 draws, 0 erases. */
  inside: 0 | 1
  /** Of a threshold brush: whether the voxel at an offset may be drawn. */
  within?: (offset: number) => boolean
}

/**
 * Draws the part of a stroke from one point to the next: every voxel whose centre lies within the radius of the segment,
 * and always the voxels under its two ends, so that the smallest brush draws too. Fast movements leave no gaps.
 */
export function brushSegment(drawing: Drawing, from: Point, to: Point, stroke: BrushStroke): void {
  const { labels } = drawing
  const [nx, ny] = labels.size
  const [sx, sy] = labels.spacing
  const radius = stroke.diameter / 2
  const reach: Point = [radius / sx, radius / sy]
  const box = clippedBox(labels.size, stroke.slice, [
    Math.min(from[0], to[0]) - reach[0] - 0.5,
    Math.min(from[1], to[1]) - reach[1] - 0.5,
    Math.max(from[0], to[0]) + reach[0] + 0.5,
    Math.max(from[1], to[1]) + reach[1] + 0.5,
  ])
  if (box === null) return
  const along: Point = [(to[0] - from[0]) * sx, (to[1] - from[1]) * sy]
  const length = along[0] ** 2 + along[1] ** 2
  const put = (x: number, y: number): void => {
    const offset = labels.offset(x, y, stroke.slice)
    if (stroke.within === undefined || stroke.within(offset)) {
      drawing.write(stroke.layer, offset, stroke.inside)
    }
  }
  for (let y = box.from[1]; y <= box.to[1]; y++) {
    for (let x = box.from[0]; x <= box.to[0]; x++) {
      const dx = (x - from[0]) * sx
      const dy = (y - from[1]) * sy
      const share = length === 0 ? 0 : Math.max(0, Math.min(1, (dx * along[0] + dy * along[1]) / length))
      if ((dx - share * along[0]) ** 2 + (dy - share * along[1]) ** 2 <= radius ** 2) put(x, y)
    }
  }
  for (const [x, y] of [from, to].map(([i, j]): Point => [Math.round(i), Math.round(j)])) {
    if (x >= 0 && y >= 0 && x < nx && y < ny) put(x, y)
  }
  drawing.touch(stroke.layer, box)
}

/** The voxels of a slice between in-plane limits, or null where the grid has none of them. */
function clippedBox(size: Vec3, slice: number, limits: [number, number, number, number]): Box | null {
  const from: Vec3 = [Math.max(0, Math.ceil(limits[0])), Math.max(0, Math.ceil(limits[1])), slice]
  const to: Vec3 = [
    Math.min(size[0] - 1, Math.floor(limits[2])),
    Math.min(size[1] - 1, Math.floor(limits[3])),
    slice,
  ]
  return from[0] <= to[0] && from[1] <= to[1] ? { from, to } : null
}
