import type { Point } from './brush'

/** One slice of a picture, in the range it is shown in: an edge is what the eye sees as one. */
export interface WirePicture {
  /** x fastest; may hold more than the slice. */
  values: ArrayLike<number>
  /** Where the slice begins in `values`. */
  from: number
  columns: number
  rows: number
  lower: number
  upper: number
}

export interface LiveWire {
  /** Where it hangs: a corner of voxels, in in-plane coordinates. */
  anchor: Point
  /** Along the edges from the anchor to a point, without the anchor; beyond the wire's reach it goes on straight. */
  to: (point: Point) => Point[]
}

/** How far a wire reaches on each side of its anchor, voxels. */
const REACH = 96
/** How far a click is moved to the next edge, voxels. */
const SNAP = 3
/** Costs of a step are whole numbers from 1 (along the strongest edges) to this (where there is none). */
const DEAREST = 255
/** Of the cracks of a window, the share that counts as having the strongest edge. */
const STRONG = 0.02

/** Corners of voxels around an anchor; a corner (0, 0) of the window lies at in-plane (left − ½, top − ½). */
interface Window {
  left: number
  top: number
  /** Corners along x and y. */
  wide: number
  high: number
}

/**
 * A wire that runs along the cracks between voxels from an anchor, the cheapest way first: a step along a crack is the
 * cheaper the more the voxels on its two sides differ (live wire on pixel edges: Falcão et al., Graph Models Image
 * Process 60, 1998; Dijkstra's search in buckets of whole costs: Dial, Commun ACM 12, 1969). What such a line encloses is
 * whole voxels on one side of the edge. The search is done once for each anchor, over a window around it. The anchor is
 * moved to the next edge unless `snap` is false.
 */
export function liveWire(picture: WirePicture, anchor: Point, { snap = true } = {}): LiveWire {
  const window = windowAround(picture, anchor)
  const costs = crackCosts(picture, window)
  const start = snap ? snapped(window, costs, anchor) : cornerAt(window, anchor)
  const cameFrom = search(window, costs, start)
  const pointOf = (corner: number): Point => [
    window.left + (corner % window.wide) - 0.5,
    window.top + Math.floor(corner / window.wide) - 0.5,
  ]
  return {
    anchor: pointOf(start),
    to: (point) => {
      const end = cornerAt(window, point)
      const way: Point[] = []
      for (let corner = end; corner !== start; corner = cameFrom[corner]) way.push(pointOf(corner))
      way.reverse()
      const [x, y] = pointOf(end)
      const far = Math.abs(point[0] - x) > 1 || Math.abs(point[1] - y) > 1
      return far ? [...way, point] : way
    },
  }
}

function windowAround({ columns, rows }: WirePicture, [x, y]: Point): Window {
  const clamp = (value: number, upper: number): number => Math.max(0, Math.min(upper, Math.round(value)))
  const left = clamp(x - REACH, columns)
  const top = clamp(y - REACH, rows)
  return {
    left,
    top,
    wide: clamp(x + REACH, columns) - left + 1,
    high: clamp(y + REACH, rows) - top + 1,
  }
}

/** The corner of the window nearest to a point. */
function cornerAt({ left, top, wide, high }: Window, [x, y]: Point): number {
  const i = Math.max(0, Math.min(wide - 1, Math.round(x + 0.5) - left))
  const j = Math.max(0, Math.min(high - 1, Math.round(y + 0.5) - top))
  return j * wide + i
}

/** Costs of the step to the right of each corner, and of the step down. */
interface CrackCosts {
  right: Uint8Array
  down: Uint8Array
}

function crackCosts(picture: WirePicture, window: Window): CrackCosts {
  const { wide, high } = window
  const shown = shownValues(picture, window)
  const width = wide + BORDER
  const along = new Float32Array(wide * high)
  const across = new Float32Array(wide * high)
  for (let j = 0; j < high; j++) {
    for (let i = 0; i < wide; i++) {
      // The voxel below and to the right of the corner, and those above and to the left of it.
      const at = (j + 2) * width + i + 2
      const [above, left] = [at - width, at - 1]
      // Weighted 1 2 1 along the crack: one noisy voxel is no edge.
      along[j * wide + i] = Math.abs(
        weighted(shown[at - 1], shown[at], shown[at + 1]) -
          weighted(shown[above - 1], shown[above], shown[above + 1]),
      )
      across[j * wide + i] = Math.abs(
        weighted(shown[above], shown[at], shown[at + width]) -
          weighted(shown[left - width], shown[left], shown[left + width]),
      )
    }
  }
  const strong = strongest(along, across)
  return { right: costsOf(along, strong), down: costsOf(across, strong) }
}

