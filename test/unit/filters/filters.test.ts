import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { filterSettingsSchema, type FilterMethod } from '@contract'
import { openPool, type WorkerPool } from '../../../src-main/engine/compute/pool'
import { filterSeries } from '../../../src-main/engine/filters'
import type { FilterJob } from '../../../src-main/engine/filters/job'
import { makePhantom, phantomOptions, phantomSeries } from '../../../src-main/engine/phantom'
import { frameOf, viewSeries, type VolumeSeries } from '../../../src-main/engine/volume'
import { plainBilateral, plainNonLocalMeans, plainProfileGuided } from './reference'

const golden = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/filters/golden.json'), 'utf8'),
) as Record<'image' | 'bilateral' | 'bilateralByItk' | 'nonLocalMeans', number[]> &
  Record<'width' | 'height' | 'spatial' | 'range' | 'noise', number>

const WIDTH = 45
const HEIGHT = 38
const settings = (method: FilterMethod, more: object = {}) => filterSettingsSchema.parse({ method, ...more })

let template: VolumeSeries
let pool: WorkerPool

beforeAll(async () => {
  const phantom = await makePhantom(
    phantomOptions({ kind: 'head', size: 64, slices: 1, volumes: 20, interval: 2 }),
  )
  template = await phantomSeries(phantom)
  pool = openPool('filter', 1)
})

afterAll(async () => pool.close())

/** A CT series of one slice whose frames are `images`. */
function seriesOf(
  images: ArrayLike<number>[],
  width: number,
  height: number,
  spacing: [number, number],
): VolumeSeries {
  const voxels = new Float32Array(new SharedArrayBuffer(4 * images.length * width * height))
  images.forEach((image, frame) => voxels.set(image, frame * width * height))
  return {
    ...template,
    geometry: { ...template.geometry, size: [width, height, 1], spacing: [...spacing, 5] },
    frames: images.length,
    voxels,
    slope: 1,
    intercept: 0,
    times: Float64Array.from(images, (_, frame) => frame),
  }
}

/** Filters one frame with a noise level that is given instead of measured. */
async function filterOne(
  image: ArrayLike<number>,
  width: number,
  height: number,
  more: Partial<FilterJob> & Pick<FilterJob, 'settings'>,
  spacing: [number, number] = [1, 1],
): Promise<Float32Array> {
  const series = seriesOf([image, image], width, height, spacing)
  const area = width * height
  const job: FilterJob = {
    view: viewSeries(series),
    spacing,
    selected: new SharedArrayBuffer(area),
    perHu: 1,
    noise: 6,
    result: new SharedArrayBuffer(8 * area),
    factor: 0,
    ...more,
  }
  new Uint8Array(job.selected).fill(1)
  await pool.call('filterFrame', job, `test ${Math.random()}`, 0, 1)
  return new Float32Array(job.result).slice(area)
}

/** Two tissues, a bright vessel, deterministic noise; [y · WIDTH + x]. */
function noisyImage(seed: number): Float64Array {
  return Float64Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)]
    const tissue = x < 20 ? 28 : 38
    const vessel = (x - 30) ** 2 + (y - 20) ** 2 < 30 ? 120 : 0
    return tissue + vessel + 12 * Math.sin(12.9898 * (i + seed)) * Math.cos(78.233 * (i + 3 * seed))
  })
}

function largestGap(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  keep: (i: number) => boolean = () => true,
): number {
  let largest = 0
  for (let i = 0; i < b.length; i++) if (keep(i)) largest = Math.max(largest, Math.abs(a[i] - b[i]))
  return largest
}

