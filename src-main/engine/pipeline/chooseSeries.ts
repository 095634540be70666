import { UmbraError, type Catalogue, type SeriesSummary, type StudySummary, type Warning } from '@contract'

/** The series to work on, why it was taken, and what the reader should know of the others. */
export interface ChosenSeries {
  series: SeriesSummary
  why: string
  warnings: Warning[]
}

const SHOWN = 8

/** A series in a few words: "CTP 5.0" (CT, 512 × 512 × 16, 45 time points, 1.2.3…). */
export function describeSeries(series: SeriesSummary): string {
  const size = series.size.join(' × ')
  const points = series.timePoints === 1 ? '1 time point' : `${series.timePoints} time points`
  return `"${series.description || 'no description'}" (${series.modality}, ${size}, ${points}, ${series.key})`
}

function isPerfusion(series: SeriesSummary): boolean {
  return series.kind === 'ct-perfusion' || series.kind === 'mr-perfusion'
}

/**
 * The perfusion series of what was opened: the named one, the only one, or of several the one with most time points ×
 * slices, with a warning that names the others. Throws `no-perfusion-series`, `several-patients`, `no-such-series` or
 * `usage`, each saying what there is.
 */
export function choosePerfusionSeries(catalogue: Catalogue, asked?: string): ChosenSeries {
  const all = catalogue.studies.flatMap((study) => study.series)
  if (asked !== undefined) return namedSeries(all, asked)
  const candidates = all.filter(isPerfusion)
  if (candidates.length === 0) throw noPerfusion(catalogue, all)
  const studies = catalogue.studies.filter(({ series }) => series.some(isPerfusion))
  refuseSeveralPatients(studies, candidates)
  if (candidates.length === 1) {
    return { series: candidates[0], why: 'the only perfusion series', warnings: [] }
  }
  const images = (series: SeriesSummary): number => series.timePoints * series.size[2]
  const series = candidates.reduce((best, other) => (images(other) > images(best) ? other : best))
  const others = candidates.filter((candidate) => candidate !== series)
  return {
    series,
    why: `of ${candidates.length} perfusion series the one with most time points × slices`,
    warnings: [
      {
        code: 'several-perfusion-series',
        message: `There are ${candidates.length} perfusion series${studyWords(studies, series)}; left out: ${listed(others)}.`,
        hint: 'Choose another with --series.',
      },
    ],
  }
}

/** Whose maps these would be must not be left to the size of a series. */
function refuseSeveralPatients(studies: StudySummary[], candidates: SeriesSummary[]): void {
  const patients = new Set(studies.map(({ patientId, patientName }) => patientId || patientName))
  if (patients.size < 2) return
  throw new UmbraError({
    code: 'several-patients',
    message: `These are perfusion series of ${patients.size} patients: ${listed(candidates)}.`,
    hint: 'Give the files of one patient, or choose a series with --series by its key, the last word in the brackets.',
  })
}

const dateWords = (date: string): string =>
  /^\d{8}$/.test(date) ? date.replace(/^(....)(..)/, '$1-$2-') : 'an unknown date'

function studyWords(studies: StudySummary[], chosen: SeriesSummary): string {
  const own = studies.find(({ series }) => series.includes(chosen))
  return studies.length > 1 && own
    ? ` in ${studies.length} studies, and the one taken is of ${dateWords(own.date)}`
    : ''
}

function namedSeries(all: SeriesSummary[], asked: string): ChosenSeries {
  const matches = all.filter(({ key, uid, uids }) => key === asked || uid === asked || uids.includes(asked))
  const perfusion = matches.filter(isPerfusion)
  if (perfusion.length === 1) return { series: perfusion[0], why: 'as asked for', warnings: [] }
  if (perfusion.length > 1) {
    throw new UmbraError({
      code: 'usage',
      message: `${perfusion.length} perfusion series have the UID ${asked}: ${listed(perfusion)}.`,
      hint: 'Give --series the key of one of them, the last word in the brackets.',
    })
  }
  if (matches.length > 0) {
    throw new UmbraError({
      code: 'no-perfusion-series',
      message: `The series ${describeSeries(matches[0])} is not a perfusion series: ${matches[0].reason}`,
      hint: 'Leave out --series to take the perfusion series that is there.',
    })
  }
  throw new UmbraError({
    code: 'no-such-series',
    message: `There is no series ${asked}. Found: ${listed(all) || 'nothing'}.`,
    hint: '`umbra info` lists every series with its UID.',
  })
}

const fileCount = (count: number): string => (count === 1 ? '1 file was' : `${count} files were`)

function noPerfusion(catalogue: Catalogue, all: SeriesSummary[]): UmbraError {
  if (all.length > 0) {
    const why = all.length <= 3 ? ` ${all.map((series) => series.reason).join(' ')}` : ''
    return new UmbraError({
      code: 'no-perfusion-series',
      message: `No CT or MR perfusion series in ${all.length} series. Found: ${listed(all)}.${why}`,
      hint: all.some(({ reason }) => /orders them in time/.test(reason))
        ? 'Export the series again with its acquisition times (0008,0032).'
        : 'A perfusion series repeats the same slices over time; `umbra info` says why each one is not.',
    })
  }
  if (catalogue.filesFound === 0) {
    return new UmbraError({
      code: 'no-perfusion-series',
      message: 'The folder or zip file is empty.',
      hint: 'Give the folder that holds the DICOM files.',
    })
  }
  const [skipped] = catalogue.skipped
  const why = skipped
    ? ` ${fileCount(catalogue.skipped.length)} left out${catalogue.skipped.length > 1 ? ', the first' : ''} because: ${skipped.reason}`
    : ''
  return new UmbraError({
    code: 'no-perfusion-series',
    message: `No DICOM images in ${catalogue.filesFound === 1 ? '1 file' : `${catalogue.filesFound} files`}.${why}`,
    hint: 'Give the folder that holds the DICOM files.',
    where: skipped?.file,
  })
}

function listed(series: SeriesSummary[]): string {
  const shown = series.slice(0, SHOWN).map(describeSeries).join('; ')
  return series.length > SHOWN ? `${shown}; and ${series.length - SHOWN} more` : shown
}
