import { UmbraError, type Vec3 } from '@contract'
import { openPool } from '../compute/pool'

/** A drawing of very many small parts would keep ITK busy for minutes. */
const LONGEST_MS = 60_000
/** Voxels around what is drawn. */
const MARGIN = 2

interface Crop {
  from: Vec3
  size: Vec3
}

/**
 * The voxels that fill a structure in between the slices it is drawn on, as runs: where each starts in the mask, and how
 * many follow. The mask holds 0 and 1, x fastest, then y, then z; drawn slices stay as they are. By ITK's morphological
 * contour interpolation, in a worker of its own, over the box that holds what is drawn. Throws `too-intricate` where that
 * takes longer than a minute.
 */
export async function interpolateContours(
  mask: Uint8Array,
  size: Vec3,
  spacing: Vec3,
): Promise<[start: number, length: number][]> {
  if (mask.length !== size[0] * size[1] * size[2]) {
    throw new UmbraError({
      code: 'invalid-request',
      message: `The mask has ${mask.length} voxels, its grid ${size.join(' × ')}.`,
    })
  }
  const crop = drawnBox(mask, size)
  if (crop === null) return []
  const pool = openPool('contours', 1)
  let timer: NodeJS.Timeout | undefined
  try {
    const filled = await Promise.race([
      pool.call<Uint8Array>('interpolate', cropped(mask, size, crop), crop.size, spacing),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(tooIntricate()), LONGEST_MS)
      }),
    ])
    return addedRuns(mask, size, filled, crop)
  } finally {
    clearTimeout(timer)
    await pool.close()
  }
}

const tooIntricate = (): UmbraError =>
  new UmbraError({
    code: 'too-intricate',
    message: 'The structure has too many parts to be interpolated within a minute.',
    hint: 'Remove its islands first, then interpolate again.',
  })

/** The box of the grid that holds what is drawn, with a margin within the slices; null where nothing is. */
function drawnBox(mask: Uint8Array, [nx, ny, nz]: Vec3): Crop | null {
  const lowest: Vec3 = [nx, ny, nz]
  const highest: Vec3 = [-1, -1, -1]
  for (let at = mask.indexOf(1); at >= 0; at = mask.indexOf(1, at + 1)) {
    const place = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))]
    for (let axis = 0; axis < 3; axis++) {
      lowest[axis] = Math.min(lowest[axis], place[axis])
      highest[axis] = Math.max(highest[axis], place[axis])
    }
  }
  if (highest[2] < 0) return null
  const from: Vec3 = [Math.max(0, lowest[0] - MARGIN), Math.max(0, lowest[1] - MARGIN), lowest[2]]
  const to: Vec3 = [Math.min(nx - 1, highest[0] + MARGIN), Math.min(ny - 1, highest[1] + MARGIN), highest[2]]
  return { from, size: [to[0] - from[0] + 1, to[1] - from[1] + 1, to[2] - from[2] + 1] }
}

/** Where each row of the crop starts in the whole grid, in order. */
function* rowsOf([nx, ny]: Vec3, { from, size }: Crop): Generator<number> {
  for (let z = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++) yield ((from[2] + z) * ny + from[1] + y) * nx + from[0]
  }
}

function cropped(mask: Uint8Array, size: Vec3, crop: Crop): Uint8Array {
  const part = new Uint8Array(crop.size[0] * crop.size[1] * crop.size[2])
  let to = 0
  for (const row of rowsOf(size, crop)) {
    part.set(mask.subarray(row, row + crop.size[0]), to)
    to += crop.size[0]
  }
  return part
}

function addedRuns(mask: Uint8Array, size: Vec3, filled: Uint8Array, crop: Crop): [number, number][] {
  const runs: [number, number][] = []
  const length = crop.size[0]
  let part = 0
  for (const row of rowsOf(size, crop)) {
    const added = (x: number): boolean => x < length && filled[part + x] !== 0 && mask[row + x] === 0
    for (let x = 0; x < length; x++) {
      if (!added(x)) continue
      const start = x
      while (added(x)) x++
      runs.push([row + start, x - start])
    }
    part += length
  }
  return runs
}
