import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { UmbraError, type Catalogue } from '@contract'
import { partOfRun, type Run } from '../compute/run'
import type { VolumeSeries } from '../volume'
import { budgetFor, unpackArchive, type Budget } from './archive'
import { buildCatalogue, type SeriesPlan } from './catalogue'
import { findFiles } from './find-files'
import { describeSeries, loadSeries, type SeriesPlace } from './load'
import { openReaderPool, type ReaderPool } from './reader-pool'
import { scanHeaders, type Scan } from './scan'
import type { SourceFile } from './slices'
import { middleOf, thumbnailOf, type Thumbnail } from './thumbnail'

export { decodeFrame } from './decode'
export { readSegmentation, segmentationUids, type Segmentation } from './segmentation'
export type { SeriesPlace } from './load'
export type { Thumbnail } from './thumbnail'

/** Folders, files or archives that were opened: what is in them, and its pixels on demand. */
export interface OpenStudy {
  catalogue: Catalogue
  /** Reads one series of the catalogue into shared memory. Throws UmbraError, naming file and tag. */
  load(seriesKey: string, run?: Run): Promise<VolumeSeries>
  /** Where a series lies and which images it is of, without reading its pixels. Throws UmbraError. */
  describe(seriesKey: string): SeriesPlace
  /** A grey picture of the middle slice, at most 128 × 128. */
  thumbnail(seriesKey: string, run?: Run): Promise<Thumbnail>
  /** The deepest folder that holds all files of a series; null where they came out of an archive. */
  folderOf(seriesKey: string): string | null
  /** Ends the workers and removes what was unpacked. */
  close(): Promise<void>
}

/** Archives within archives, to this depth. */
const deepestArchive = 3

/**
 * Finds the DICOM files under `paths` (folders of any depth, single files, ZIP archives), reads their headers in
 * workers and sorts them into studies, series and time series. Every file is either in a series or in `skipped` with
 * the reason. Throws `not-found` for a path that does not exist.
 */
export async function openStudy(paths: string[], run: Run = {}): Promise<OpenStudy> {
  const pool = openReaderPool()
  const temporary = new TemporaryFolder()
  const close = async (): Promise<void> => {
    await pool.close()
    await temporary.remove()
  }
  try {
    const scan = await scanAll(paths, pool, temporary, run)
    const { catalogue, plans } = buildCatalogue(scan.instances, scan.skipped)
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
      describe: (seriesKey) => describeSeries(planOf(seriesKey)),
      thumbnail: async (seriesKey, thumbnailRun = {}) => {
        const plan = middleOf(planOf(seriesKey))
        const series = await loadSeries(plan, pool, thumbnailRun)
        return thumbnailOf(series, plan.slices[0]?.instance.header.image?.photometric === 'MONOCHROME1')
      },
      folderOf: (seriesKey) => {
        const files = new Set(planOf(seriesKey).slices.map(({ instance }) => instance.file))
        const archived = [...files].some(({ path }) => temporary.holds(path))
        return archived ? null : commonFolder([...files].map(({ path }) => dirname(path)))
      },
      close,
    }
  } catch (thrown) {
    await close()
    throw thrown
  }
}

async function scanAll(
  paths: string[],
  pool: ReaderPool,
  temporary: TemporaryFolder,
  run: Run,
): Promise<Scan> {
  const found = await findFiles(paths, run)
  const scan = await scanHeaders(found.files, pool, partOfRun(run, 0, 0.6))
  scan.skipped.push(...found.skipped)
  const waiting: { archive: SourceFile; budget: Budget; depth: number }[] = []
  const wait = async (archives: readonly SourceFile[], depth: number, budget?: Budget): Promise<void> => {
    for (const archive of archives) {
      waiting.push({ archive, budget: budget ?? (await budgetFor(archive)), depth })
    }
  }
  await wait(scan.archives, 0)
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { archive, budget, depth } = next
    if (depth === deepestArchive) {
      scan.skipped.push({
        file: archive.name,
        reason: `Archives within archives deeper than ${depth} are not opened.`,
      })
      continue
    }
    const unpacked = await unpackArchive(archive, await temporary.make(), budget, partOfRun(run, 0.6, 0.9))
    const inner = await scanHeaders(unpacked.files, pool, partOfRun(run, 0.9, 0.95))
    scan.instances.push(...inner.instances)
    await wait(inner.archives, depth + 1, budget)
    scan.skipped.push(...unpacked.skipped, ...inner.skipped)
  }
  return scan
}

function commonFolder(folders: readonly string[]): string {
  const split = folders.map((folder) => folder.split(sep))
  const depth = split[0].findIndex((name, level) => split.some((names) => names[level] !== name))
  return split[0].slice(0, depth < 0 ? undefined : depth).join(sep) || sep
}

/** Where archives are unpacked; made when first needed. */
class TemporaryFolder {
  private root: Promise<string> | null = null
  private made: string | null = null
  private folders = 0

  /** A new folder, readable by this user only. */
  async make(): Promise<string> {
    this.root ??= mkdtemp(join(tmpdir(), 'umbra-study-'))
    this.made = await this.root
    return mkdtemp(join(this.made, `${this.folders++}-`))
  }

  holds(path: string): boolean {
    return this.made !== null && path.startsWith(this.made + sep)
  }

  async remove(): Promise<void> {
    if (this.root) await rm(await this.root, { recursive: true, force: true })
  }
}
