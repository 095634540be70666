import { join } from 'node:path'
import type { Geometry } from '@contract'
import { writeNifti } from '../../../src-main/engine/volume'

export const grid: Geometry = {
  size: [40, 30, 6],
  spacing: [1, 1, 5],
  origin: [-20, -15, 40],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  frameOfReference: '',
}

/** A box of `label`: from x to x + width, 20 rows and 4 slices, on a grid. */
export interface Drawn {
  label: number
  x: number
  width: number
}

export function labelmap(boxes: readonly Drawn[], geometry = grid): Uint8Array {
  const [nx, ny, nz] = geometry.size
  const voxels = new Uint8Array(nx * ny * nz)
  for (const { label, x, width } of boxes) {
    for (let z = 1; z < 5; z++) {
      for (let y = 5; y < 25; y++) voxels.fill(label, (z * ny + y) * nx + x, (z * ny + y) * nx + x + width)
    }
  }
  return voxels
}

export async function draw(
  folder: string,
  file: string,
  boxes: readonly Drawn[],
  geometry = grid,
): Promise<void> {
  await writeNifti(join(folder, file), geometry, labelmap(boxes, geometry))
}
