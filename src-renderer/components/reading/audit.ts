import type { AuditEntry } from '@contract'
import type { OwnedStudy } from '../../stores/reading'

const actions: Record<string, string> = {
  'study.created': 'made the study',
  'study.changed': 'changed the protocol',
  'study.removed': 'removed the study',
  'study.cases-moved': 'found moved cases again',
  'reading.opened': 'opened a reading',
  'reading.taken-over': 'took a reading over from another window',
  'reading.looked-at': 'looked at a signed reading',
  'reading.begun': 'began to draw',
  'reading.left': 'left a reading',
  'reading.signed': 'signed a reading',
  'reading.reopened': 'reopened a signed reading',
  'reading.proposal-shown': 'was shown a proposal of the network',
  'reading.proposal-answered': 'answered a proposal of the network',
  'reading.imported': 'put a drawing made elsewhere into a reading',
  'reading.exported': 'wrote a reading as files',
  'study.exported': 'wrote the signed readings as files',
  'agreement.reported': 'compared the signed readings',
  'agreement.exported': 'wrote the agreement report as files',
  'person.pin-reset': 'gave a new PIN',
}

/** What was done, in words; an action of a later Umbra by its own name. */
export const actionText = (action: string): string => actions[action] ?? action

/** Which reading: "case-01, CNN, Rater One", by the names of the protocol; '' where it is of none. */
export function readingText({ protocol, readings }: OwnedStudy, readingId: string | null): string {
  const reading = readings.find((each) => each.readingId === readingId)
  if (!reading) return readingId === null ? '' : 'a reading of an earlier protocol'
  const nameOf = (list: 'cases' | 'sources', key: string): string =>
    protocol[list].find((each) => each.key === key)?.name ?? key
  const parts = [nameOf('cases', reading.case), nameOf('sources', reading.source), reading.rater]
  return [...parts, ...(reading.pass > 1 ? [`pass ${reading.pass}`] : [])].join(', ')
}

const plain = (value: unknown): string => {
  if (typeof value === 'number') return String(Number.isInteger(value) ? value : Number(value.toFixed(3)))
  if (Array.isArray(value)) return value.map(plain).join(' ')
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, each]) => `${name} ${plain(each)}`)
      .join(', ')
  }
  return String(value)
}

/** What an entry says beside who did what: "revision 3, volumes core 12.3"; hashes are left to the file. */
export const detailText = ({ detail }: Pick<AuditEntry, 'detail'>): string =>
  Object.entries(detail)
    .filter(([name]) => name !== 'content')
    .map(([name, value]) => `${name} ${plain(value)}`)
    .join(', ')

const quoted = (text: string): string => {
  // A cell that begins so is a formula to spreadsheets.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe
}

/** RFC 4180, with every field as it is stored and its hash. */
export function auditCsv(entries: readonly AuditEntry[]): string {
  const head = ['number', 'time', 'actor', 'action', 'study', 'reading', 'detail', 'hash']
  const rows = entries.map((entry) => [
    ...[String(entry.number), entry.time, entry.actor, entry.action],
    ...[entry.studyId ?? '', entry.readingId ?? '', JSON.stringify(entry.detail), entry.hash],
  ])
  return [head, ...rows].map((row) => `${row.map(quoted).join(',')}\r\n`).join('')
}
