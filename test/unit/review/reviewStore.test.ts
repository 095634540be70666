import {
  perfusionSettingsSchema,
  UmbraError,
  type Job,
  type LoadedSeriesInfo,
  type PerfusionResult,
  type PerfusionSettings,
  type VoxelArray,
} from '@contract'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ref, shallowRef } from 'vue'
import { setEngine, type EngineClient, type RunOptions } from '../../../src-renderer/engine/client'
import { useReviewStore } from '../../../src-renderer/stores/review'

const voxels: VoxelArray = {
  id: 'series/s1',
  type: 'int16',
  geometry: {
    size: [8, 8, 2],
    spacing: [1, 1, 5],
    origin: [0, 0, 0],
    direction: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    frameOfReference: '1.2',
  },
  frames: 20,
  slope: 1,
  intercept: 0,
  unit: 'HU',
}
const series: LoadedSeriesInfo = {
  seriesKey: 's1',
  voxels,
  modality: 'CT',
  kind: 'ct-perfusion',
  description: 'CTP',
  times: Array.from({ length: 20 }, (_, i) => i),
  window: null,
  warnings: [],
}

const resultOf = (settings: PerfusionSettings): PerfusionResult =>
  ({
    mapsId: JSON.stringify(settings),
    seriesKey: 's1',
    method: settings.method,
    settings,
    maps: [],
    warnings: [],
  }) as never

/** An engine of this process: answers what the store asks, and remembers what it was asked to compute. */
function engineOf(overrides: Partial<Record<string, (input: never, options: RunOptions) => unknown>> = {}): {
  engine: EngineClient
  computed: PerfusionSettings[]
} {
  const computed: PerfusionSettings[] = []
  const answers: Record<string, (input: never, options: RunOptions) => unknown> = {
    'settings.get': () => ({ perfusion: perfusionSettingsSchema.parse({}) }),
    'series.load': () => series,
    'maps.list': () => ({ results: [] }),
    'maps.compute': ({ settings }: { settings: PerfusionSettings }) => {
      computed.push(settings)
      return resultOf(settings)
    },
    ...overrides,
  }
  const ask = async (method: string, input: unknown, options: RunOptions = {}): Promise<never> =>
    (await answers[method](input as never, options)) as never
  const engine: EngineClient = {
    call: (method, input) => ask(method, input),
    run: (method, input, options) => ask(method, input, options),
    readVoxels: () => Promise.reject(new Error('no voxels here')),
    onJob: () => () => undefined,
    onReady: () => () => undefined,
    state: ref('ready'),
    problem: shallowRef(null),
    close: () => undefined,
  }
  return { engine, computed }
}

function storeWith(overrides: Parameters<typeof engineOf>[0] = {}): {
  review: ReturnType<typeof useReviewStore>
  computed: PerfusionSettings[]
} {
  const { engine, computed } = engineOf(overrides)
  setEngine(engine)
  return { review: useReviewStore(), computed }
}

beforeEach(() => setActivePinia(createPinia()))
afterEach(() => setEngine(null))

describe('a perfusion series that is opened', () => {
  it('has its maps computed by the method of the settings', async () => {
    const { review, computed } = storeWith()
    await review.open('s1', () => [review.method])
    expect(computed.map(({ method }) => method)).toEqual(['bennink'])
    expect(review.result?.method).toBe('bennink')
    expect(review.work).toBeNull()
  })

  it('takes maps that are there already, with the vessels they were made from', async () => {
    const byHand = perfusionSettingsSchema.parse({
      arterialInput: { kind: 'voxels', voxels: [[1, 2, 0]] },
    })
    const { review, computed } = storeWith({ 'maps.list': () => ({ results: [resultOf(byHand)] }) })
    await review.open('s1', () => [review.method])
    expect(computed).toEqual([])
    expect(review.settings.arterialInput).toEqual({ kind: 'voxels', voxels: [[1, 2, 0]] })
  })

  it('is shown without maps where it is a plain volume', async () => {
    const { review, computed } = storeWith({ 'series.load': () => ({ ...series, kind: 'volume' }) })
    await review.open('s1', () => [review.method])
    expect(review.isPerfusion).toBe(false)
    expect(computed).toEqual([])
  })

  it('says why there are no maps, and keeps the series', async () => {
    const { review } = storeWith({
      'maps.compute': () => {
        throw new UmbraError({
          code: 'no-contrast',
          message: 'No contrast arrives.',
          hint: 'Choose another series.',
        })
      },
    })
    await review.open('s1', () => [review.method])
    expect(review.problem?.code).toBe('no-contrast')
    expect(review.series?.seriesKey).toBe('s1')
    expect(review.result).toBeNull()
  })
})

