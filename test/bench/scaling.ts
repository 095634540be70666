import { filterSettingsSchema, motionSettingsSchema, perfusionSettingsSchema } from '../../src-main/contract'
import { openPool, type WorkerPool } from '../../src-main/engine/compute/pool'
import { filterOnPool } from '../../src-main/engine/filters/filterSeries'
import { deconvolveOnPool, prepareOnPool } from '../../src-main/engine/perfusion/compute'
import {
  makePhantom,
  phantomOptions,
  phantomSeries,
  type PhantomRequest,
} from '../../src-main/engine/phantom'
import { correctOnPool } from '../../src-main/engine/registration/correctMotion'
import { findSlabs } from '../../src-main/engine/registration/slabs'
import type { VolumeSeries } from '../../src-main/engine/volume'
import { numpyNanoseconds } from './perfusion'
import type { BenchRow } from './row'

/** Workers are warm only once their code is compiled for good. */
const REPEATS = 5
/** To try the bench itself: UMBRA_BENCH_SMALL=1. */
const SIDE = process.env.UMBRA_BENCH_SMALL ? 128 : 512
/** The first issue's goals, and how many times they may be missed on a pool. */
const ON_A_POOL = 1.5
const CIRCULANT_PRODUCTS = 2
const BOX_MICROSECONDS = 25
/** Two workers are so many times faster than one. */
const SPEED_UP = 1.8

type Work = (pool: WorkerPool) => Promise<unknown>

/** The shortest elapsed time of some work with one worker and with two, s; every worker has done it once before. */
async function withOneAndTwo(kind: string, work: Work): Promise<{ one: number; two: number }> {
  const pools = [openPool(kind, 1), openPool(kind, 2)]
  const fastest = [Infinity, Infinity]
  try {
    for (const pool of pools) await work(pool)
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      for (const [index, pool] of pools.entries()) {
        const start = performance.now()
        await work(pool)
        fastest[index] = Math.min(fastest[index], (performance.now() - start) / 1000)
      }
    }
  } finally {
    await Promise.all(pools.map((pool) => pool.close()))
  }
  return { one: fastest[0], two: fastest[1] }
}

const headSeries = async (request: PhantomRequest): Promise<VolumeSeries> =>
  phantomSeries(await makePhantom(phantomOptions({ kind: 'head', size: SIDE, ...request })))

const sizeOf = ({ frames, geometry: { size } }: VolumeSeries): string =>
  [frames, size[2], size[1], size[0]].join('×')

const twoAgainstOne = (name: string, { one, two }: { one: number; two: number }): BenchRow => ({
  name: `${name}, two workers, s`,
  ours: two,
  peer: one,
  peerName: 'one worker',
  limit: 1 / SPEED_UP,
})

/** Fitting a series by one method: two workers against one, and the time a voxel. */
async function benchFitting(series: VolumeSeries, method: 'csvd' | 'bennink'): Promise<BenchRow[]> {
  const settings = perfusionSettingsSchema.parse({ method })
  const preparing = openPool('perfusion')
  const prepared = await prepareOnPool(preparing, series, settings, {})
  await preparing.close()
  const voxels = prepared.mask.reduce((sum, inside) => sum + inside, 0)
  const times = await withOneAndTwo('perfusion', (pool) =>
    deconvolveOnPool(pool, series, prepared, settings, {}),
  )
  const perVoxel = times.two / voxels
  if (method === 'bennink') {
    const name = 'box regression on a warm pool, µs/voxel/core'
    const limit = ON_A_POOL * BOX_MICROSECONDS
    return [
      twoAgainstOne(`box regression of ${sizeOf(series)}`, times),
      { name, ours: 2e6 * perVoxel, peer: null, peerName: null, limit },
    ]
  }
  const numpy = numpyNanoseconds('float64')
  return [
    twoAgainstOne(`fitting ${sizeOf(series)} by cSVD`, times),
    {
      name: 'fitting by cSVD on a warm pool of two, ns/voxel',
      ours: 1e9 * perVoxel,
      peer: numpy,
      peerName: numpy === null ? null : 'numpy’s matrix product alone, float64',
      limit: numpy === null ? null : ON_A_POOL * CIRCULANT_PRODUCTS,
    },
  ]
}

/** What a second worker brings, and what a voxel costs once the workers are warm. */
export async function benchScaling(): Promise<BenchRow[]> {
  const curves = (slices: number): Promise<VolumeSeries> => headSeries({ slices, volumes: 89, interval: 0.5 })
  const fitting = [
    ...(await benchFitting(await curves(16), 'csvd')),
    ...(await benchFitting(await curves(8), 'bennink')),
  ]
  const longer = await headSeries({ slices: 8, volumes: 24, interval: 2 })
  const moving = await headSeries({ slices: 8, volumes: 24, interval: 2, motion: 3.4 })
  const bilateral = filterSettingsSchema.parse({ method: 'bilateral' })
  const tips = filterSettingsSchema.parse({ method: 'tips' })
  const motion = motionSettingsSchema.parse({})
  const slabs = findSlabs(moving)
  return [
    ...fitting,
    twoAgainstOne(
      `bilateral filter of ${sizeOf(longer)}`,
      await withOneAndTwo('filter', (pool) => filterOnPool(pool, longer, bilateral)),
    ),
    twoAgainstOne(
      `filter guided by time of ${sizeOf(longer)}`,
      await withOneAndTwo('filter', (pool) => filterOnPool(pool, longer, tips)),
    ),
    {
      ...twoAgainstOne(
        `motion correction of ${sizeOf(moving)}`,
        await withOneAndTwo('registration', (pool) => correctOnPool(pool, moving, slabs, motion, {})),
      ),
      // Courses of contrast are looked for between its steps, on no worker.
      limit: null,
    },
  ]
}
