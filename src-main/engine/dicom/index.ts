import { UmbraError, type Catalogue } from '@contract'
import { partOfRun, type Run } from '../compute/run'
import type { VolumeSeries } from '../volume'
import { buildCatalogue, type SeriesPlan } from './catalogue'
import { findFiles } from './find-files'
import { loadSeries } from './load'
import { openReaderPool } from './reader-pool'
import { scanHeaders } from './scan'
import { middleOf, thumbnailOf, type Thumbnail } from './thumbnail'

/** Folders, files or archives that were opened: what is in them, and its pixels on demand. */
export interface OpenStudy {
  catalogue: Catalogue
  /** Reads one series of the catalogue into shared memory. Throws UmbraError, naming file and tag. */
  load(seriesKey: string, run?: Run): Promise<VolumeSeries>
  /** A grey picture of the middle slice, at most 128 × 128. */
  thumbnail(seriesKey: string, run?: Run): Promise<Thumbnail>
  /** Ends the workers and removes what was unpacked. */
  close(): Promise<void>
}

/**
 * Finds the DICOM files under `paths` (folders of any depth, single files), reads their headers in workers and sorts
 * them into studies, series and time series. Every file is either in a series or in `skipped` with the reason.
 */
export async function openStudy(paths: string[], run: Run = {}): Promise<OpenStudy> {
  const pool = openReaderPool()
  try {
    const found = await findFiles(paths, run)
    const scan = await scanHeaders(found.files, pool, partOfRun(run, 0, 0.95))
    const { catalogue, plans } = buildCatalogue(scan.instances, [...found.skipped, ...scan.skipped])
    run.onProgress?.(1, 'Sorted into series')
    const planOf = (seriesKey: string): SeriesPlan => {
      const plan = plans.get(seriesKey)
      if (plan) return plan
      throw new UmbraError({
        code: 'no-such-series',
        message: 'The open study has no such series.',
        where: seriesKey,
      })
    }
    return {
      catalogue,
      load: (seriesKey, loadRun = {}) => loadSeries(planOf(seriesKey), pool, loadRun),
      thumbnail: async (seriesKey, thumbnailRun = {}) => {
        const plan = middleOf(planOf(seriesKey))
        const series = await loadSeries(plan, pool, thumbnailRun)
        return thumbnailOf(series, plan.slices[0]?.instance.header.image?.photometric === 'MONOCHROME1')
      },
      close: () => pool.close(),
    }
  } catch (thrown) {
    await pool.close()
    throw thrown
  }
}
