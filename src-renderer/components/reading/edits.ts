import {
  combined,
  smoothed,
  withHolesFilled,
  withMargin,
  withoutIslands,
  type Combination,
  type Drawing,
} from '../../drawing'
import { useEngine } from '../../engine/client'
import { useDrawingStore } from '../../stores/drawing'
import { useMessagesStore } from '../../stores/messages'
import { useReviewViewStore } from '../../stores/reviewView'

/** Whole structures changed at once. Each is one step of undo; where nothing changes, that is said. */
export interface Edits {
  smooth: (sigma: number) => void
  fillHoles: () => void
  removeIslands: (millilitres: number) => void
  margin: (millimetres: number) => void
  /** Proposes what lies between drawn slices. */
  interpolate: () => Promise<void>
  copySlice: (delta: 1 | -1) => void
  clearSlice: () => void
  combine: (other: number, how: Combination) => void
}

const combinationTitles: Record<Combination, string> = {
  union: 'joined with',
  without: 'without',
  intersection: 'only within',
  difference: 'or, not both,',
}

export function useEdits(): Edits {
  const store = useDrawingStore()
  const view = useReviewViewStore()
  const messages = useMessagesStore()

  const name = (): string => store.structure?.name ?? ''
  const slice = (): number => view.viewOf(view.activePane).slice

  function change(title: string, make: (drawing: Drawing) => void): void {
    const { drawing } = store
    if (drawing === null || !store.editable) return
    make(drawing)
    if (store.commit(`${title}: ${name()}`)) return
    const empty = drawing.labels.count(store.active) === 0
    messages.show('info', {
      code: 'nothing-changed',
      message: `${title} changed nothing of ${name()}.`,
      hint: empty ? 'Nothing of it is drawn yet.' : 'It is as you wish already.',
    })
  }

  const whole = (title: string, edit: (mask: Uint8Array, drawing: Drawing) => Uint8Array): void =>
    change(title, (drawing) => {
      const mask = drawing.labels.layer(store.active).slice()
      drawing.replace(store.active, edit(mask, drawing))
    })

  let interpolating = false

  async function interpolate(): Promise<void> {
    const { drawing, active: layer } = store
    if (drawing === null || !store.editable || interpolating) return
    interpolating = true
    try {
      const { size, spacing, millilitresPerVoxel } = drawing.labels
      const mask = drawing.labels.layer(layer).slice()
      const { added } = await useEngine().call('drawing.interpolate', { size, spacing }, mask)
      if (store.drawing !== drawing) return
      for (const [start, length] of added) mask.fill(1, start, start + length)
      const voxels = added.reduce((sum, [, length]) => sum + length, 0)
      if (voxels === 0) return sayNothingBetween()
      store.proposal = {
        layer,
        title: 'Interpolation between slices',
        reference: `${(voxels * millilitresPerVoxel).toFixed(2)} ml more, on slices between those drawn`,
        mask,
        millilitres: (drawing.labels.count(layer) + voxels) * millilitresPerVoxel,
      }
    } catch (error) {
      messages.fault(error)
    } finally {
      interpolating = false
    }
  }

  const sayNothingBetween = (): void =>
    void messages.show('info', {
      code: 'nothing-between',
      message: `${name()} has no empty slices between drawn ones.`,
      hint: 'Draw it on two slices with empty ones between them.',
    })

  return {
    smooth: (sigma) =>
      whole('Smooth', (mask, { labels }) => smoothed(mask, labels.size, labels.spacing, sigma)),
    fillHoles: () => whole('Fill holes', (mask, { labels }) => withHolesFilled(mask, labels.size)),
    removeIslands: (millilitres) =>
      whole('Remove islands', (mask, { labels }) =>
        withoutIslands(mask, labels.size, millilitres / labels.millilitresPerVoxel),
      ),
    margin: (millimetres) =>
      whole(`Margin ${millimetres > 0 ? '+' : '−'}${Math.abs(millimetres)} mm`, (mask, { labels }) =>
        withMargin(mask, labels.size, labels.spacing, millimetres),
      ),
    interpolate,
    copySlice: (delta) => {
      const from = slice()
      const to = from + delta
      const { drawing } = store
      if (drawing === null || to < 0 || to >= drawing.labels.size[2]) return
      change(`Copy to slice ${to + 1}`, (of) =>
        of.replace(store.active, of.labels.slice(store.active, from).slice(), to),
      )
      view.setView(view.activePane, { slice: to })
    },
    clearSlice: () =>
      change(`Clear slice ${slice() + 1}`, (of) =>
        of.replace(store.active, new Uint8Array(of.labels.sliceLength), slice()),
      ),
    combine: (other, how) => {
      const { drawing } = store
      if (drawing === null) return
      const title = `${name()} ${combinationTitles[how]} ${store.structures[other].name}`
      whole(title, (mask, { labels }) => combined(mask, labels.layer(other), how))
    },
  }
}
