import type { DataSet } from 'dicom-parser'
import type { Vec3 } from '@contract'
import type { Frame, ImageLayout } from './header'
import { double, firstDecimal } from './values'

/**
 * Takes a Siemens mosaic apart: all slices of one time point tiled in one picture, row by row. The stated position is
 * that of a picture as large as the whole mosaic around the centre of the slice, so the tile's own lies inward; slices
 * follow each other along the normal that the private CSA header names. Returns null where the tiles do not fit.
 */
export function unfoldMosaic(
  dataSet: DataSet,
  image: ImageLayout,
  frame: Frame,
  tiles: number,
): { image: ImageLayout; frames: Frame[] } | null {
  const across = Math.ceil(Math.sqrt(tiles))
  const [rows, columns] = [image.rows / across, image.columns / across]
  const { position, orientation, spacing } = frame
  if (!Number.isInteger(rows) || !Number.isInteger(columns) || !position || !orientation || !spacing) {
    return null
  }
  const inward: Vec3 = [0, 1, 2].map(
    (axis) =>
      position[axis] +
      (orientation[0][axis] * (image.columns - columns) * spacing[0]) / 2 +
      (orientation[1][axis] * (image.rows - rows) * spacing[1]) / 2,
  ) as Vec3
  const normal = normalOf(dataSet, orientation)
  const step = firstDecimal(dataSet, 'x00180088') ?? frame.thickness ?? 1
  const frames = Array.from({ length: tiles }, (_, tile): Frame => {
    const delay = (double(dataSet, 'x00191029', tile) ?? 0) / 1000
    const { acquisition } = frame.instants
    return {
      ...frame,
      position: [0, 1, 2].map((axis) => inward[axis] + tile * step * normal[axis]) as Vec3,
      instants:
        acquisition === undefined ? frame.instants : { ...frame.instants, acquisition: acquisition + delay },
    }
  })
  return { image: { ...image, rows, columns, tilesAcross: across }, frames }
}

function normalOf(dataSet: DataSet, [row, column]: [Vec3, Vec3]): Vec3 {
  const normal: Vec3 = [
    row[1] * column[2] - row[2] * column[1],
    row[2] * column[0] - row[0] * column[2],
    row[0] * column[1] - row[1] * column[0],
  ]
  const named = csaNumbers(dataSet, 'SliceNormalVector', 3)
  const against = named !== null && normal.reduce((sum, value, axis) => sum + value * named[axis], 0) < 0
  return against ? [-normal[0], -normal[1], -normal[2]] : normal
}

/** Numbers of an entry of the CSA image header (0029,1010), format SV10: an entry of 84 bytes, then its items. */
function csaNumbers(dataSet: DataSet, name: string, count: number): number[] | null {
  const element = dataSet.elements.x00291010
  if (!element) return null
  const { byteArray } = dataSet
  const bytes = Buffer.from(byteArray.buffer, byteArray.byteOffset + element.dataOffset, element.length)
  const start = bytes.indexOf(`${name}\0`, 0, 'latin1')
  if (start < 0) return null
  const numbers: number[] = []
  for (let at = start + 84; numbers.length < count && at + 16 <= bytes.length;) {
    const length = bytes.readUInt32LE(at)
    if (at + 16 + length > bytes.length) return null
    const value = parseFloat(bytes.toString('latin1', at + 16, at + 16 + length))
    if (!Number.isFinite(value)) return null
    numbers.push(value)
    at += 16 + 4 * Math.ceil(length / 4)
  }
  return numbers.length === count ? numbers : null
}
