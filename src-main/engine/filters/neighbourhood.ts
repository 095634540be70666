/** Neighbours in the slice plane: offsets in voxels and the base-2 logarithms of their spatial weights. */
export interface Neighbourhood {
  dx: Int32Array
  dy: Int32Array
  closeness: Float32Array
  /** Columns and rows that neighbours reach into on either side. */
  reach: [number, number]
}

/** Standard deviations of the spatial weight at which the neighbourhood ends. */
export const REACH = 2

/** The voxels within `REACH` standard deviations of a Gaussian of `sigma` mm, the voxel itself among them. */
export function gaussianNeighbourhood(sigma: number, spacing: readonly [number, number]): Neighbourhood {
  return neighbourhood(REACH * sigma, spacing, (mm) => mm / sigma, true)
}

/** The square of voxels out to `reach` mm, all of one weight. */
export function squareNeighbourhood(reach: number, spacing: readonly [number, number]): Neighbourhood {
  return neighbourhood(reach, spacing, () => 0, false)
}

function neighbourhood(
  reach: number,
  spacing: readonly [number, number],
  deviations: (mm: number) => number,
  round: boolean,
): Neighbourhood {
  // A length of whole voxels must not lose its last one to rounding.
  const across = Math.floor(reach / spacing[0] + 1e-6)
  const down = Math.floor(reach / spacing[1] + 1e-6)
  const offsets: { x: number; y: number; closeness: number }[] = []
  for (let y = -down; y <= down; y++) {
    for (let x = -across; x <= across; x++) {
      const mm = Math.hypot(x * spacing[0], y * spacing[1])
      if (round && mm > reach + 1e-6) continue
      offsets.push({ x, y, closeness: (-0.5 * deviations(mm) ** 2) / Math.LN2 })
    }
  }
  return {
    dx: Int32Array.from(offsets, ({ x }) => x),
    dy: Int32Array.from(offsets, ({ y }) => y),
    closeness: Float32Array.from(offsets, ({ closeness }) => closeness),
    reach: [across, down],
  }
}
