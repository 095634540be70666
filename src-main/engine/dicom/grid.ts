import type { Geometry, Vec3 } from '@contract'
import type { Arrangement } from './arrange'
import { cross, dot } from '../volume'
import { median, type Slice } from './slices'

/**
 * The voxel grid of an arrangement. The z axis is the real step from the first slice to the last, so a gantry tilt
 * stays in the geometry. Irregular gaps cannot be told by one spacing: the usual gap is used where most are alike,
 * else the mean, and a warning says so.
 */
export function gridOf(arrangement: Arrangement): { geometry: Geometry; warnings: string[] } {
  const warnings: string[] = []
  const column = firstOfEach(arrangement)
  const { header } = column[0].instance
  const { frame } = column[0]
  const axes = frame.orientation ?? [
    [1, 0, 0],
    [0, 1, 0],
  ]
  const normal = cross(axes[0], axes[1])
  const placed = column.every((slice) => slice.frame.position !== null)
  const origin: Vec3 = (placed && frame.position) || [0, 0, 0]
  let step: Vec3 = normal
  let spacing = frame.thickness && frame.thickness > 0 ? frame.thickness : 1
  if (placed && column.length > 1) {
    const last = column[column.length - 1].frame.position ?? origin
    const way: Vec3 = [last[0] - origin[0], last[1] - origin[1], last[2] - origin[2]]
    const length = Math.hypot(...way)
    step = [way[0] / length, way[1] / length, way[2] / length]
    const stretch = 1 / dot(step, normal)
    const gaps = column.slice(1).map((slice, index) => (slice.depth - column[index].depth) * stretch)
    spacing = spacingOf(gaps, length, warnings)
    const shear = (Math.acos(Math.min(1, dot(step, normal))) * 180) / Math.PI
    if (shear > 0.5) {
      warnings.push(`The slices are sheared by ${shear.toFixed(1)}° (gantry tilt); the geometry keeps it.`)
    }
  }
  if (frame.spacing === null) warnings.push('Pixel Spacing (0028,0030) is missing; 1 mm was assumed.')
  const [x, y] = frame.spacing ?? [1, 1]
  const size: Vec3 = [header.image?.columns ?? 0, header.image?.rows ?? 0, column.length]
  return {
    geometry: {
      size,
      spacing: [x, y, spacing],
      origin,
      direction: [axes[0], axes[1], step],
      frameOfReference: header.frameOfReference,
    },
    warnings,
  }
}

/** One slice of each position: the first time point's, or the next where that is missing. */
export function firstOfEach({ cells, frames, slices }: Arrangement): Slice[] {
  const column: Slice[] = []
  for (let z = 0; z < slices; z++) {
    for (let frame = 0; frame < frames; frame++) {
      const cell = cells[frame * slices + z]
      if (cell) {
        column.push(cell)
        break
      }
    }
  }
  return column
}

function spacingOf(gaps: readonly number[], length: number, warnings: string[]): number {
  const usual = median(gaps)
  const alike = gaps.filter((gap) => Math.abs(gap - usual) <= 0.02 * usual + 0.02)
  const mean = length / gaps.length
  if (alike.length === gaps.length) return mean
  const chosen = alike.length >= 0.6 * gaps.length ? usual : mean
  const range = `${Math.min(...gaps).toFixed(2)} to ${Math.max(...gaps).toFixed(2)} mm`
  warnings.push(`The slices are not evenly spaced (${range}); ${chosen.toFixed(2)} mm is used between all.`)
  return chosen
}
