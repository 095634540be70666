import { describe, expect, it, vi } from 'vitest'
import { FrameCache } from '../../../src-renderer/viewer/frameCache'

const frame = (bytes: number): Uint8Array => new Uint8Array(bytes)

describe('the cache of frames', () => {
  it('reads a frame once, however often it is asked for meanwhile', async () => {
    const cache = new FrameCache<Uint8Array>(100)
    const read = vi.fn(async () => frame(10))
    const [a, b] = await Promise.all([cache.get('1', read), cache.get('1', read)])
    await cache.get('1', read)
    expect(read).toHaveBeenCalledTimes(1)
    expect(a).toBe(b)
  })

  it('keeps within its budget by forgetting what was used longest ago, and says so', async () => {
    const gone: string[] = []
    const cache = new FrameCache<Uint8Array>(30, (key) => gone.push(key))
    for (const key of ['a', 'b', 'c']) await cache.get(key, async () => frame(10))
    cache.peek('a')
    await cache.get('d', async () => frame(10))
    expect(gone).toEqual(['b'])
    expect(cache.bytes).toBe(30)
    expect(cache.has('a')).toBe(true)
  })

  it('holds a single frame that is larger than the budget', async () => {
    const cache = new FrameCache<Uint8Array>(5)
    await cache.get('large', async () => frame(50))
    expect(cache.has('large')).toBe(true)
    await cache.get('next', async () => frame(1))
    expect(cache.has('large')).toBe(false)
    expect(cache.bytes).toBe(1)
  })

  it('tries again after a failed read', async () => {
    const cache = new FrameCache<Uint8Array>(100)
    await expect(cache.get('1', () => Promise.reject(new Error('lost')))).rejects.toThrow('lost')
    await expect(cache.get('1', async () => frame(1))).resolves.toHaveLength(1)
  })

  it('does not take in what arrives after it was cleared', async () => {
    const cache = new FrameCache<Uint8Array>(100)
    let arrive: (value: Uint8Array) => void = () => undefined
    const late = cache.get('1', () => new Promise((resolve) => (arrive = resolve)))
    cache.clear()
    arrive(frame(10))
    await late
    expect(cache.bytes).toBe(0)
    expect(cache.peek('1')).toBeUndefined()
  })
})
