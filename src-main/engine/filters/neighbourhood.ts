/** Neighbours in the slice plane: offsets in voxels and the base-2 logarithms of their spatial weights. */
export interface Neighbourhood {
  dx: Int32Array
  dy: Int32Array
  closeness: Float32Array
  /** Columns and rows that neighbours reach into on either side. */
  reach: [number, number]
}

/** Neighbours closer to each other than this (mm) share their noise: of smaller voxels only every n-th is taken. */
const FINEST_SPACING = 0.8

/** The square of voxels out to `reach` standard deviations of a Gaussian of `sigma` mm, with its weights. */
export function gaussianNeighbourhood(
  sigma: number,
  reach: number,
  spacing: readonly [number, number],
): Neighbourhood {
  return squareNeighbourhood(reach * sigma, spacing, (mm) => (-0.5 * (mm / sigma) ** 2) / Math.LN2)
}

/** The square of voxels out to `reach` mm or just beyond, the voxel itself among them. */
export function squareNeighbourhood(
  reach: number,
  spacing: readonly [number, number],
  closenessAt: (mm: number) => number = () => 0,
): Neighbourhood {
  const [stepX, stepY] = spacing.map((mm) => Math.max(1, Math.round(FINEST_SPACING / mm)))
  // A length of whole voxels must not gain one by rounding.
  const across = stepX * Math.ceil(reach / (stepX * spacing[0]) - 1e-6)
  const down = stepY * Math.ceil(reach / (stepY * spacing[1]) - 1e-6)
  const dx: number[] = []
  const dy: number[] = []
  for (let y = -down; y <= down; y += stepY) {
    for (let x = -across; x <= across; x += stepX) {
      dx.push(x)
      dy.push(y)
    }
  }
  return {
    dx: Int32Array.from(dx),
    dy: Int32Array.from(dy),
    closeness: Float32Array.from(dx, (x, n) => closenessAt(Math.hypot(x * spacing[0], dy[n] * spacing[1]))),
    reach: [across, down],
  }
}