describe('methods', () => {
  it('are computed once and remembered', async () => {
    const { review, computed } = storeWith()
    await review.open('s1', () => [review.method])
    review.setMethod('method', 'osvd')
    await review.ensure(['osvd'])
    review.setMethod('method', 'bennink')
    await review.ensure(['bennink'])
    expect(computed.map(({ method }) => method)).toEqual(['bennink', 'osvd'])
  })

  it('change places when the one compared with is chosen', async () => {
    const { review } = storeWith()
    await review.open('s1', () => [review.method])
    expect([review.method, review.otherMethod]).toEqual(['bennink', 'csvd'])
    review.setMethod('method', 'csvd')
    expect([review.method, review.otherMethod]).toEqual(['csvd', 'bennink'])
  })
})

describe('vessels by hand', () => {
  it('compute the shown maps anew, and mark the others outdated', async () => {
    const { review, computed } = storeWith()
    await review.open('s1', () => [review.method])
    await review.ensure(['bennink', 'csvd'])
    await review.chooseVessel('artery', [[3, 3, 1]], ['bennink'])
    expect(computed.at(-1)?.arterialInput).toEqual({ kind: 'voxels', voxels: [[3, 3, 1]] })
    expect(review.isStale('bennink')).toBe(false)
    expect(review.isStale('csvd')).toBe(true)
  })

  it('can be undone, redone and given back to the program', async () => {
    const { review } = storeWith()
    await review.open('s1', () => [review.method])
    await review.chooseVessel('vein', [[5, 5, 0]], ['bennink'])
    expect(review.undoTitle).toBe('venous output from 1 voxels')
    await review.undo(['bennink'])
    expect(review.settings.venousOutput.kind).toBe('automatic')
    expect(review.result?.settings.venousOutput.kind).toBe('automatic')
    await review.redo(['bennink'])
    expect(review.result?.settings.venousOutput).toEqual({ kind: 'voxels', voxels: [[5, 5, 0]] })
    await review.chooseVessel('vein', null, ['bennink'])
    expect(review.result?.settings.venousOutput.kind).toBe('automatic')
    expect(review.redoTitle).toBeNull()
  })

  it('record nothing where nothing changes', async () => {
    const { review, computed } = storeWith()
    await review.open('s1', () => [review.method])
    await review.chooseVessel('artery', null, ['bennink'])
    expect(review.undoTitle).toBeNull()
    expect(computed).toHaveLength(1)
  })
})

describe('long work', () => {
  /** A computation that ends when it is told to. */
  function pending(): {
    start: (input: { settings: PerfusionSettings }, options: RunOptions) => unknown
    finish: () => void
  } {
    let finish: () => void = () => undefined
    return {
      start: ({ settings }, { signal, onProgress }) =>
        new Promise((resolve, reject) => {
          onProgress?.({ progress: 0.4, stage: 'Fitting' } as Job)
          signal?.addEventListener('abort', () => reject(new DOMException('Cancelled.', 'AbortError')))
          finish = () => resolve(resultOf(settings))
        }),
      finish: () => finish(),
    }
  }

  it('shows how far it is and can be cancelled', async () => {
    const { start } = pending()
    const { review } = storeWith({ 'maps.compute': start as never })
    const opening = review.open('s1', () => [review.method])
    await vi.waitFor(() => expect(review.work?.progress).toBe(0.4))
    expect(review.work?.stage).toBe('Fitting')
    review.work?.cancel()
    await opening
    expect(review.problem?.code).toBe('cancelled')
    expect(review.work).toBeNull()
    expect(review.result).toBeNull()
  })

  it('goes on when more is asked for meanwhile, and what is new follows it', async () => {
    const work = pending()
    const started: string[] = []
    const { review } = storeWith({
      'maps.compute': ((input: { settings: PerfusionSettings }, options: RunOptions) => {
        started.push(input.settings.method)
        return work.start(input, options)
      }) as never,
    })
    const opening = review.open('s1', () => [review.method])
    await vi.waitFor(() => expect(review.work?.progress).toBe(0.4))
    const both = review.ensure(['bennink', 'csvd'])
    work.finish()
    await opening
    await vi.waitFor(() => expect(started).toEqual(['bennink', 'csvd']))
    work.finish()
    await both
    expect(review.otherResult?.method).toBe('csvd')
    expect(review.problem).toBeNull()
  })

  it('gives way to another method', async () => {
    const work = pending()
    const { review } = storeWith({ 'maps.compute': work.start as never })
    const opening = review.open('s1', () => [review.method])
    await vi.waitFor(() => expect(review.work?.progress).toBe(0.4))
    review.setMethod('method', 'ssvd')
    const next = review.ensure(['ssvd'])
    await opening
    expect(review.problem).toBeNull()
    await vi.waitFor(() => expect(review.work?.title).toContain('sSVD'))
    work.finish()
    await next
    expect(review.result?.method).toBe('ssvd')
  })

  it('of a series that was closed leaves no trace', async () => {
    const work = pending()
    const { review } = storeWith({ 'maps.compute': work.start as never })
    const opening = review.open('s1', () => [review.method])
    await vi.waitFor(() => expect(review.work?.progress).toBe(0.4))
    review.close()
    work.finish()
    await opening
    expect(review.series).toBeNull()
    expect(review.result).toBeNull()
    expect(review.problem).toBeNull()
  })
})
