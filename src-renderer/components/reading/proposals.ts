import {
  mapNames,
  normalTissue,
  proposedMask,
  referenceText,
  type ProposalAnswer,
  type ProposalRule,
} from '@contract'
import { combined } from '../../drawing'
import { useEngine } from '../../engine/client'
import { useDrawingStore } from '../../stores/drawing'
import { useMessagesStore } from '../../stores/messages'
import { useOpenReadingStore } from '../../stores/openReading'
import { mapValues } from './mapValues'

/** How an accepted proposal meets what is drawn: in its place, beside it, or only where both agree. */
export type Acceptance = 'replace' | 'union' | 'intersection'

const answers: Record<Acceptance, ProposalAnswer> = {
  replace: 'replaced',
  union: 'added',
  intersection: 'kept-within',
}

export interface Proposals {
  propose: (title: string, rule: ProposalRule) => Promise<void>
  /** By the same rules, from the maps of the network that the study lets propose. */
  proposeByNetwork: (rule: string) => Promise<void>
  accept: (how: Acceptance) => void
  refuse: () => void
}

/** Structures proposed by a threshold: seen first, drawn only when accepted. */
export function useProposals(): Proposals {
  const store = useDrawingStore()
  const messages = useMessagesStore()
  const reading = useOpenReadingStore()

  async function propose(title: string, rule: ProposalRule): Promise<void> {
    const { drawing, active: layer } = store
    if (!store.thresholds) return
    const map = await mapValues(rule.map)
    if (drawing === null || map === null) {
      messages.show('info', {
        code: 'no-map',
        message: `There is no ${mapNames.includes(rule.map) ? rule.map.toUpperCase() : 'such'} map.`,
        hint: 'Choose a source of maps that makes it, or another rule.',
      })
      return
    }
    const normal = rule.relative ? normalTissue(map, drawing.labels.size[0], await mapValues('tmax')) : null
    if (rule.relative && normal === null) {
      messages.show('info', {
        code: 'no-normal-tissue',
        message: 'There is no normal tissue to compare with.',
        hint: 'Use a rule with a limit of its own.',
      })
      return
    }
    if (store.drawing !== drawing) return
    const mask = proposedMask(rule, map, normal?.mean ?? 1)
    const voxels = mask.reduce((sum, inside) => sum + inside, 0)
    store.proposal = {
      layer,
      title,
      reference: normal === null ? '' : referenceText(normal),
      mask,
      millilitres: voxels * drawing.labels.millilitresPerVoxel,
    }
  }

  async function proposeByNetwork(rule: string): Promise<void> {
    const { drawing, active: layer, structure } = store
    if (drawing === null || structure === null || !store.editable) return
    refuse()
    try {
      const proposed = await reading.propose(rule, structure.key)
      if (proposed === null) return
      const { proposalId, voxels, reference } = proposed
      const mask = Uint8Array.from(await useEngine().readVoxels(voxels, 0))
      if (store.drawing !== drawing) return
      const count = mask.reduce((sum, inside) => sum + inside, 0)
      store.proposal = {
        layer,
        title: `Network, ${rule}`,
        reference,
        mask,
        millilitres: count * drawing.labels.millilitresPerVoxel,
        answered: (answer) => void reading.answerProposal(proposalId, answer).catch(messages.fault),
      }
    } catch (error) {
      messages.fault(error)
    }
  }

  function accept(how: Acceptance): void {
    const { drawing, proposal } = store
    if (drawing === null || proposal === null || !store.editable) return
    const { layer, title, answered } = proposal
    const mask = how === 'replace' ? proposal.mask : combined(drawing.labels.layer(layer), proposal.mask, how)
    store.proposal = null
    drawing.replace(layer, mask)
    store.commit(`${title}: ${store.structures[layer].name}`)
    answered?.(answers[how])
  }

  function refuse(): void {
    store.proposal?.answered?.('refused')
    store.proposal = null
  }

  return { propose, proposeByNetwork, accept, refuse }
}
