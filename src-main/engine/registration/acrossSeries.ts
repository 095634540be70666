import { UmbraError, type Vec3, type Warning } from '@contract'
import { openPool } from '../compute/pool'
import { stopIfCancelled, type Run } from '../compute/run'
import { frameOf, stackSpacing, voxelToWorld, type VolumeSeries } from '../volume'
import { gridMap } from './gridMap'
import { centreOfHead, normalisedMutualInformation, type Image } from './mutualInformation'
import { centreOf, reducedGeometry, reduceFrame, reductionFactor } from './reducedGrid'
import { displacement, identityMotion, type Rigid } from './rigid'
import { sharedFloats } from './sharedVoxels'

/** Where another series of the same patient lies. */
export interface SeriesAlignment {
  /** Takes points of the one series to points of the other, LPS mm. */
  motion: Rigid
  /** Normalised mutual information after it, 1 to 2, and where the files say the series lie. */
  similarity: number
  similarityBefore: number
  warnings: Warning[]
}

/** Pixels of the search, mm. */
const SEARCH_MM = 2
/** A slab of a head may lie anywhere within a whole one: heights tried, mm. */
const HEIGHTS = Array.from({ length: 13 }, (_, step) => 10 * (step - 6))
/** Less than this is hardly more than chance. */
const ALIKE = 1.04

/**
 * Finds where another series of the same patient (MR or CT) lies: elastix, rigid, by mutual information (Mattes 2003),
 * from the best of several starts: where the files say, and the middles of the heads on one another at several heights.
 * Throws `not-comparable` for a series of one slice.
 */
export async function alignSeries(
  fixed: VolumeSeries,
  moving: VolumeSeries,
  run: Run = {},
): Promise<SeriesAlignment> {
  for (const { geometry, description } of [fixed, moving]) {
    if (Math.min(...geometry.size) < 2) {
      throw new UmbraError({
        code: 'not-comparable',
        message: `The series "${description}" has a single slice: where it lies in a head cannot be told from it.`,
      })
    }
  }
  run.onProgress?.(0, 'Comparing the series')
  const [still, other] = [imageOf(fixed), imageOf(moving)]
  const stride = Math.max(1, Math.floor(still.values.length / 20_000))
  const alike = (motion: Rigid): number => normalisedMutualInformation(still, other, motion, stride)
  const asFiled = identityMotion(centreOf(still.geometry))
  const [one, another] = [centreOfHead(still), centreOfHead(other)]
  const onOneAnother: Vec3 = [another[0] - one[0], another[1] - one[1], another[2] - one[2]]
  const starts = [[0, 0, 0] as Vec3, onOneAnother].flatMap((shift) =>
    HEIGHTS.map((height): Rigid => ({ ...asFiled, translation: [shift[0], shift[1], shift[2] + height] })),
  )
  const ranked = [asFiled, ...starts].sort((a, b) => alike(b) - alike(a))
  stopIfCancelled(run)
  const pool = openPool('registration', 2)
  try {
    const found: (Rigid | null)[] = await Promise.all(
      ranked.slice(0, 2).map((start) => pool.call<Rigid | null>('searchAcross', still, other, start)),
    )
    run.onProgress?.(0.9, 'Comparing the series')
    stopIfCancelled(run)
    const candidates = [...found.flatMap((motion) => motion ?? []), asFiled]
    const motion = candidates.reduce((best, next) => (alike(next) > alike(best) ? next : best))
    const similarity = alike(motion)
    return { motion, similarity, similarityBefore: alike(asFiled), warnings: doubts(similarity, motion) }
  } finally {
    await pool.close()
  }
}

function doubts(similarity: number, motion: Rigid): Warning[] {
  if (similarity >= ALIKE) return []
  return [
    {
      code: 'hardly-alike',
      message: `The two series have little in common (similarity ${similarity.toFixed(3)}, moved by ${displacement(motion).toFixed(0)} mm).`,
      hint: 'Look with the fusion slider whether skull and ventricles lie on one another before you compare lesions.',
    },
  ]
}

