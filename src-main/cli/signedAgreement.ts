import { readFile } from 'node:fs/promises'
import { UmbraError } from '@contract'
import type { Run } from '../engine/compute/run'
import type { Agreement } from '../engine/concordance'
import { protocolText, type ReadingRoom } from '../engine/reading'
import { compareSigned } from '../engine/session/agreementSession'
import { signedIn } from './signedIn'

/** Who asks, and how it is compared. */
export interface SignedChoice {
  name: string
  reference?: string | null
  resamples: number
  seed: number
}

const noBytes = new Uint8Array()

/** The text of a protocol that Umbra exported; null for any other file, and where there is none. */
export async function exportedProtocol(path: string): Promise<string | null> {
  const text = await readFile(path, 'utf8').catch(() => null)
  try {
    return text !== null && (JSON.parse(text) as { umbra?: string }).umbra === 'reading protocol'
      ? text
      : null
  } catch {
    return null
  }
}

/**
 * Compares what is signed in a study of the reading room's store, named by its name, its id or its exported protocol.
 * Whoever asks signs in with their PIN, and may see what they may see in the window.
 * Throws `usage`, `unknown-study`, `not-allowed`, `store-in-use` where Umbra is open, and as signing in does.
 */
export async function agreeSigned(study: string, choice: SignedChoice, run: Run): Promise<Agreement> {
  return signedIn({ as: choice.name }, async (room, session) => {
    const studyId = await find(room, session, study)
    const signed = room.signed.study(session, studyId)
    const agreement = await compareSigned(signed, choice, room.signed, run)
    room.signed.note(session, studyId, 'agreement.reported', {
      readings: signed.readings.length,
      cases: agreement.report.cases.length,
      reference: agreement.report.reference !== null,
      seed: choice.seed,
    })
    return agreement
  })
}

async function find({ handlers }: ReadingRoom, session: string, study: string): Promise<string> {
  const { studies } = await handlers['reading.studies']({ session }, noBytes)
  const text = await exportedProtocol(study)
  for (const { studyId, name, owned } of studies) {
    if (text === null ? name === study || studyId === study : owned && (await protocolOf(studyId)) === text) {
      return studyId
    }
  }
  throw new UmbraError({
    code: 'unknown-study',
    message: `There is no reading study ${text === null ? `called "${study}"` : 'with this protocol'} here.`,
    hint:
      studies.length > 0
        ? `There are: ${studies.map(({ name }) => name).join(', ')}.`
        : 'Check the name, and the data folder (UMBRA_DATA).',
    where: study,
  })

  async function protocolOf(studyId: string): Promise<string> {
    const { protocol } = await handlers['reading.study']({ session, studyId }, noBytes)
    return protocolText(protocol)
  }
}
