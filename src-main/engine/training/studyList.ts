import { existsSync } from 'node:fs'
import { z } from 'zod'
import { UmbraError, perfusionMethods, perfusionSettingsSchema, type MapName } from '@contract'
import { partOfRun, type Run } from '../compute/run'
import { openStudy } from '../dicom'
import { computePerfusion } from '../perfusion'
import type { LabelledStudy } from './cohort'
import { givenMaps } from './givenMaps'

export const studyListSchema = z.strictObject({
  kind: z.literal('studies'),
  studies: z
    .array(
      z.strictObject({
        patient: z.string().min(1),
        /** A folder, a zip or DICOM files of the registered, filtered series. */
        study: z.string().min(1),
        /** Key or UID of the series; null: the one with most images. */
        series: z.string().nullable().default(null),
        /** A folder with the maps on the grid of the series, see givenMaps; null: a deconvolution makes them. */
        maps: z.string().nullable().default(null),
        method: z.enum(perfusionMethods).default('bennink'),
      }),
    )
    .min(1),
})
export type StudyList = z.output<typeof studyListSchema>
type ListedStudy = StudyList['studies'][number]

/** Loads a study and the maps to learn from. Throws `not-found`, `no-perfusion-series`, `map-missing`, `other-grid`. */
export async function listedStudy(
  entry: ListedStudy,
  wanted: MapName[],
  run: Run = {},
): Promise<LabelledStudy> {
  if (!existsSync(entry.study)) {
    throw new UmbraError({
      code: 'not-found',
      message: 'There is no such file or folder.',
      hint: 'Correct the path of the study, or leave it out.',
      where: entry.study,
    })
  }
  const opened = await openStudy([entry.study], partOfRun(run, 0, 0.2))
  try {
    const candidates = opened.catalogue.studies
      .flatMap(({ series }) => series)
      .filter(({ key, uid, kind }) =>
        entry.series === null ? kind === 'ct-perfusion' : key === entry.series || uid === entry.series,
      )
      .sort((a, b) => b.timePoints * b.size[2] - a.timePoints * a.size[2])
    if (candidates.length === 0) {
      throw new UmbraError({
        code: 'no-perfusion-series',
        message: `The study has no ${entry.series === null ? '' : 'such '}CT perfusion series.`,
        hint: 'Look at it with `umbra info`, which says what each series is and why.',
      })
    }
    const series = await opened.load(candidates[0].key, partOfRun(run, 0.2, 0.5))
    if (entry.maps !== null) return { series, ...(await givenMaps(entry.maps, wanted, series)) }
    const settings = perfusionSettingsSchema.parse({ method: entry.method })
    const { maps, mask } = await computePerfusion(series, settings, partOfRun(run, 0.5, 1))
    return { series, maps, known: mask }
  } finally {
    await opened.close()
  }
}
