import { existsSync } from 'node:fs'
import { UmbraError, type Warning } from '@contract'
import { partOfRun, type Run } from '../compute/run'
import { openStudy, type OpenStudy } from '../dicom'
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
  close(): Promise<void>
}

/** Folders, zip files or DICOM files. Reading throws `not-found`, `no-perfusion-series` and what openStudy throws. */
export function filesSource(paths: string[]): PipelineSource {
  let study: OpenStudy | null = null
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
      study ??= await openStudy(paths, partOfRun(run, 0, 0.4))
      const { series: chosen, why, warnings } = choosePerfusionSeries(study.catalogue, asked ?? undefined)
      const series = await study.load(chosen.key, partOfRun(run, 0.4, 1))
      return { series, why: `${describeSeries(chosen)}: ${why}.`, warnings }
    },
    close: async () => {
      await study?.close()
      study = null
    },
  }
}

/** A series that somebody else has read and keeps. */
export function seriesSource(series: VolumeSeries, why: string): PipelineSource {
  return {
    recognise: () => Promise.resolve({ series, why, warnings: [] }),
    close: () => Promise.resolve(),
  }
}
