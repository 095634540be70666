/**
 * A column through a slab, along its slices' normal, in cells: every slice in `parts`, and `margin` slices more at either
 * end, which the head may bring into view. Places are in slices; cell 0 begins at −margin − ½.
 */
export interface ColumnCells {
  parts: number
  margin: number
  count: number
}

/** Parts of a slice are at most this thick, mm. */
const PART_MM = 1.7
const MOST_PARTS = 4
const LARGEST_MARGIN = 4

/** The cells of a slab of slices `distance` mm apart whose head moves through up to `reach` slices. */
export function columnCells(slices: number, distance: number, reach: number): ColumnCells {
  const parts = Math.min(MOST_PARTS, Math.ceil(distance / PART_MM))
  const margin = Math.min(LARGEST_MARGIN, Math.ceil(reach))
  return { parts, margin, count: (slices + 2 * margin) * parts }
}

/**
 * The cells that a slice at `place` sees: a slice is the mean over its thickness, taken to be the distance of the slices.
 * Fills `weights` (parts + 1 of them, sum 1) and gives the first cell. Beyond the column its end counts.
 */
export function sliceProfile(cells: ColumnCells, place: number, weights: Float64Array): number {
  const { parts } = cells
  const [first, within] = cellsAt(cells, place)
  weights.fill(1 / parts)
  weights[0] = (1 - within) / parts
  weights[parts] = within / parts
  return first
}

/** What a slice at `place` shows of a column, from the sums of its cells: sums[from + n] is that of the first n. */
export function sliceOf(cells: ColumnCells, sums: Float64Array, place: number, from = 0): number {
  const { parts } = cells
  const [cell, within] = cellsAt(cells, place)
  const first = from + cell
  const low = sums[first] + (sums[first + 1] - sums[first]) * within
  const end = first + parts
  return (sums[end] + (sums[end + 1] - sums[end]) * within - low) / parts
}

/** The first cell that a slice at `place` sees, and the part of it that lies before the slice. */
function cellsAt({ parts, margin, count }: ColumnCells, place: number): [first: number, within: number] {
  const start = Math.min(count - parts, Math.max(0, (place + margin) * parts))
  const first = Math.min(count - parts - 1, Math.floor(start))
  return [first, start - first]
}
