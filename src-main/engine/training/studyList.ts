import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { UmbraError, perfusionMethods, perfusionSettingsSchema, type MapName } from '@contract'
import { partOfRun, type Run } from '../compute/run'
import { openStudy } from '../dicom'
import { computePerfusion } from '../perfusion'
import { readNifti, type VolumeSeries } from '../volume'
import type { LabelledStudy } from './cohort'

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
        /** A folder with cbv.nii.gz … and mask.nii.gz on the grid of the series; null: a deconvolution makes them. */
        maps: z.string().nullable().default(null),
        method: z.enum(perfusionMethods).default('bennink'),
      }),
    )
    .min(1),
})
export type StudyList = z.output<typeof studyListSchema>
type ListedStudy = StudyList['studies'][number]

/** Loads a study and the maps to learn from. Throws `no-perfusion-series`, `map-missing`, `other-grid`. */
export async function listedStudy(
  entry: ListedStudy,
  wanted: MapName[],
  run: Run = {},
): Promise<LabelledStudy> {
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
        message: 'The study has no such CT perfusion series.',
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

async function givenMaps(
  folder: string,
  wanted: MapName[],
  series: VolumeSeries,
): Promise<Pick<LabelledStudy, 'maps' | 'known'>> {
  const read = async (name: string): Promise<Float32Array> => {
    const path = [`${name}.nii.gz`, `${name}.nii`].map((file) => join(folder, file)).find(existsSync)
    if (!path) {
      throw new UmbraError({
        code: 'map-missing',
        message: `There is no ${name}.nii.gz to learn from.`,
        where: folder,
      })
    }
    const { geometry, voxels } = await readNifti(path)
    if (geometry.size.some((length, axis) => length !== series.geometry.size[axis])) {
      throw new UmbraError({
        code: 'other-grid',
        message: `${name} has ${geometry.size.join(' × ')} voxels, its series ${series.geometry.size.join(' × ')}.`,
        where: path,
      })
    }
    return voxels
  }
  const maps: LabelledStudy['maps'] = {}
  for (const name of wanted) maps[name] = await read(name)
  const mask = await read('mask')
  return { maps, known: Uint8Array.from(mask, (value) => (value > 0.5 ? 1 : 0)) }
}
