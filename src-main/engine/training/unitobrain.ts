import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { UmbraError, type MapName } from '@contract'
import type { Run } from '../compute/run'
import type { LabelledStudy } from './cohort'
import { listedStudy } from './studyList'

const suffixes = { raw: '', registered: '_Registered', filtered: '_Registered_Filtered_3mm_20HU' } as const
const MAPS = '_Registered_Filtered_3mm_20HU_Maps'

export const unitobrainSchema = z.strictObject({
  kind: z.literal('unitobrain'),
  /** The unpacked archive, or the folder in it that has the patients' folders (DeepHealth_IEEE). */
  directory: z.string().min(1),
  /** Which of a patient's series teaches; the paper's is registered and filtered. */
  series: z.enum(['filtered', 'registered', 'raw']).default('filtered'),
})
export type UnitobrainChoice = z.output<typeof unitobrainSchema>

/** A patient of UniToBrain: what there is of one, before any of it is read. */
export interface UnitobrainPatient {
  patient: string
  series: string
  maps: string
  /** What is missing, in words; null where all is there. */
  missing: string | null
}

/**
 * Finds the patients of the public UniToBrain data set (doi:10.21227/x8ea-vh16): beside each `MOL-001` (as scanned) lie
 * `MOL-001_Registered`, `MOL-001_Registered_Filtered_3mm_20HU` (Filtered00001.dcm …) and
 * `MOL-001_Registered_Filtered_3mm_20HU_Maps` with a folder for each map (NLR_CBV/NLR_CBV00001.dcm …: 16-bit DICOM
 * whose rescale gives ml/100 g, ml/100 g/min and s). Throws `no-unitobrain`.
 */
export async function unitobrainPatients(
  { directory, series }: UnitobrainChoice,
  wanted: readonly MapName[],
): Promise<UnitobrainPatient[]> {
  const root = await patientsFolder(directory)
  const names = await readdir(root)
  const patients = [
    ...new Set(names.flatMap((name) => /^([A-Z]+-\d+)(?:_Registered.*)?$/.exec(name)?.[1] ?? [])),
  ]
  return Promise.all(
    patients.sort().map(async (patient) => {
      const [images, maps] = [`${patient}${suffixes[series]}`, `${patient}${MAPS}`]
      const absent = [images, maps].filter((name) => !names.includes(name)).map((name) => `folder ${name}`)
      if (absent.length === 0) absent.push(...(await missingMaps(join(root, maps), wanted)))
      const missing = absent.length === 0 ? null : `there is no ${absent.join(' and no ')}.`
      return { patient, series: join(root, images), maps: join(root, maps), missing }
    }),
  )
}

async function patientsFolder(directory: string): Promise<string> {
  const candidates = [directory, join(directory, 'DeepHealth_IEEE'), join(directory, 'UniToBrain')]
  for (const folder of candidates.filter((each) => existsSync(each))) {
    const names = await readdir(folder).catch(() => [])
    if (names.some((name) => /^[A-Z]+-\d+(_Registered.*)?$/.test(name))) return folder
  }
  throw new UmbraError({
    code: 'no-unitobrain',
    message:
      'There are no patients of UniToBrain here (MOL-001, MOL-001_Registered_Filtered_3mm_20HU_Maps …).',
    hint: 'Give the folder that the archive of doi:10.21227/x8ea-vh16 was unpacked into.',
    where: directory,
  })
}

async function missingMaps(folder: string, wanted: readonly MapName[]): Promise<string[]> {
  const there = (await readdir(folder)).map((name) => name.toLowerCase())
  const has = (name: string): boolean => there.includes(`nlr_${name}`)
  return wanted
    .filter((name) => !has(name) && !(name === 'tmax' && has('delay') && has('mtt')))
    .map((name) => `map NLR_${name.toUpperCase()}`)
}

/** Loads a patient; throws what `listedStudy` throws, and `missing-part`. */
export function unitobrainStudy(
  { patient, series, maps, missing }: UnitobrainPatient,
  wanted: MapName[],
  run: Run = {},
): Promise<LabelledStudy> {
  if (missing !== null) return Promise.reject(new UmbraError({ code: 'missing-part', message: missing }))
  return listedStudy({ patient, study: series, series: null, maps, method: 'bennink' }, wanted, run)
}
