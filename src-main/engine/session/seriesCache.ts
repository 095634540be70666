import { totalmem } from 'node:os'
import { UmbraError, type SeriesSummary } from '@contract'
import type { Run } from '../compute/run'
import { createLane, createSharedWork } from '../jobs'
import type { VolumeSeries } from '../volume'

const SMALL_VOLUMES_BYTES = 1024 ** 3
const SHARE_OF_MEMORY = 0.7

/** Series in memory: the 4-D one in use, and small volumes beside it as long as they fit. */
export interface SeriesCache {
  /** The series from memory, or read; callers who ask at once share one reading. */
  load(summary: SeriesSummary, run: Run): Promise<VolumeSeries>
  clear(): void
}

interface SeriesCacheOptions {
  read(seriesKey: string, run: Run): Promise<VolumeSeries>
  /** Called when a series leaves the memory. */
  onRelease(series: VolumeSeries): void
  memoryBytes?: number
}

function bytesOf({ size, timePoints }: SeriesSummary): number {
  const [nx, ny, nz] = size
  return nx * ny * nz * Math.max(1, timePoints) * Int16Array.BYTES_PER_ELEMENT
}

function refuseTooLarge(summary: SeriesSummary, memoryBytes: number): void {
  const bytes = bytesOf(summary)
  if (bytes <= memoryBytes * SHARE_OF_MEMORY) return
  const gigabytes = (value: number): string => `${(value / 1024 ** 3).toFixed(1)} GB`
  throw new UmbraError({
    code: 'not-enough-memory',
    message: `The series needs ${gigabytes(bytes)}, this machine has ${gigabytes(memoryBytes)} of memory.`,
    hint: 'Open it on a machine with more memory, for example through `umbra serve`.',
    where: summary.description || summary.uid,
  })
}

export function createSeriesCache({
  read,
  onRelease,
  memoryBytes = totalmem(),
}: SeriesCacheOptions): SeriesCache {
  /** The least recently used first. */
  const loaded = new Map<string, VolumeSeries>()
  const reading = createSharedWork<VolumeSeries>()
  /** One reading at a time: two 4-D series side by side could be more than the memory holds. */
  const lane = createLane('waiting for another series to be read')
  let generation = 0

  function release(key: string, series: VolumeSeries): void {
    loaded.delete(key)
    onRelease(series)
  }

  function makeRoom(summary: SeriesSummary): void {
    if (summary.timePoints > 1) {
      for (const [key, series] of [...loaded]) if (series.frames > 1) release(key, series)
    }
    const small = [...loaded].filter(([, series]) => series.frames === 1)
    const needed = summary.timePoints > 1 ? 0 : bytesOf(summary)
    let bytes = small.reduce((sum, [, series]) => sum + series.voxels.byteLength, needed)
    for (const [key, series] of small) {
      if (bytes <= SMALL_VOLUMES_BYTES) return
      bytes -= series.voxels.byteLength
      release(key, series)
    }
  }

  return {
    load: async (summary, run) => {
      const present = loaded.get(summary.key)
      if (present) {
        loaded.delete(summary.key)
        loaded.set(summary.key, present)
        return present
      }
      const asked = generation
      return reading.join(summary.key, run, (shared) =>
        lane.enter(shared, async () => {
          refuseTooLarge(summary, memoryBytes)
          makeRoom(summary)
          const series = await read(summary.key, shared)
          if (asked === generation) loaded.set(summary.key, series)
          return series
        }),
      )
    },
    clear: () => {
      generation++
      for (const [key, series] of [...loaded]) release(key, series)
    },
  }
}
