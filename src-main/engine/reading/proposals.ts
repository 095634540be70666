import { UmbraError, type Output, type Protocol, type ProposalAnswer, type ReadingSource } from '@contract'
import type { Readings } from './readings'
import type { ReadingScans } from './scans'
import { appendAudit, type CaseStore } from './store'
import { readingOf, studyOf } from './studies'

/** Structures that a network proposes to raters whom the protocol lets see them; what became of them is kept. */
export interface Proposals {
  propose(lease: string, rule: string, structure: string): Output<'reading.propose'>
  answer(lease: string, proposalId: string, answer: ProposalAnswer): void
}

/**
 * Whose maps proposals are made from: of the study's first source by a network, else of the usual network, beside the
 * deconvolution that is read. The same for all raters, so that it tells nothing of what they read.
 */
export function networkOf(
  { assistance, sources }: Pick<Protocol, 'assistance' | 'sources'>,
  { settings }: ReadingSource,
): Pick<ReadingSource, 'model' | 'settings'> | null {
  if (!assistance.proposals) return null
  const network = sources.find(({ method }) => method === 'cnn')
  return network ? { model: network.model, settings: network.settings } : { model: null, settings }
}

const noProposal = (message: string): UmbraError =>
  new UmbraError({ code: 'no-proposal', message, hint: 'Draw by hand, or open the reading again.' })

interface Parts {
  store: CaseStore
  readings: Pick<Readings, 'leased'>
  scans: Pick<ReadingScans, 'propose'>
  now: () => Date
}

export function createProposals({ store, readings, scans, now }: Parts): Proposals {
  /** The last of each reading, until it is answered. */
  const shown = new Map<string, { proposalId: string; detail: Record<string, unknown> }>()

  function note(readingId: string, person: string, action: string, detail: Record<string, unknown>): void {
    const { name } = store.get<{ name: string }>('SELECT name FROM person WHERE key = ?', person) ?? {
      name: person,
    }
    const { study } = readingOf(store, readingId)
    appendAudit(store, { actor: name, action, studyId: study, readingId, detail }, now())
  }

  return {
    propose: (lease, rule, structure) => {
      const { readingId, person } = readings.leased(lease)
      const { protocol } = studyOf(store, readingOf(store, readingId).study)
      if (!protocol.assistance.proposals) {
        throw new UmbraError({
          code: 'not-allowed',
          message: 'In this study no network proposes structures.',
          hint: 'Draw by hand: its protocol says so.',
        })
      }
      if (!protocol.structures.some(({ key }) => key === structure)) {
        throw noProposal(`The study has no structure ${structure}.`)
      }
      const proposed = scans.propose(readingId, rule)
      if (!proposed) throw noProposal(`The network proposes nothing by ${rule} here.`)
      const { voxels, reference, millilitres, network } = proposed
      const detail = { structure, rule, ml: millilitres, network }
      shown.set(readingId, { proposalId: voxels.id, detail })
      note(readingId, person, 'reading.proposal-shown', detail)
      return { proposalId: voxels.id, voxels, reference }
    },
    answer: (lease, proposalId, answer) => {
      const { readingId, person } = readings.leased(lease)
      const asked = shown.get(readingId)
      if (asked?.proposalId !== proposalId) throw noProposal('This proposal is not shown any more.')
      shown.delete(readingId)
      note(readingId, person, 'reading.proposal-answered', { ...asked.detail, answer })
    },
  }
}
