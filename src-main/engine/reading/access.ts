import { UmbraError } from '@contract'
import type { Person } from './people'
import { washOutOf, type StoredReading, type StoredStudy } from './studies'

/** Throws `washing-out` for a reading that waits for another of its case, or for its time. */
export function refuseWashingOut(
  study: StoredStudy,
  reading: StoredReading,
  own: StoredReading[],
  now: Date,
): void {
  const { waits, opensAt } = washOutOf(study.protocol, reading, own, now)
  if (!waits && opensAt === null) return
  throw new UmbraError({
    code: 'washing-out',
    message: waits
      ? 'This case must be read and signed another time before.'
      : `This case was read not long ago: it can be opened from ${opensAt} on.`,
    hint: 'Take another reading from the worklist.',
  })
}

export const lockedProblem = (): UmbraError =>
  new UmbraError({
    code: 'signed',
    message: 'This reading is signed and locked.',
    hint: 'Reopen it, with a reason, to change it.',
  })

export const notYours = (): UmbraError =>
  new UmbraError({
    code: 'not-allowed',
    message: 'This is the reading of another person.',
    hint: 'The owner of the study can look at it when it is signed.',
  })

/** Whether a person may look at a reading that is not theirs. */
export function mayLook(
  study: StoredStudy,
  reading: StoredReading,
  all: StoredReading[],
  person: Person,
): boolean {
  if (reading.state !== 'signed') return false
  if (study.owner === person.key) return true
  const own = all.filter((each) => each.person === person.key && each.case_key === reading.case_key)
  return !study.protocol.blinding.raters && own.length > 0 && own.every(({ state }) => state === 'signed')
}
