import type { Geometry } from '@contract'
import { emptyVoxels, tissueBaseline, tissueLabels, withoutMargin, type PhantomVoxels } from './tissue'

/** Columns of tiles, s: CBF is 2.5 to 17.5 times the CBV. */
export const kudoTransitTimes = [24, 12, 8, 6, 4.8, 4, 24 / 7] as const
/** Rows of tiles, s. */
export const kudoDelays = [0, 0.5, 1, 1.5, 2, 2.5, 3] as const

/** Blocks of pure blood in the first slice: upper left corner and side, as shares of the image. */
const blocks = {
  artery: { row: 123 / 512, column: 251 / 512, side: 8 / 512 },
  vein: { row: 410 / 512, column: 247 / 512, side: 16 / 512 },
}

/** The tissue field of the first slice that holds the vessels, as shares of the image. */
const vesselField = { first: 80 / 512, last: 448 / 512 }

/**
 * The phantom of Kudo et al. 2013 for one residue shape: slice 0 holds an arterial and a venous block in unperfused
 * tissue, slice n the blood volume n ml/100 g in 7 × 7 tiles, MTT falling with the column and delay growing with the
 * row. Tiles are 32 × 32 pixels of a 512 image, in its middle. `margin` empty slices lie at either end.
 */
export function kudoVoxels(geometry: Geometry, margin = 0): PhantomVoxels {
  const [size, , slices] = geometry.size
  const voxels = emptyVoxels(size * size * slices)
  voxels.baseline.fill(tissueBaseline.ct.air)
  const inner = withoutMargin(voxels, size * size, margin)
  fillVesselSlice(inner, size)
  for (let slice = 1; slice < slices - 2 * margin; slice++) fillTiles(inner, size, slice)
  return voxels
}

function fillVesselSlice(voxels: PhantomVoxels, size: number): void {
  const [first, last] = [Math.round(vesselField.first * size), Math.round(vesselField.last * size)]
  for (let row = first; row < last; row++) {
    for (let column = first; column < last; column++) {
      voxels.baseline[row * size + column] = tissueBaseline.ct.grey
      voxels.tissue[row * size + column] = tissueLabels.fluid
    }
  }
  for (const kind of ['artery', 'vein'] as const) {
    const side = Math.max(2, Math.round(blocks[kind].side * size))
    const [top, left] = [Math.round(blocks[kind].row * size), Math.round(blocks[kind].column * size)]
    for (let row = top; row < top + side; row++) {
      for (let column = left; column < left + side; column++) {
        const at = row * size + column
        voxels[kind][at] = 1
        voxels.tissue[at] = tissueLabels[kind]
      }
    }
  }
}

function fillTiles(voxels: PhantomVoxels, size: number, slice: number): void {
  const tile = size / 16
  const first = (size - 7 * tile) / 2
  for (let row = 0; row < 7 * tile; row++) {
    for (let column = 0; column < 7 * tile; column++) {
      const at = (slice * size + first + row) * size + first + column
      const mtt = kudoTransitTimes[Math.floor(column / tile)]
      voxels.baseline[at] = tissueBaseline.ct.grey
      voxels.tissue[at] = tissueLabels.grey
      voxels.cbv[at] = slice
      voxels.mtt[at] = mtt
      voxels.cbf[at] = (60 * slice) / mtt
      voxels.delay[at] = kudoDelays[Math.floor(row / tile)]
    }
  }
}
