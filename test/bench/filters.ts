import { spawnSync } from 'node:child_process'
import { filterSettingsSchema, type FilterMethod } from '../../src-main/contract'
import { coreCount } from '../../src-main/engine/compute/pool'
import { filterSeries } from '../../src-main/engine/filters'
import { makePhantom, phantomOptions, phantomSeries } from '../../src-main/engine/phantom'
import type { BenchRow } from './row'

const SIZE = 256
const SLICES = 8
const FRAMES = 6

async function seconds(method: FilterMethod, more: object): Promise<number> {
  const request = { kind: 'head', size: SIZE, slices: SLICES, volumes: FRAMES, interval: 2 } as const
  const series = await phantomSeries(await makePhantom(phantomOptions(request)))
  const settings = filterSettingsSchema.parse({ method, ...more })
  let fastest = Infinity
  for (let repeat = 0; repeat < 3; repeat++) {
    const start = performance.now()
    await filterSeries(series, settings)
    fastest = Math.min(fastest, (performance.now() - start) / 1000)
  }
  return fastest
}

/** The same frames, slice by slice, by SimpleITK with as many threads; s, or null where it is not installed. */
function itkSeconds(): number | null {
  const program = `
import time, numpy as np, SimpleITK as sitk
sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(${coreCount()})
image = sitk.GetImageFromArray((35 + 8 * np.random.standard_normal((${SIZE}, ${SIZE}))).astype(np.float32))
image.SetSpacing((${230 / SIZE}, ${230 / SIZE}))
filter = sitk.BilateralImageFilter()
filter.SetDomainSigma(3.0)
filter.SetRangeSigma(20.0)
best = 1e9
for _ in range(3):
    start = time.perf_counter(); filter.Execute(image); best = min(best, time.perf_counter() - start)
print(best * ${SLICES * FRAMES})`
  const { status, stdout } = spawnSync('python3', ['-c', program], { encoding: 'utf8' })
  return status === 0 ? Number(stdout) : null
}

/** Filtering a series in memory, all cores. ITK's neighbourhood reaches 2.5 standard deviations: so does ours here. */
export async function benchFilters(): Promise<BenchRow[]> {
  const size = `${FRAMES}×${SLICES}×${SIZE}×${SIZE}`
  const peer = itkSeconds()
  const row = (name: string, ours: number): BenchRow => ({
    name,
    ours,
    peer: null,
    peerName: null,
    limit: null,
  })
  return [
    {
      name: `bilateral filter of ${size}, 3 mm, 20 HU, s`,
      ours: await seconds('bilateral', { spatialReach: 2.5 }),
      peer,
      peerName: peer === null ? null : 'SimpleITK, same threads',
      limit: peer === null ? null : 1,
    },
    row(`the same out to two deviations (the default), s`, await seconds('bilateral', {})),
    row(`filter guided by time of ${size}, s`, await seconds('tips', { profileMm: 3 })),
    row(`non-local means of ${size}, s`, await seconds('nonLocalMeans', {})),
  ]
}
