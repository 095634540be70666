import { accountKey, type Protocol } from '@contract'
import type { StoredReading } from '../studies'

/** What files call those who are in them. */
export interface FileNames {
  /** The case, or "Reading 4" for a rater who must not know the patient. */
  subject: string
  rater: string
  /** Null where the rater must not know it. */
  source: string | null
  /** As a DICOM person's name. */
  creator: string
  /** Of a file, without its ending: letters, digits, `.`, `_`, `-`. */
  file: string
}

/** Who asks for the files: a rater who is blinded gets to know no more than in the room. */
export interface Asking {
  owner: boolean
  identified: boolean
}

/** The rater of the protocol, by the person's account. */
export const raterOf = ({ raters }: Protocol, person: string): Protocol['raters'][number] =>
  raters.find(({ name }) => accountKey(name) === person) ?? { key: 'rater', name: person }

/** Whether who asks must not learn which scan a reading is of. */
export const hidesScan = ({ blinding }: Protocol, owner: boolean): boolean => !owner && blinding.patient

export function fileNames(
  protocol: Protocol,
  reading: StoredReading,
  { owner, identified }: Asking,
): FileNames {
  const { cases, sources, blinding } = protocol
  const rater = raterOf(protocol, reading.person)
  const subject = cases.find(({ key }) => key === reading.case_key)
  const source = sources.find(({ key }) => key === reading.source_key)
  const sourceShown = owner || !blinding.source
  const again = reading.pass > 1 ? [String(reading.pass)] : []
  if (hidesScan(protocol, owner)) {
    return {
      subject: `Reading ${reading.place}`,
      rater: rater.key,
      source: sourceShown ? reading.source_key : null,
      creator: `${rater.key}^`,
      file: `reading-${reading.place}`,
    }
  }
  return {
    subject: identified ? (subject?.name ?? reading.case_key) : reading.case_key,
    rater: identified ? rater.name : rater.key,
    source: sourceShown ? (identified ? (source?.name ?? reading.source_key) : reading.source_key) : null,
    creator: identified ? rater.name : `${rater.key}^`,
    file: [reading.case_key, rater.key, ...(sourceShown ? [reading.source_key] : []), ...again].join('_'),
  }
}

/** The folder of a rater's readings of one source in an export of a study. */
export function folderName(protocol: Protocol, { person, source_key, pass }: StoredReading): string {
  return [raterOf(protocol, person).key, source_key, ...(pass > 1 ? [String(pass)] : [])].join('_')
}
