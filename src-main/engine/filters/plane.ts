import { padded, type Plane, type VectorUnit } from '../compute/vectorUnit'

/** An image in the memory of a vector unit, with a margin all around. */
export interface MarginPlane {
  readonly plane: Plane
  /** Numbers from one row to the next. */
  readonly stride: number
  /** Columns and rows of the margin. */
  readonly margin: [number, number]
  /** Number of the voxel (x, y), counted from the first of the plane. */
  at(x: number, y: number): number
}

/**
 * Room for an image of `width` × `height`; neighbours may lie `reach` columns and rows away, and the last vector of a row
 * may begin `spare` columns before its end.
 */
export function reserveMarginPlane(
  unit: VectorUnit,
  width: number,
  height: number,
  reach: readonly [number, number],
): MarginPlane {
  const columns = padded(reach[0] + 8)
  const stride = padded(width) + 2 * columns
  const rows = height + 2 * reach[1] + 2
  const plane = unit.reserve(stride * rows)
  return {
    plane,
    stride,
    margin: [columns, reach[1] + 1],
    at: (x, y) => (y + reach[1] + 1) * stride + columns + x,
  }
}