/** Another series on the grid of the one, in its own unit; beyond it its border goes on. */
export function resampleOnto(fixed: VolumeSeries, moving: VolumeSeries, motion: Rigid): Float32Array {
  const { size } = fixed.geometry
  const onGrid = sharedFloats(size[0] * size[1] * size[2])
  const frame = frameOf(moving, moving.frames - 1)
  const map = gridMap(fixed.geometry, motion, moving.geometry)
  resampleOther(frame, moving.geometry.size, map, size, onGrid)
  for (let i = 0; i < onGrid.length; i++) onGrid[i] = onGrid[i] * moving.slope + moving.intercept
  return onGrid
}

/** Trilinear: `resampleSlices` is for grids of one size. */
function resampleOther(
  from: VolumeSeries['voxels'],
  [mx, my, mz]: Vec3,
  map: ReturnType<typeof gridMap>,
  [nx, ny, nz]: Vec3,
  to: Float32Array,
): void {
  const clamp = (value: number, last: number): number => Math.min(Math.max(value, 0), last)
  for (let k = 0, at = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) {
        const x = clamp(map.start[0] + i * map.x[0] + j * map.y[0] + k * map.z[0], mx - 1)
        const y = clamp(map.start[1] + i * map.x[1] + j * map.y[1] + k * map.z[1], my - 1)
        const z = clamp(map.start[2] + i * map.x[2] + j * map.y[2] + k * map.z[2], mz - 1)
        const [ix, iy, iz] = [Math.min(mx - 2, x | 0), Math.min(my - 2, y | 0), Math.min(mz - 2, z | 0)]
        const [fx, fy, fz] = [x - ix, y - iy, z - iz]
        const a = (iz * my + iy) * mx + ix
        const b = a + mx * my
        const top = from[a] + (from[a + 1] - from[a]) * fx
        const bottom = from[a + mx] + (from[a + mx + 1] - from[a + mx]) * fx
        const upperTop = from[b] + (from[b + 1] - from[b]) * fx
        const upperBottom = from[b + mx] + (from[b + mx + 1] - from[b + mx]) * fx
        const low = top + (bottom - top) * fy
        to[at] = low + (upperTop + (upperBottom - upperTop) * fy - low) * fz
      }
    }
  }
}

/** A series as the search sees it: its first frame (a volume: its last), pixels of about 2 mm, its useful range. */
function imageOf(series: VolumeSeries): Image {
  const { geometry, frames, slope, intercept, unit } = series
  const [, , nz] = geometry.size
  const factor = reductionFactor(geometry, SEARCH_MM)
  const frame = frameOf(series, series.kind === 'volume' ? frames - 1 : 0)
  const reduced = reduceFrame(frame, geometry, [0, nz - 1], factor, { slope, intercept })
  const inPlane = reducedGeometry(geometry, [0, nz - 1], factor)
  const every = Math.max(1, Math.min(Math.floor(nz / 8), Math.round(SEARCH_MM / stackSpacing(geometry))))
  const thinned = everySlice({ geometry: inPlane, values: reduced }, every)
  const [lowest, highest] = unit === 'HU' ? [-200, 500] : brightRange(thinned.values)
  const values = sharedFloats(thinned.values.length)
  thinned.values.forEach((value, at) => (values[at] = Math.min(highest, Math.max(lowest, value))))
  return { geometry: thinned.geometry, values, lowest, highest }
}

function everySlice(
  { geometry, values }: Pick<Image, 'geometry' | 'values'>,
  every: number,
): Pick<Image, 'geometry' | 'values'> {
  if (every === 1) return { geometry, values }
  const [nx, ny, nz] = geometry.size
  const slices = Math.floor(nz / every)
  const area = nx * ny
  const averaged = new Float32Array(area * slices)
  for (let at = 0; at < area * slices * every; at++) {
    const slice = Math.floor(at / area)
    averaged[Math.floor(slice / every) * area + (at % area)] += values[at] / every
  }
  return {
    geometry: {
      ...geometry,
      size: [nx, ny, slices],
      spacing: [geometry.spacing[0], geometry.spacing[1], geometry.spacing[2] * every],
      origin: voxelToWorld(geometry, [0, 0, (every - 1) / 2]),
    },
    values: averaged,
  }
}

function brightRange(values: Float32Array): [number, number] {
  const sorted = Float32Array.from(values).sort()
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]
  return [at(0), Math.max(at(0.995), at(0) + 1e-6)]
}
