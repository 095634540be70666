import { greatest, type Slice } from './slices'

/** mm: how far apart slices of one position may lie, tried in turn. Tables that shuttle come back within about 0.3 mm. */
const tolerances = [0.005, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5]

/**
 * Slices by position along the normal, from the lowest. The tolerance is the smallest that leaves the fewest gaps in
 * the table of positions × times, and never reaches half of the distance between neighbours.
 */
export function byPosition(slices: readonly Slice[]): Slice[][] {
  const sorted = [...slices].sort((a, b) => a.depth - b.depth)
  let best: Slice[][] = []
  let fewest = Infinity
  for (const tolerance of tolerances) {
    const groups = cluster(sorted, tolerance)
    if (best.length > 0 && !clear(groups, tolerance, sorted[0].frame.thickness)) continue
    const most = greatest(groups.map((group) => group.length))
    const gaps = 1 - sorted.length / (groups.length * most)
    if (gaps < fewest - 1e-9) {
      best = groups
      fewest = gaps
    }
    if (fewest === 0) break
  }
  return best
}

function cluster(sorted: readonly Slice[], tolerance: number): Slice[][] {
  const groups: Slice[][] = []
  let previous = -Infinity
  for (const slice of sorted) {
    if (slice.depth - previous > tolerance) groups.push([slice])
    else groups[groups.length - 1].push(slice)
    previous = slice.depth
  }
  return groups
}

/** Whether the groups are tight and well apart, so that none joins slices that are really neighbours. */
function clear(groups: readonly Slice[][], tolerance: number, thickness: number | null): boolean {
  if (thickness !== null && thickness > 0 && tolerance > thickness / 4) return false
  return groups.every((group, index) => {
    const last = group[group.length - 1].depth
    const tight = last - group[0].depth <= 2 * tolerance
    return tight && (index + 1 === groups.length || groups[index + 1][0].depth - last > 2 * tolerance)
  })
}
