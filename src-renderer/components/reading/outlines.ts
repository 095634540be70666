import { liveWire, polygonMask, type LiveWire, type Point, type WirePicture } from '../../drawing'
import { useDrawingStore, type DrawingTool } from '../../stores/drawing'
import { useMessagesStore } from '../../stores/messages'
import type { DrawingDrag, PanePoint } from '../review/paneDrawing'
import { shownPicture } from './mapValues'

export interface Outlines {
  /** Begins a line that is drawn in one movement. */
  startLine: (at: PanePoint, turned: boolean) => DrawingDrag
  addCorner: (at: PanePoint, turned: boolean) => void
  /** A click of the live wire: what runs to the pointer is kept, and the wire goes on from there. */
  addAnchor: (at: PanePoint, turned: boolean) => Promise<void>
  hover: (at: PanePoint | null) => void
  /** Takes the last corner or anchor back. */
  stepBack: () => void
  close: () => void
}

const titles: Partial<Record<DrawingTool, string>> = {
  lasso: 'Freehand',
  polygon: 'Polygon',
  livewire: 'Live wire',
}

/** Lines around a region: freehand, polygon and live wire, which fill it, and scissors, which cut along it. */
export function useOutlines(): Outlines {
  const store = useDrawingStore()
  const messages = useMessagesStore()
  /** Ctrl was held when the line was begun: it takes away instead of adding, or keeps instead of cutting. */
  let turned = false
  let wire: LiveWire | null = null
  let picture: WirePicture | null = null

  function begin(slice: number, point: Point, other: boolean): void {
    turned = other
    wire = null
    store.outline = { slice, points: [point], anchors: [1], wire: [] }
  }

  function startLine(at: PanePoint, other: boolean): DrawingDrag {
    begin(at.slice, at.point, other)
    return {
      move: (point) => {
        const { outline } = store
        if (outline) store.outline = { ...outline, points: [...outline.points, point] }
      },
      end: (kept) => (kept ? close() : (store.outline = null)),
    }
  }

  function addCorner(at: PanePoint, other: boolean): void {
    const { outline } = store
    if (outline === null || outline.slice !== at.slice) begin(at.slice, at.point, other)
    else extend([at.point])
  }

  function extend(by: readonly Point[]): void {
    const { outline } = store
    if (outline === null || by.length === 0) return
    const points = [...outline.points, ...by]
    store.outline = { ...outline, points, anchors: [...outline.anchors, points.length], wire: [] }
  }

  async function addAnchor(at: PanePoint, other: boolean): Promise<void> {
    const begun = store.outline
    const shown = await shownPicture(at.pane, at.slice)
    // The pane's voxels had to be read first, and meanwhile the line was given up.
    if (shown === null || store.outline !== begun || store.tool !== 'livewire') return
    picture = shown
    if (begun === null || begun.slice !== at.slice) {
      const first = liveWire(shown, at.point)
      begin(at.slice, first.anchor, other)
      wire = first
      return
    }
    extend(wire?.to(at.point) ?? [])
    hang()
  }

  /** Hangs the wire on the line's last point. */
  function hang(): void {
    const last = store.outline?.points.at(-1)
    wire = last && picture ? liveWire(picture, last, { snap: false }) : null
  }

  function hover(at: PanePoint | null): void {
    const { outline, tool } = store
    if (outline === null || tool !== 'livewire' || wire === null) return
    const runs = at !== null && at.slice === outline.slice
    store.outline = { ...outline, wire: runs ? wire.to(at.point) : [] }
  }

  function stepBack(): void {
    const { outline } = store
    if (outline === null) return
    const anchors = outline.anchors.slice(0, -1)
    const length = anchors.at(-1)
    store.outline =
      length === undefined ? null : { ...outline, anchors, points: outline.points.slice(0, length), wire: [] }
    hang()
  }

  function close(): void {
    const { drawing, outline, structure, tool } = store
    store.outline = null
    if (!drawing || !outline || !structure || !store.editable) return
    const back = tool === 'livewire' ? (wire?.to(outline.points[0]) ?? []) : []
    wire = null
    const inside = polygonMask(drawing.labels.size, [...outline.points, ...back])
    if (tool === 'scissors') return cut(inside, outline.slice)
    drawing.mark(store.active, inside, turned ? 0 : 1, outline.slice)
    store.commit(`${titles[tool] ?? 'Outline'}${turned ? ', cleared' : ''}: ${structure.name}`)
  }

  /** Takes what lies inside the line away, or what lies outside; of one slice, or of all. */
  function cut(inside: Uint8Array, slice: number): void {
    const { drawing, structure, preferences } = store
    if (drawing === null || structure === null) return
    const keeps = (preferences.scissors === 'keep') !== turned
    const away = keeps ? inside.map((one) => 1 - one) : inside
    const all = preferences.scissorsReach === 'volume'
    const first = all ? 0 : slice
    const last = all ? drawing.labels.size[2] - 1 : slice
    for (let z = first; z <= last; z++) drawing.mark(store.active, away, 0, z)
    if (store.commit(`Scissors${all ? ', all slices' : ''}: ${structure.name}`)) return
    messages.show('info', {
      code: 'nothing-cut',
      message: `Nothing of ${structure.name} lies ${keeps ? 'outside' : 'inside'} the line.`,
      hint: `The scissors ${keeps ? 'keep what is inside' : 'cut what is inside'} the line; with Ctrl it is the other way round.`,
    })
  }

  return { startLine, addCorner, addAnchor, hover, stepBack, close }
}
