import { createVectorUnit, type Plane, type VectorUnit } from '../compute/vectorUnit'
import type { Voxels } from '../volume'
import type { GridMap } from './gridMap'

type Size = readonly [number, number, number]

/** Room for some slices of a frame and one row of the result; kept from call to call. */
interface Workspace {
  unit: VectorUnit
  slices: Plane
  row: Plane
}

let workspace: Workspace | null = null

function workspaceFor(voxels: number, nx: number): Workspace {
  if (workspace && workspace.slices.floats.length >= voxels && workspace.row.floats.length >= nx) {
    return workspace
  }
  const unit = createVectorUnit()
  // A vector that begins with the last voxels of the last row reads a little beyond.
  workspace = { unit, slices: unit.reserve(voxels + 4), row: unit.reserve(nx) }
  return workspace
}

/**
 * Fills `to`, from its slice `toSlice` on, with slices [first, last] of the volume `from`, taken at `map`'s indices.
 * Within the slices by cubic convolution (Keys 1981), which keeps the peaks of vessels a few pixels wide where linear
 * interpolation lowers them, limited to the values of the nearest voxels, so that the skull does not ring into the
 * brain; between the slices, which are thick, linearly. Beside the slices' edges linearly in all directions; beyond the
 * volume its border goes on. Where `to` holds whole numbers they are rounded.
 */
export function resampleSlices(
  from: Voxels,
  size: Size,
  map: GridMap,
  [first, last]: readonly [number, number],
  to: Voxels,
  toSlice = first,
): void {
  const [nx, ny] = size
  const area = nx * ny
  const [lowest, highest] = slicesNeeded(size, map, [first, last])
  const count = highest - lowest + 1
  const { unit, slices, row } = workspaceFor(count * area, nx)
  const held = slices.floats
  held.set(from.subarray(lowest * area, (highest + 1) * area))
  const values = row.floats
  const whole = !(to instanceof Float32Array)
  const [sx, sy, sz] = map.x
  for (let slice = first; slice <= last; slice++) {
    for (let j = 0; j < ny; j++) {
      const x = map.start[0] + j * map.y[0] + slice * map.z[0]
      const y = map.start[1] + j * map.y[1] + slice * map.z[1]
      const z = map.start[2] + j * map.y[2] + slice * map.z[2] - lowest
      const [begin, end] = innerPart(nx, [x, sx, nx], [y, sy, ny])
      const above = count > 1 ? 4 * area : 0
      unit.kernels.resampleRow(slices.at, nx, count, above, x, y, z, sx, sy, sz, begin, end, row.at)
      const fillLinearly = (i: number): void => {
        values[i] = linearAt(held, [nx, ny, count], x + i * sx, y + i * sy, z + i * sz)
      }
      for (let i = 0; i < begin; i++) fillLinearly(i)
      for (let i = end; i < nx; i++) fillLinearly(i)
      const start = (toSlice + slice - first) * area + j * nx
      for (let i = 0; i < nx; i++) to[start + i] = whole ? Math.floor(values[i] + 0.5) : values[i]
    }
  }
}

/** The slices of the volume that slices [first, last] of the result lie between, at least two where there are as many. */
function slicesNeeded(
  [nx, ny, nz]: Size,
  { start, x, y, z }: GridMap,
  slab: readonly number[],
): [number, number] {
  const corners = slab.flatMap((slice) =>
    [0, nx - 1].flatMap((i) => [0, ny - 1].map((j) => start[2] + i * x[2] + j * y[2] + slice * z[2])),
  )
  const within = (slice: number): number => Math.min(nz - 1, Math.max(0, slice))
  const lowest = Math.min(within(Math.floor(Math.min(...corners))), Math.max(0, nz - 2))
  return [lowest, Math.max(within(Math.floor(Math.max(...corners)) + 1), within(lowest + 1))]
}

/** Voxels [begin, end) of a row whose places lie between the second and the last but one voxel along both axes. */
function innerPart(nx: number, ...axes: [start: number, step: number, extent: number][]): [number, number] {
  const inside = (i: number): boolean =>
    axes.every(([start, step, extent]) => start + i * step >= 1 && start + i * step < extent - 2)
  let [begin, end] = [0, nx]
  while (begin < end && !inside(begin)) begin++
  while (end > begin && !inside(end - 1)) end--
  return [begin, end]
}

/** Trilinear; beyond the volume its border goes on. */
function linearAt(values: Float32Array, [nx, ny, nz]: Size, x: number, y: number, z: number): number {
  const px = Math.min(nx - 1, Math.max(0, x))
  const py = Math.min(ny - 1, Math.max(0, y))
  const pz = Math.min(nz - 1, Math.max(0, z))
  const ix = Math.min(Math.max(0, nx - 2), Math.floor(px))
  const iy = Math.min(Math.max(0, ny - 2), Math.floor(py))
  const iz = Math.min(Math.max(0, nz - 2), Math.floor(pz))
  const [fx, fy, fz] = [px - ix, py - iy, pz - iz]
  const right = nx > 1 ? 1 : 0
  const down = ny > 1 ? nx : 0
  const inSlice = (at: number): number => {
    const upper = values[at] + (values[at + right] - values[at]) * fx
    const lower = values[at + down] + (values[at + down + right] - values[at + down]) * fx
    return upper + (lower - upper) * fy
  }
  const at = (iz * ny + iy) * nx + ix
  const low = inSlice(at)
  return fz > 0 ? low + (inSlice(at + nx * ny) - low) * fz : low
}
