import { z } from 'zod'
import {
  keySchema,
  perfusionSettingsSchema,
  UmbraError,
  type PerfusionSettings,
  type SeriesSummary,
} from '@contract'
import { isMissing, seriesOfCase } from '../cases/caseFiles'
import { mapsKey, openMapsStore } from '../cases/mapsStore'
import { partOfRun, stopIfCancelled, type Run } from '../compute/run'
import { openStudy, type OpenStudy } from '../dicom'
import { computePerfusion } from '../perfusion'
import { withMotionCorrected } from '../registration'
import type { SourceIdentity, VolumeSeries } from '../volume'
import type { LabelledStudy } from './cohort'
import { groupByPatient, patientIdentity } from './patients'

/** The cases of a reading study in the case store, by reference: no name and no path of a patient is in it. */
export const readingStudySchema = z.strictObject({
  kind: z.literal('reading-study'),
  /** Id or name of a study; of a run that has begun, its id. */
  study: z.string().trim().min(1),
  /** Key of the source whose settings make the maps; null: the first of the study that is a deconvolution. */
  source: keySchema.nullable().default(null),
  /** How the maps are made; null: as the source says, put in when a run begins. */
  settings: perfusionSettingsSchema.nullable().default(null),
  /** Keys of its cases; of a run that has begun, those there were. */
  cases: z.union([z.literal('all'), z.array(keySchema).min(1)]).default('all'),
  /** Whose a case is, by its key, where its files do not tell, or tell wrongly. */
  patients: z.record(keySchema, z.string().trim().min(1)).default({}),
})
export type ReadingStudyChoice = z.output<typeof readingStudySchema>

/** A choice with everything that the case store had to say to it put in. */
export type SettledChoice = ReadingStudyChoice & { cases: string[]; settings: PerfusionSettings }

/** Where the cases of a choice lie, as the case store says; known to a run while it goes on, and never written by it. */
export const caseFilesSchema = z.object({
  /** The computed maps that Umbra keeps. */
  mapsDirectory: z.string(),
  cases: z.array(
    z.object({ key: keySchema, paths: z.array(z.string()).min(1), seriesUid: z.string().nullable() }),
  ),
})
export type CaseFiles = z.output<typeof caseFilesSchema>
export type CaseFile = CaseFiles['cases'][number]

/** Throws where a run of a reading study was begun without asking the case store. */
export function settled(
  choice: ReadingStudyChoice,
  files: CaseFiles | null,
): { choice: SettledChoice; files: CaseFiles } {
  const { cases, settings } = choice
  if (files && settings && cases !== 'all') return { choice: { ...choice, cases, settings }, files }
  throw new UmbraError({
    code: 'case-store-needed',
    message: 'The cases of a reading study are known to the case store only.',
    hint: 'Sign in as the owner of the study: `umbra train … --as NAME`, or in Reading.',
  })
}

/** What the prepared data of a case depend on: which series it is of, and where it lies only if nothing else tells. */
export function caseIdentity({ key, seriesUid, paths }: CaseFile, settings: PerfusionSettings): string {
  return JSON.stringify([key, seriesUid ?? paths, settings])
}

/** The CT perfusion series of a case. Throws `case-moved`, `no-series`, `not-ct-perfusion`; says nothing of its patient. */
async function openCase(file: CaseFile, run: Run): Promise<{ study: OpenStudy; series: SeriesSummary }> {
  if (isMissing(file)) {
    throw new UmbraError({
      code: 'case-moved',
      message: 'its files are not where the study’s protocol says.',
      hint: 'Find the case again in the progress of the study.',
    })
  }
  const study = await openStudy(file.paths, run)
  try {
    const series = seriesOfCase(study.catalogue, file.seriesUid)
    if (!series) {
      const message =
        file.seriesUid === null
          ? 'its files hold no perfusion series.'
          : 'its series is not among its files any more.'
      throw new UmbraError({ code: 'no-series', message })
    }
    if (series.kind === 'ct-perfusion') return { study, series }
    const found = series.kind === 'mr-perfusion' ? 'MR perfusion' : `no perfusion (${series.reason})`
    throw new UmbraError({ code: 'not-ct-perfusion', message: `it is not CT perfusion, but ${found}.` })
  } catch (thrown) {
    await study.close()
    throw thrown
  }
}

/**
 * Loads a case and its maps by a deconvolution: those that Umbra keeps, where they were computed before by this build in
 * the same way, else computed. Motion is corrected where the settings say so, in what is learnt from too. Throws what
 * `openCase` throws and what reading and computing throw.
 */
export async function storedCase(
  file: CaseFile,
  settings: PerfusionSettings,
  mapsDirectory: string,
  run: Run = {},
): Promise<LabelledStudy> {
  const { study, series: found } = await openCase(file, partOfRun(run, 0, 0.2))
  let series: VolumeSeries
  try {
    series = await study.load(found.key, partOfRun(run, 0.2, 0.5))
  } finally {
    await study.close()
  }
  const kept = settings.motionCorrection
    ? null
    : await openMapsStore(mapsDirectory).find(await mapsKey(series, settings))
  if (kept) return { series, maps: kept.maps, known: kept.mask }
  const { moved, maps, mask } = await withMotionCorrected(
    series,
    settings,
    partOfRun(run, 0.5, 1),
    async (still, rest) => ({ moved: still, ...(await computePerfusion(still, settings, rest)) }),
  )
  return { series: moved, maps, known: mask }
}

export interface SurveyedCase {
  key: string
  /** Key of the first case of the same patient, or the name that was given; null where the case is left out. */
  patient: string | null
  /** Why it is left out, in words; null where it can be learnt from, as far as headers tell. */
  problem: string | null
}

/** What can be learnt from, and whose it is, by the headers of the files alone. */
export async function surveyCases(
  files: readonly CaseFile[],
  patients: ReadingStudyChoice['patients'],
  run: Run = {},
): Promise<SurveyedCase[]> {
  const usable: { key: string; patient: string; identity: string[] }[] = []
  const problems = new Map<string, string>()
  const scans = new Map<string, string>()
  for (const [index, file] of files.entries()) {
    stopIfCancelled(run)
    const part = partOfRun(run, index / files.length, (index + 1) / files.length)
    const { key } = file
    try {
      const identity = await identityOfCase(file, {
        signal: run.signal,
        onProgress: (progress) => part.onProgress?.(progress, `Looking at ${key}`),
      })
      const scan = identity.seriesInstanceUid
      const other = scans.get(scan)
      if (other !== undefined) problems.set(key, sameScan(other))
      else usable.push({ key, patient: key, identity: patientIdentity(identity) })
      scans.set(scan, other ?? key)
    } catch (thrown) {
      if (!(thrown instanceof UmbraError)) throw thrown
      problems.set(key, thrown.message)
    }
  }
  const grouped = new Map(groupByPatient(usable, patients).map(({ key, patient }) => [key, patient]))
  return files.map(({ key }) => ({
    key,
    patient: grouped.get(key) ?? null,
    problem: problems.get(key) ?? null,
  }))
}

export const sameScan = (other: string): string => `it is the same scan as ${other}.`

async function identityOfCase(file: CaseFile, run: Run): Promise<SourceIdentity> {
  const { study, series } = await openCase(file, run)
  try {
    return study.describe(series.key).source
  } finally {
    await study.close()
  }
}
