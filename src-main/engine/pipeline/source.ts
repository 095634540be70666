import { existsSync } from 'node:fs'
import { UmbraError, type Catalogue, type Warning } from '@contract'
import { partOfRun, type Run } from '../compute/run'
import { openStudy } from '../dicom'
import type { VolumeSeries } from '../volume'
import { choosePerfusionSeries, describeSeries } from './chooseSeries'

/** The series a run works on, and why it is this one. */
export interface Recognised {
  series: VolumeSeries
  why: string
  warnings: Warning[]
}

/** Where a run gets its series from. */
export interface PipelineSource {
  /** Finds and reads the series; `asked` is a UID or key, null the one that fits. May be asked again after a release. */
  recognise(asked: string | null, run: Run): Promise<Recognised>
}

/**
 * Folders, zip files or DICOM files. Their readers end with the reading: the voxels they filled would stay in memory as long
 * as they do. Reading throws `not-found`, `no-perfusion-series` and what openStudy throws.
 */
export function filesSource(paths: string[]): PipelineSource {
  return {
    recognise: async (asked, run) => {
      const missing = paths.find((path) => !existsSync(path))
      if (missing !== undefined) {
        throw new UmbraError({
          code: 'not-found',
          message: 'There is no such file or folder.',
          where: missing,
        })
      }
      const study = await openStudy(paths, partOfRun(run, 0, 0.4))
      try {
        const { series: chosen, why, warnings } = choosePerfusionSeries(study.catalogue, asked ?? undefined)
        const series = await study.load(chosen.key, partOfRun(run, 0.4, 1))
        const damaged = damagedFiles(study.catalogue)
        return { series, why: `${describeSeries(chosen)}: ${why}.`, warnings: [...damaged, ...warnings] }
      } finally {
        await study.close()
      }
    },
  }
}

/** What lies in a folder besides images, and what was told of the series already. */
const HARMLESS = /^(Not a DICOM file|A DICOMDIR|A copy of|A second image|Its time point is incomplete)/
const NAMED = 3

/** Files that could not be read: images may be missing that nothing else tells of. */
function damagedFiles({ skipped, filesFound }: Catalogue): Warning[] {
  const damaged = skipped.filter(({ reason }) => !HARMLESS.test(reason))
  if (damaged.length === 0) return []
  const named = damaged.slice(0, NAMED).map(({ file, reason }) => `${file}: ${reason}`)
  const more = damaged.length > NAMED ? ` And ${damaged.length - NAMED} more.` : ''
  const were = damaged.length === 1 ? 'file was' : 'files were'
  return [
    {
      code: 'files-left-out',
      message: `${damaged.length} of ${filesFound} ${were} left out. ${named.join(' ')}${more}`,
      hint: 'Copy or export the study again; `umbra info` lists every file that was left out.',
    },
  ]
}

/** A series that somebody else has read and keeps. */
export function seriesSource(series: VolumeSeries, why: string): PipelineSource {
  return {
    recognise: () => Promise.resolve({ series, why, warnings: [] }),
  }
}
