import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { geometrySchema, UmbraError, type Geometry, type DrawnStructure } from '@contract'
import type { Sqlite } from './store'

const WIDEST = 4096

/** The slices of one save, as its request names them. */
export interface ChangedSlices {
  geometry: Geometry
  slices: { structure: string; slice: number }[]
  /** nx × ny of every named slice, in that order; 0 outside. */
  bytes: Uint8Array
}

/** The grid of a save, as it is stored. Throws `other-grid` for one that no labelmap can have. */
export function gridText(geometry: Geometry): string {
  const whole = geometry.size.every((each) => Number.isInteger(each) && each > 0 && each <= WIDEST)
  if (whole) return JSON.stringify(geometrySchema.parse(geometry))
  throw new UmbraError({
    code: 'other-grid',
    message: `A drawing cannot have a grid of ${geometry.size.join(' × ')} voxels.`,
    where: 'reading.save',
  })
}

function refuse(message: string): never {
  throw new UmbraError({
    code: 'wrong-bytes',
    message,
    hint: 'The page and the engine may be of different versions: reload the page.',
    where: 'reading.save',
  })
}

/** Writes whole slices over what was saved of them. Empty ones take no room. Call it within a transaction. */
export function writeSlices(
  store: Sqlite,
  readingId: string,
  structures: readonly DrawnStructure[],
  { geometry, slices, bytes }: ChangedSlices,
): void {
  const [nx, ny, nz] = geometry.size
  const area = nx * ny
  if (bytes.length !== slices.length * area) {
    refuse(`A save of ${slices.length} slices of ${nx} × ${ny} came with ${bytes.length} bytes.`)
  }
  slices.forEach(({ structure, slice }, i) => {
    if (!structures.some(({ key }) => key === structure)) refuse(`The study has no structure ${structure}.`)
    if (slice >= nz) refuse(`There is no slice ${slice} among ${nz}.`)
    const pixels = bytes.slice(i * area, (i + 1) * area).map((value) => (value === 0 ? 0 : 1))
    const voxels = pixels.reduce((sum, value) => sum + value, 0)
    if (voxels === 0) {
      store.run(
        'DELETE FROM slice WHERE reading = ? AND structure = ? AND slice = ?',
        readingId,
        structure,
        slice,
      )
      return
    }
    store.run(
      'INSERT OR REPLACE INTO slice (reading, structure, slice, voxels, pixels) VALUES (?, ?, ?, ?, ?)',
      ...[readingId, structure, slice, voxels, deflateRawSync(pixels, { level: 1 })],
    )
  })
}

/** All of a reading: one frame (nx × ny × nz) after another, in the order of the structures; 1 inside. */
export function readLabelmap(
  store: Sqlite,
  readingId: string,
  structures: readonly DrawnStructure[],
  [nx, ny, nz]: Geometry['size'],
): Uint8Array {
  const area = nx * ny
  const labelmap = new Uint8Array(structures.length * area * nz)
  const stored = store.all<{ structure: string; slice: number; pixels: Uint8Array }>(
    'SELECT structure, slice, pixels FROM slice WHERE reading = ?',
    readingId,
  )
  for (const { structure, slice, pixels } of stored) {
    const frame = structures.findIndex(({ key }) => key === structure)
    if (frame >= 0) {
      labelmap.set(inflateRawSync(pixels, { maxOutputLength: area }), (frame * nz + slice) * area)
    }
  }
  return labelmap
}

/** ml of one voxel: the step from slice to slice counts along the normal, also where it is sheared. */
export function voxelMillilitres({ spacing, direction: [x, y, z] }: Geometry): number {
  const normal = [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]]
  const along = Math.abs(normal[0] * z[0] + normal[1] * z[1] + normal[2] * z[2])
  return (spacing[0] * spacing[1] * spacing[2] * along) / 1000
}

/** ml by structure, of a reading that has a grid. */
export function volumesOf(
  store: Sqlite,
  readingId: string,
  structures: readonly DrawnStructure[],
  geometry: Geometry,
): Record<string, number> {
  const counts = store.all<{ structure: string; voxels: number }>(
    'SELECT structure, sum(voxels) AS voxels FROM slice WHERE reading = ? GROUP BY structure',
    readingId,
  )
  const each = voxelMillilitres(geometry)
  return Object.fromEntries(
    structures.map(({ key }) => [
      key,
      (counts.find(({ structure }) => structure === key)?.voxels ?? 0) * each,
    ]),
  )
}
