import type { Vec3 } from '@contract'
import type { Box } from './labelmap'

/**
 * The border of a structure in one slice within a box, as straight runs along voxel edges: x0, y0, x1, y1 of each, in
 * in-plane coordinates where voxel centres are whole numbers.
 */
export function edgeRuns(layer: Uint8Array, size: Vec3, { from, to }: Box): number[] {
  const [nx, ny] = size
  const slice = from[2] * nx * ny
  const inside = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < nx && y < ny && layer[slice + y * nx + x] === 1
  const runs: number[] = []
  for (const side of [-1, 1]) {
    for (let y = from[1]; y <= to[1]; y++) {
      eachRun(
        from[0],
        to[0],
        (x) => inside(x, y) && !inside(x, y + side),
        (first, last) => runs.push(first - 0.5, y + side / 2, last + 0.5, y + side / 2),
      )
    }
    for (let x = from[0]; x <= to[0]; x++) {
      eachRun(
        from[1],
        to[1],
        (y) => inside(x, y) && !inside(x + side, y),
        (first, last) => runs.push(x + side / 2, first - 0.5, x + side / 2, last + 0.5),
      )
    }
  }
  return runs
}

function eachRun(
  from: number,
  to: number,
  belongs: (at: number) => boolean,
  found: (first: number, last: number) => void,
): void {
  let first: number | null = null
  for (let at = from; at <= to + 1; at++) {
    const now = at <= to && belongs(at)
    if (now && first === null) first = at
    else if (!now && first !== null) {
      found(first, at - 1)
      first = null
    }
  }
}
