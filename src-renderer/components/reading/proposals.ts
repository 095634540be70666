import { mapNames } from '@contract'
import { combined, normalTissue, proposedMask, type ProposalRule } from '../../drawing'
import { useDrawingStore } from '../../stores/drawing'
import { useMessagesStore } from '../../stores/messages'
import { mapValues } from './mapValues'

/** How an accepted proposal meets what is drawn: in its place, beside it, or only where both agree. */
export type Acceptance = 'replace' | 'union' | 'intersection'

export interface Proposals {
  propose: (title: string, rule: ProposalRule) => Promise<void>
  accept: (how: Acceptance) => void
  refuse: () => void
}

/** Structures proposed by a threshold: seen first, drawn only when accepted. */
export function useProposals(): Proposals {
  const store = useDrawingStore()
  const messages = useMessagesStore()

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
      reference: normal === null ? '' : `100 % is ${normal.mean.toFixed(1)}, the mean of ${normal.tissue}`,
      mask,
      millilitres: voxels * drawing.labels.millilitresPerVoxel,
    }
  }

  function accept(how: Acceptance): void {
    const { drawing, proposal } = store
    if (drawing === null || proposal === null || !store.editable) return
    const { layer, title } = proposal
    const mask = how === 'replace' ? proposal.mask : combined(drawing.labels.layer(layer), proposal.mask, how)
    store.proposal = null
    drawing.replace(layer, mask)
    store.commit(`${title}: ${store.structures[layer].name}`)
  }

  return { propose, accept, refuse: () => (store.proposal = null) }
}