describe('against the plainest form of each filter, in float64', () => {
  it.each<[number, number]>([
    [1, 1],
    [0.45, 0.45],
    [2, 2],
    [0.9, 1.3],
  ])(
    'the bilateral filter is the same to 0.002 HU in voxels of %d × %d mm, also beside bone and air',
    async (...spacing) => {
      const image = noisyImage(1).map((value, i) => (i % WIDTH < 3 ? 1500 : i % WIDTH === 12 ? -1000 : value))
      const ours = await filterOne(image, WIDTH, HEIGHT, { settings: settings('bilateral') }, spacing)
      expect(
        largestGap(ours, plainBilateral(image, { width: WIDTH, height: HEIGHT, spacing }, 3, 20)),
      ).toBeLessThan(0.002)
    },
  )

  it.each([1, 0.45])('non-local means are the same to 0.002 HU in voxels of %d mm', async (side) => {
    const spacing: [number, number] = [side, side]
    const image = noisyImage(2)
    const ours = await filterOne(image, WIDTH, HEIGHT, { settings: settings('nonLocalMeans') }, spacing)
    const options = { reach: 6, patchRadius: 2, strength: 0.8, noise: 6 }
    const plain = plainNonLocalMeans(image, { width: WIDTH, height: HEIGHT, spacing }, options)
    expect(largestGap(ours, plain)).toBeLessThan(0.002)
  })

  it.each([1, 0.45])('the filter guided by time is the same to 0.002 HU in voxels of %d mm', async (side) => {
    const spacing: [number, number] = [side, side]
    const frames = [1, 2, 3, 4, 5, 6].map(noisyImage)
    const series = seriesOf(frames, WIDTH, HEIGHT, spacing)
    const area = WIDTH * HEIGHT
    const job: FilterJob = {
      view: viewSeries(series),
      spacing,
      settings: settings('tips', { profileMm: 3, profileHu: 5 }),
      selected: new SharedArrayBuffer(area),
      perHu: 1,
      noise: 4,
      result: new SharedArrayBuffer(4 * area * frames.length),
      factor: 0,
    }
    new Uint8Array(job.selected).fill(1)
    await pool.call('filterRows', job, `tips ${side}`, 0, 0, 32)
    await pool.call('filterRows', job, `tips ${side}`, 0, 32, HEIGHT)
    const plain = plainProfileGuided(frames, { width: WIDTH, height: HEIGHT, spacing }, 3, 5, 4)
    const ours = new Float32Array(job.result)
    plain.forEach((frame, f) =>
      expect(largestGap(ours.subarray(f * area, (f + 1) * area), frame)).toBeLessThan(0.002),
    )
  })
})

describe('against SimpleITK (golden file)', () => {
  const { width, height, image } = golden

  it('the bilateral filter is ITK’s to 0.05 HU: its neighbourhood reaches 2.5 deviations', async () => {
    const ours = await filterOne(image, width, height, {
      settings: settings('bilateral', { spatialReach: 2.5 }),
    })
    // Beyond the image's edge ITK repeats it.
    const inner = (i: number): boolean => {
      const [x, y] = [i % width, Math.floor(i / width)]
      return Math.min(x, y, width - 1 - x, height - 1 - y) >= 8
    }
    expect(largestGap(ours, golden.bilateral, inner)).toBeLessThan(0.05)
  })
})

