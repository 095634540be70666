import { createHash } from 'node:crypto'
import type { SourceIdentity } from '../volume'

/**
 * By what a scan's patient is known again: PatientID, name with birth date, and the study, whichever of them are given;
 * as hashes, since they are kept beside what is prepared.
 */
export function patientIdentity(source: SourceIdentity): string[] {
  const { patientId, patientName, patientBirthDate, studyInstanceUid } = source
  const [id, name, birth] = [patientId, patientName, patientBirthDate].map((text) =>
    text
      .normalize('NFKC')
      .replace(/[\s^]+/g, ' ')
      .trim()
      .toLowerCase(),
  )
  return [
    ...(id ? [['id', id]] : []),
    ...(name && birth ? [['person', name, birth]] : []),
    ...(studyInstanceUid ? [['study', studyInstanceUid]] : []),
  ].map((parts) => createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32))
}

interface Scan {
  key: string
  identity: readonly string[]
}

/**
 * Puts scans that share an identity, in one step or over others, together as one patient, who is called by the key of
 * their first scan. `given` names the patients of scans, by key, in place of what the files say.
 */
export function groupByPatient<T extends Scan>(
  scans: readonly T[],
  given: Readonly<Record<string, string>>,
): (T & { patient: string })[] {
  const patientOf = new Map<string, string>()
  const grouped = scans.map((scan) => ({ ...scan, patient: given[scan.key] ?? scan.key }))
  for (const scan of grouped) {
    const known = given[scan.key] === undefined ? scan.identity : [`given ${scan.patient}`]
    const others = new Set(known.flatMap((mark) => patientOf.get(mark) ?? []))
    const first = grouped.find(({ patient }) => others.has(patient))?.patient ?? scan.patient
    for (const other of grouped) if (other === scan || others.has(other.patient)) other.patient = first
    for (const [mark, patient] of patientOf) if (others.has(patient)) patientOf.set(mark, first)
    for (const mark of known) patientOf.set(mark, first)
  }
  return grouped
}
