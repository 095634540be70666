import { randomBytes } from 'node:crypto'
import {
  UmbraError,
  type Catalogue,
  type LoadedSeriesInfo,
  type SeriesSummary,
  type VoxelArray,
} from '@contract'
import type { Run } from '../compute/run'
import { openStudy, type OpenStudy } from '../dicom'
import { projectOverTime } from '../perfusion'
import type { VolumeSeries } from '../volume'
import { createSeriesCache, type SeriesCache } from './seriesCache'
import type { VoxelRegistry } from './voxelRegistry'

export type Projection = 'maximum' | 'average' | 'baseline'

/** What is open: one study list at a time, its series in memory, their voxels readable by id. */
export interface StudySession {
  /** Opens files and folders in place of what was open; that stays open when this fails. */
  open(paths: string[], run: Run): Promise<Catalogue>
  catalogue(): Catalogue | null
  /** The files and folders that were opened. */
  paths(): string[]
  summary(seriesKey: string): SeriesSummary
  series(seriesKey: string, run: Run): Promise<VolumeSeries>
  load(seriesKey: string, run: Run): Promise<LoadedSeriesInfo>
  thumbnail(seriesKey: string): Promise<VoxelArray>
  project(seriesKey: string, projection: Projection, run: Run): Promise<VoxelArray>
  close(): Promise<void>
}

interface Opened {
  paths: string[]
  /** Voxel ids begin with it, so that ids of an earlier study, or of an engine before a restart, never fit. */
  id: string
  study: OpenStudy
  summaries: Map<string, SeriesSummary>
  cache: SeriesCache
  /** The voxel arrays made from each series, forgotten with it. */
  arrays: Map<string, VoxelArray>
}

/** Seconds from the first frame, [frame]: the mean of the acquisition times of the slices. */
export function frameTimes(series: Pick<VolumeSeries, 'times' | 'frames' | 'geometry'>): number[] {
  const slices = series.geometry.size[2]
  const means = Array.from({ length: series.frames }, (_, frame) => {
    const times = series.times.subarray(frame * slices, (frame + 1) * slices)
    return times.reduce((sum, time) => sum + time, 0) / slices
  })
  return means.map((mean) => mean - means[0])
}

export function createStudySession(voxels: VoxelRegistry, onClose: () => void): StudySession {
  let opened: Opened | null = null

  function current(): Opened {
    if (opened) return opened
    throw new UmbraError({ code: 'no-study', message: 'No study is open.', hint: 'Open a study first.' })
  }

  function summaryOf(study: Opened, seriesKey: string): SeriesSummary {
    const summary = study.summaries.get(seriesKey)
    if (summary) return summary
    throw new UmbraError({
      code: 'unknown-series',
      message: 'The open study has no such series.',
      hint: 'It may belong to a study that was closed. Choose a series from the study list.',
      where: seriesKey,
    })
  }

  function admit(study: OpenStudy, paths: string[]): Opened {
    const id = randomBytes(6).toString('hex')
    const summaries = new Map(
      study.catalogue.studies.flatMap((each) => each.series).map((summary) => [summary.key, summary]),
    )
    const numbers = new Map([...summaries.keys()].map((key, number) => [key, number]))
    const seriesId = (key: string): string => `${id}-${numbers.get(key)}`
    const arrays = new Map<string, VoxelArray>()
    const cache = createSeriesCache({
      read: async (key, run) => {
        const series = await study.load(key, run)
        if (opened?.id === id) arrays.set(key, voxels.register(seriesId(key), series))
        return series
      },
      onRelease: (series) => voxels.forget(seriesId(series.key)),
    })
    return { paths, id, study, summaries, cache, arrays }
  }

  async function leave(): Promise<void> {
    const left = opened
    opened = null
    if (!left) return
    left.cache.clear()
    voxels.clear()
    onClose()
    await left.study.close()
  }

  const series = (seriesKey: string, run: Run): Promise<VolumeSeries> => {
    const study = current()
    return study.cache.load(summaryOf(study, seriesKey), run)
  }

  return {
    open: async (paths, run) => {
      const study = await openStudy(paths, run)
      if (run.signal?.aborted) {
        await study.close()
        run.signal.throwIfAborted()
      }
      await leave()
      opened = admit(study, paths)
      return study.catalogue
    },
    catalogue: () => opened?.study.catalogue ?? null,
    paths: () => current().paths,
    summary: (seriesKey) => summaryOf(current(), seriesKey),
    series,

    load: async (seriesKey, run) => {
      const loaded = await series(seriesKey, run)
      const array = current().arrays.get(seriesKey)
      if (!array) throw new UmbraError({ code: 'no-study', message: 'The study was closed meanwhile.' })
      return {
        seriesKey,
        voxels: array,
        modality: loaded.modality,
        kind: loaded.kind,
        description: loaded.description,
        times: frameTimes(loaded),
        window: loaded.window,
        warnings: loaded.warnings,
      }
    },

    thumbnail: async (seriesKey) => {
      const study = current()
      const summary = summaryOf(study, seriesKey)
      const known = study.arrays.get(`thumbnail ${seriesKey}`)
      if (known) return known
      const picture = await study.study.thumbnail(seriesKey)
      const array = voxels.register(`${study.id}-thumbnail-${study.arrays.size}`, {
        voxels: picture.pixels,
        geometry: {
          size: [picture.width, picture.height, 1],
          spacing: summary.spacing,
          origin: [0, 0, 0],
          direction: [
            [1, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
          ],
          frameOfReference: '',
        },
        frames: 1,
        unit: '',
      })
      study.arrays.set(`thumbnail ${seriesKey}`, array)
      return array
    },

    project: async (seriesKey, projection, run) => {
      const study = current()
      const name = `${projection} ${seriesKey}`
      const known = study.arrays.get(name)
      if (known) return known
      const loaded = await series(seriesKey, run)
      const projected = await projectOverTime(loaded, projection, run)
      const array = voxels.register(`${study.id}-${projection}-${study.arrays.size}`, {
        voxels: projected,
        geometry: loaded.geometry,
        frames: 1,
        unit: loaded.unit,
      })
      study.arrays.set(name, array)
      return array
    },
    close: leave,
  }
}
