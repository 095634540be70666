import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UmbraError } from '@contract'
import { isMissing } from '../cases/caseFiles'
import { partOfRun, stopIfCancelled, type Run } from '../compute/run'
import type { InputSpec, OutputSpec } from '../networks'
import {
  openDataset,
  writeIndex,
  writtenStudy,
  type CachedStudy,
  type DatasetCache,
  type SkippedStudy,
} from './cache'
import { cohortPatient, cohortStudy, type CohortChoice } from './cohort'
import { refuseListedTwice, refuseSameStudy } from './dataChecks'
import { groupByPatient } from './patients'
import { prepareStudy, type Source } from './prepareStudy'
import {
  caseIdentity,
  sameScan,
  settled,
  storedCase,
  type CaseFiles,
  type ReadingStudyChoice,
} from './storedCases'
import { listedStudy, type StudyList } from './studyList'
import { unitobrainPatients, unitobrainStudy, type UnitobrainChoice } from './unitobrain'

export type DataChoice = CohortChoice | StudyList | UnitobrainChoice | ReadingStudyChoice

async function sourcesOf(
  choice: DataChoice,
  outputs: OutputSpec,
  files: CaseFiles | null,
): Promise<Source[]> {
  const wanted = outputs.map(({ map }) => map)
  if (choice.kind === 'cohort') {
    return Array.from({ length: choice.patients }, (_, index) => {
      const patient = cohortPatient(choice, index)
      return {
        patient,
        study: patient,
        key: patient,
        generated: true,
        optional: false,
        load: (run) => cohortStudy(choice, index, run),
      }
    })
  }
  if (choice.kind === 'unitobrain') {
    return (await unitobrainPatients(choice, wanted)).map((found) => ({
      patient: found.patient,
      study: found.series,
      key: JSON.stringify(found),
      generated: false,
      optional: true,
      load: (run) => unitobrainStudy(found, wanted, run),
    }))
  }
  if (choice.kind === 'reading-study') return storedSources(choice, files)
  refuseListedTwice(choice.studies)
  return choice.studies.map((entry) => ({
    patient: entry.patient,
    study: entry.study,
    key: JSON.stringify(entry),
    generated: false,
    optional: false,
    load: (run) => listedStudy(entry, wanted, run),
  }))
}

function storedSources(given: ReadingStudyChoice, known: CaseFiles | null): Source[] {
  const { choice, files } = settled(given, known)
  return files.cases.map((file) => ({
    patient: file.key,
    study: file.key,
    key: caseIdentity(file, choice.settings),
    generated: false,
    optional: true,
    stored: true,
    load: (run) => storedCase(file, choice.settings, files.mapsDirectory, run),
  }))
}

/** To be raised when the preparation changes, so that data sets prepared in another way are not taken for this one. */
const PREPARATION = 3

/** The name of a data set's folder: what it is built from, and what was found where a choice does not say it all. */
export function datasetKey(
  choice: DataChoice,
  input: InputSpec,
  outputs: OutputSpec,
  found: readonly string[] = [],
): string {
  return createHash('sha256')
    .update(JSON.stringify([PREPARATION, choice, input, outputs, ...found]))
    .digest('hex')
    .slice(0, 16)
}

/**
 * Opens the data set of a choice under `directory`, building what of it is not there yet: every study is prepared once,
 * cropped to the brain and written; an interrupted build goes on where it was. A patient of a public data set or a case
 * of the store (`files` says where they lie) who cannot be used is left out, with the reason; cases whose files are there
 * again are taken in. Throws `no-patient`, `nan-in-data` and what reading and surveying a study throws, naming the study.
 */
export async function buildDataset(
  directory: string,
  choice: DataChoice,
  input: InputSpec,
  outputs: OutputSpec,
  run: Run = {},
  files: CaseFiles | null = null,
): Promise<DatasetCache> {
  const sources = await sourcesOf(choice, outputs, files)
  const told = choice.kind === 'unitobrain' || choice.kind === 'reading-study'
  const found = told ? sources.map(({ key }) => key) : []
  const folder = join(directory, datasetKey(choice, input, outputs, found))
  if (existsSync(join(folder, 'dataset.json'))) {
    const built = await openDataset(folder)
    if (!built.skipped.some((skipped) => isBack(skipped, files))) return built
    await built.close()
  }
  const prepared: CachedStudy[] = []
  const skipped: SkippedStudy[] = []
  for (const [index, source] of sources.entries()) {
    stopIfCancelled(run)
    const part = partOfRun(run, index / sources.length, (index + 1) / sources.length)
    const named: Run = {
      signal: run.signal,
      onProgress: (progress) => part.onProgress?.(progress, `Preparing ${source.patient}`),
    }
    try {
      const before = await writtenStudy(folder, source.key)
      const study = before ?? (await prepareStudy(folder, source, input, outputs, named))
      if (source.stored) refuseSameScan(study, prepared)
      else if (!source.generated) refuseSameStudy(study, prepared)
      prepared.push(study)
    } catch (thrown) {
      if (!source.optional || !(thrown instanceof UmbraError) || thrown.code === 'write-failed') throw thrown
      skipped.push({ patient: source.patient, reason: thrown.message, code: thrown.code })
    }
  }
  if (prepared.length === 0) throw nothingLeft(choice, skipped)
  const studies = choice.kind === 'reading-study' ? byPatient(prepared, choice) : prepared
  await writeIndex(folder, { input, outputs, studies, skipped })
  return openDataset(folder)
}

/** Whether a case that was left out for its files has them again. */
const isBack = ({ patient, code }: SkippedStudy, files: CaseFiles | null): boolean =>
  code === 'case-moved' && files?.cases.some((file) => file.key === patient && !isMissing(file)) === true

function refuseSameScan(study: CachedStudy, others: readonly CachedStudy[]): void {
  const twin = others.find(({ sha256 }) => sha256 === study.sha256)
  if (twin) throw new UmbraError({ code: 'same-scan', message: sameScan(twin.study) })
}

/** The prepared cases with their patients in place of themselves. Throws `same-study` where names given contradict it. */
function byPatient(cases: readonly CachedStudy[], { patients }: ReadingStudyChoice): CachedStudy[] {
  const scans = cases.map((study) => ({ study, key: study.study, identity: study.identity }))
  const studies = groupByPatient(scans, patients).map(({ study, patient }) => ({ ...study, patient }))
  for (const [i, study] of studies.entries()) refuseSameStudy(study, studies.slice(0, i))
  return studies
}

function nothingLeft({ kind }: DataChoice, skipped: readonly SkippedStudy[]): UmbraError {
  const reasons = skipped.slice(0, 5).map(({ patient, reason }) => `${patient}: ${reason}`)
  const more = skipped.length > reasons.length ? ` … and ${skipped.length - reasons.length} more` : ''
  return new UmbraError({
    code: 'no-patient',
    message: `Not one patient can be learnt from. ${reasons.join(' ')}${more}`,
    hint:
      kind === 'reading-study'
        ? 'Look at the progress of the study: cases that moved can be found again there.'
        : 'Unpack the data set whole; docs/training.md tells its layout.',
  })
}
