import { describe, expect, it } from 'vitest'
import type { SeriesSummary } from '@contract'
import type { VolumeSeries } from '../../../src-main/engine/volume'
import { createSeriesCache, type SeriesCache } from '../../../src-main/engine/session/seriesCache'

const MB = 1024 ** 2

/** Only what the cache looks at. */
function summary(key: string, timePoints: number, size: [number, number, number]): SeriesSummary {
  return { key, timePoints, size, description: key, uid: key } as SeriesSummary
}

function recorded(memoryBytes?: number): {
  cache: SeriesCache
  read: string[]
  released: string[]
} {
  const read: string[] = []
  const released: string[] = []
  const sizes = new Map<string, number>()
  const cache = createSeriesCache({
    memoryBytes,
    read: async (key, run) => {
      read.push(key)
      await new Promise((resolve) => setTimeout(resolve, 5))
      run.signal?.throwIfAborted()
      const frames = key.startsWith('4d') ? 2 : 1
      const bytes = sizes.get(key) ?? 400 * MB
      // The bytes are only counted: no test needs gigabytes for real.
      return { key, frames, voxels: { byteLength: bytes } } as unknown as VolumeSeries
    },
    onRelease: ({ key }) => released.push(key),
  })
  return { cache, read, released }
}

const small = (key: string): SeriesSummary => summary(key, 1, [64, 64, 4])
const series4d = (key: string): SeriesSummary => summary(key, 2, [64, 64, 4])

describe('the series cache', () => {
  it('reads a series once, also when two ask at the same time', async () => {
    const { cache, read } = recorded()
    const [first, second] = await Promise.all([cache.load(small('a'), {}), cache.load(small('a'), {})])
    expect(first).toBe(second)
    expect(await cache.load(small('a'), {})).toBe(first)
    expect(read).toEqual(['a'])
  })

  it('holds one 4-D series: the next takes its place, small volumes stay', async () => {
    const { cache, released } = recorded()
    await cache.load(small('ct'), {})
    await cache.load(series4d('4d-a'), {})
    await cache.load(series4d('4d-b'), {})
    expect(released).toEqual(['4d-a'])
  })

  it('holds small volumes up to its budget, and lets the least recently used go', async () => {
    const { cache, released, read } = recorded()
    for (const key of ['a', 'b', 'c']) await cache.load(small(key), {})
    await cache.load(small('a'), {})
    await cache.load(small('d'), {})
    expect(released).toEqual(['b'])
    await cache.load(small('a'), {})
    expect(read).toEqual(['a', 'b', 'c', 'd'])
  })

  it('refuses a series that the memory cannot hold before a byte of it is read', async () => {
    const { cache, read } = recorded(1024 * MB)
    const large = summary('4d-large', 100, [512, 512, 16])
    await expect(cache.load(large, {})).rejects.toMatchObject({
      code: 'not-enough-memory',
      where: '4d-large',
    })
    expect(read).toEqual([])
  })

  it('goes on after a reading that failed or was cancelled', async () => {
    const { cache, read } = recorded()
    const abort = new AbortController()
    const cancelled = cache.load(small('a'), { signal: abort.signal })
    abort.abort()
    await expect(cancelled).rejects.toThrow()
    expect((await cache.load(small('a'), {})).key).toBe('a')
    expect(read.length).toBeGreaterThan(0)
  })

  it('keeps nothing of a study that was closed while it was read', async () => {
    const { cache, read } = recorded()
    const reading = cache.load(small('a'), {})
    cache.clear()
    await reading
    await cache.load(small('a'), {})
    expect(read).toEqual(['a', 'a'])
  })
})