const weighted = (before: number, here: number, after: number): number => before + 2 * here + after

function costsOf(contrasts: Float32Array, strong: number): Uint8Array {
  const costs = new Uint8Array(contrasts.length)
  for (let at = 0; at < costs.length; at++) {
    const weakness = 1 - Math.min(1, contrasts[at] / strong)
    costs[at] = Math.max(1, Math.round(DEAREST * weakness * weakness))
  }
  return costs
}

/** Two voxels before the first corner and one behind the last, so that every crack has its neighbours. */
const BORDER = 3

/** 0–1 within the range shown, of the voxels around the window's corners; beyond the picture its border goes on. */
function shownValues(picture: WirePicture, { left, top, wide, high }: Window): Float32Array {
  const { values, from, columns, rows, lower, upper } = picture
  const shown = new Float32Array((wide + BORDER) * (high + BORDER))
  let at = 0
  for (let j = -2; j <= high; j++) {
    const row = from + Math.max(0, Math.min(rows - 1, top + j)) * columns
    for (let i = -2; i <= wide; i++) {
      const value = values[row + Math.max(0, Math.min(columns - 1, left + i))]
      shown[at++] = Math.max(0, Math.min(1, (value - lower) / (upper - lower)))
    }
  }
  return shown
}

/** The contrast that the strongest cracks exceed; never 0. */
function strongest(...contrasts: Float32Array[]): number {
  const all = new Float32Array(contrasts[0].length * 2)
  contrasts.forEach((contrast, i) => all.set(contrast, i * contrast.length))
  all.sort()
  return Math.max(1e-6, all[Math.floor(all.length * (1 - STRONG))])
}

/** The corner near a point that lies on the strongest edge: the one with the cheapest crack, nearer ones before. */
function snapped(window: Window, { right, down }: CrackCosts, point: Point): number {
  const { wide, high } = window
  const nearest = cornerAt(window, point)
  const [ci, cj] = [nearest % wide, Math.floor(nearest / wide)]
  let [best, lowest] = [nearest, Infinity]
  for (let j = Math.max(1, cj - SNAP); j <= Math.min(high - 2, cj + SNAP); j++) {
    for (let i = Math.max(1, ci - SNAP); i <= Math.min(wide - 2, ci + SNAP); i++) {
      const at = j * wide + i
      const cheapest = Math.min(right[at], right[at - 1], down[at], down[at - wide])
      const cost = cheapest + (DEAREST / 4 / SNAP) * Math.hypot(i - ci, j - cj)
      if (cost < lowest) [best, lowest] = [at, cost]
    }
  }
  return best
}

/** For each corner the one before it on the cheapest way from the start. */
function search({ wide, high }: Window, { right, down }: CrackCosts, start: number): Int32Array {
  const cameFrom = new Int32Array(wide * high).fill(-1)
  const distance = new Uint32Array(wide * high).fill(0xffffffff)
  const buckets: number[][] = Array.from({ length: DEAREST + 1 }, () => [])
  let waiting = 1
  distance[start] = 0
  buckets[0].push(start)
  const reach = (from: number, corner: number, total: number): void => {
    if (total >= distance[corner]) return
    distance[corner] = total
    cameFrom[corner] = from
    buckets[total % buckets.length].push(corner)
    waiting++
  }
  for (let reached = 0; waiting > 0; reached++) {
    const bucket = buckets[reached % buckets.length]
    while (bucket.length > 0) {
      const corner = bucket.pop() as number
      waiting--
      // Left over from a dearer way.
      if (distance[corner] !== reached) continue
      const i = corner % wide
      if (i > 0) reach(corner, corner - 1, reached + right[corner - 1])
      if (i < wide - 1) reach(corner, corner + 1, reached + right[corner])
      if (corner >= wide) reach(corner, corner - wide, reached + down[corner - wide])
      if (corner < wide * (high - 1)) reach(corner, corner + wide, reached + down[corner])
    }
  }
  return cameFrom
}
