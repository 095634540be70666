import type { Catalogue, SeriesSummary, StudySummary } from '@contract'
import { isPerfusion } from '../../stores/study'
import { formatDicomDate, formatPersonName, plainText } from '../shell/format'

interface GroupRow {
  id: string
  label: string
  detail: string
  open: boolean
  series: number
  /** The perfusion series in it: what can be run. */
  perfusion: string[]
}

/** One line of the study table: a patient, a study of theirs, or a series of it. */
export type Row =
  | (GroupRow & { kind: 'patient'; level: 1 })
  | (GroupRow & { kind: 'study'; level: 2 })
  | { kind: 'series'; id: string; level: 3; series: SeriesSummary; study: StudySummary }

export const kindLabels = {
  'ct-perfusion': 'CT perfusion',
  'mr-perfusion': 'MR perfusion',
  volume: 'Volume',
  other: 'Not viewable',
} as const

interface Patient {
  id: string
  label: string
  detail: string
  studies: StudySummary[]
}

function patientsOf(catalogue: Catalogue): Patient[] {
  const patients = new Map<string, Patient>()
  for (const study of catalogue.studies) {
    const id = `patient ${study.patientId}\n${study.patientName}`
    const patient = patients.get(id) ?? {
      id,
      label: plainText(formatPersonName(study.patientName)) || 'No name',
      detail: plainText(study.patientId) || 'no ID',
      studies: [],
    }
    patient.studies.push(study)
    patients.set(id, patient)
  }
  return [...patients.values()]
}

/** Whether every word occurs in what the table says about the series, its study or its patient. */
function fits(words: readonly string[], study: StudySummary, series: SeriesSummary): boolean {
  if (words.length === 0) return true
  const text = [
    study.patientName,
    study.patientId,
    study.date,
    formatDicomDate(study.date),
    study.description,
    series.description,
    series.modality,
    kindLabels[series.kind],
  ]
    .join('\n')
    .toLowerCase()
  return words.every((word) => text.includes(word))
}

/**
 * The lines of the table from top to bottom. `closed` holds the ids of patients and studies that are folded; a search
 * opens whatever holds a hit and leaves out the rest.
 */
export function catalogueRows(catalogue: Catalogue, closed: ReadonlySet<string>, search: string): Row[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const rows: Row[] = []
  for (const patient of patientsOf(catalogue)) {
    const studies = patient.studies
      .map((study) => ({ study, series: study.series.filter((series) => fits(words, study, series)) }))
      .filter(({ study, series }) => series.length > 0 || (words.length === 0 && study.series.length === 0))
    if (studies.length === 0) continue
    const total = studies.reduce((sum, { series }) => sum + series.length, 0)
    const open = words.length > 0 || !closed.has(patient.id)
    const { id, label, detail } = patient
    const perfusion = studies.flatMap(({ series }) => perfusionKeys(series))
    rows.push({ kind: 'patient', id, level: 1, label, detail, open, series: total, perfusion })
    if (open) {
      for (const { study, series } of studies) {
        rows.push(...studyRows(study, series, closed, words.length > 0))
      }
    }
  }
  return rows
}

const perfusionKeys = (series: readonly SeriesSummary[]): string[] =>
  series.filter(isPerfusion).map(({ key }) => key)

function studyRows(
  study: StudySummary,
  series: SeriesSummary[],
  closed: ReadonlySet<string>,
  searching: boolean,
): Row[] {
  const id = `study ${study.uid}`
  const open = searching || !closed.has(id)
  const row: Row = {
    kind: 'study',
    id,
    level: 2,
    label: plainText(study.description) || 'Study without a description',
    detail: plainText(formatDicomDate(study.date)),
    open,
    series: series.length,
    perfusion: perfusionKeys(series),
  }
  return [
    row,
    ...(open
      ? series.map((one): Row => ({ kind: 'series', id: one.key, level: 3, series: one, study }))
      : []),
  ]
}

/** The id of the row that holds `id`: what the left arrow goes to. */
export function parentRow(rows: readonly Row[], id: string): string | null {
  const index = rows.findIndex((row) => row.id === id)
  for (let above = index - 1; above >= 0; above--) {
    if (rows[above].level < rows[index].level) return rows[above].id
  }
  return null
}

/** "512 × 512 × 16" */
export const formatSize = (size: readonly number[]): string => size.join(' × ')

/** "0.43 × 0.43 × 5": millimetres, at most two decimals. */
export const formatSpacing = (spacing: readonly number[]): string =>
  spacing.map((length) => String(Number(length.toFixed(2)))).join(' × ')

/** What the intervals between time points are: "every 1 s", "every 2 s (1–3 s)"; '' for a single one. */
export function formatIntervals(times: readonly number[]): string {
  if (times.length < 2) return ''
  const intervals = times.slice(1).map((time, index) => time - times[index])
  const sorted = [...intervals].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  const short = (seconds: number): string => String(Number(seconds.toFixed(2)))
  const [shortest, longest] = [short(sorted[0]), short(sorted[sorted.length - 1])]
  return shortest === longest
    ? `every ${shortest} s`
    : `every ${short(median)} s (${shortest} to ${longest} s)`
}