describe('a head with known curves', () => {
  const methods = ['bilateral', 'tips', 'nonLocalMeans'] as const
  let still: VolumeSeries
  let noisy: VolumeSeries
  let filtered: Record<(typeof methods)[number], VolumeSeries>

  beforeAll(async () => {
    const request = { kind: 'head', size: 224, slices: 1, volumes: 8, interval: 5 } as const
    still = await phantomSeries(await makePhantom(phantomOptions({ ...request, noise: 0 })))
    noisy = await phantomSeries(await makePhantom(phantomOptions({ ...request, noise: 8 })))
    const each = methods.map(async (method) => [method, await filterSeries(noisy, settings(method))] as const)
    filtered = Object.fromEntries(await Promise.all(each)) as typeof filtered
  })

  /** Root mean square difference from the phantom without noise, HU, in soft tissue of all frames. */
  function distance(series: VolumeSeries): number {
    let sum = 0
    let count = 0
    for (let i = 0; i < still.voxels.length; i++) {
      const truth = still.voxels[i] * still.slope + still.intercept
      if (truth < 10 || truth > 80) continue
      sum += (series.voxels[i] * series.slope + series.intercept - truth) ** 2
      count++
    }
    return Math.sqrt(sum / count)
  }

  it.each(methods)('%s takes away more than a third of the noise', (method) => {
    expect(distance(noisy)).toBeGreaterThan(6)
    expect(distance(filtered[method])).toBeLessThan(0.67 * distance(noisy))
  })

  it.each(methods)('%s leaves air and bone bit for bit, in finer steps', (method) => {
    const { voxels, slope, intercept } = filtered[method]
    expect(voxels).toBeInstanceOf(Int16Array)
    const finer = noisy.slope / slope
    expect(finer).toBeGreaterThanOrEqual(8)
    let compared = 0
    const first = frameOf(still, 0)
    for (let i = 0; i < first.length; i++) {
      const truth = first[i] * still.slope + intercept
      if (truth > -700 && truth < 700) continue
      compared++
      if (voxels[i] !== noisy.voxels[i] * finer) throw new Error(`voxel ${i} changed`)
    }
    expect(compared).toBeGreaterThan(1000)
  })

  it('the filter guided by time finds the same, whatever its worker has filtered before', async () => {
    const frames = 18
    const [nx, ny] = template.geometry.size
    // As scanners store them: 0 is not air but water less 1024.
    const voxels = new Int16Array(new SharedArrayBuffer(2 * template.voxels.length))
    voxels.set(template.voxels.map((value) => value + 1024))
    const view = viewSeries({ ...template, frames, voxels, intercept: -1024 })
    const job = (): FilterJob => ({
      view,
      spacing: [1, 1],
      settings: settings('tips'),
      selected: new SharedArrayBuffer(nx * ny),
      perHu: 1,
      noise: 5,
      result: new SharedArrayBuffer(2 * nx * ny * frames),
      factor: 10,
    })
    const [whole, part] = [job(), job()]
    for (const each of [whole, part]) await pool.call('surveySlice', each, 0)
    for (let row = 0; row < ny; row += 4) await pool.call('filterRows', whole, 'whole', 0, row, row + 4)
    await pool.call('filterRows', part, 'part', 0, 40, 44)
    for (let frame = 0; frame < frames; frame++) {
      const rows = [whole, part].map(({ result }) =>
        new Int16Array(result).subarray((frame * ny + 40) * nx, (frame * ny + 44) * nx),
      )
      expect(largestGap(rows[0], rows[1])).toBe(0)
    }
  })

  it('leaves the source as it was, and gives it back for no filter', async () => {
    const before = Array.from(noisy.voxels.subarray(0, 5000))
    expect(await filterSeries(noisy, settings('none'))).toBe(noisy)
    expect(Array.from(noisy.voxels.subarray(0, 5000))).toEqual(before)
  })

  it('stops when cancelled', async () => {
    const abort = new AbortController()
    const onProgress = (progress: number): void => (progress > 0.2 ? abort.abort() : undefined)
    await expect(
      filterSeries(noisy, settings('bilateral'), { signal: abort.signal, onProgress }),
    ).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('series that cannot be filtered', () => {
  it('a single time point', async () => {
    const series = seriesOf([noisyImage(1)], WIDTH, HEIGHT, [1, 1])
    await expect(filterSeries(series, settings('bilateral'))).rejects.toMatchObject({
      code: 'too-few-time-points',
    })
  })

  it('nothing but air', async () => {
    const air = new Float32Array(WIDTH * HEIGHT).fill(-1000)
    const series = seriesOf([air, air, air], WIDTH, HEIGHT, [1, 1])
    await expect(filterSeries(series, settings('tips'))).rejects.toMatchObject({ code: 'nothing-to-filter' })
  })
})
