import { brushSegment, connectedRegion, type BrushStroke, type Drawing, type Point } from '../../drawing'
import { useDrawingStore, type DrawingTool } from '../../stores/drawing'
import { useMessagesStore } from '../../stores/messages'
import { insideGrid } from '../../viewer/geometry'
import type { DrawingDrag, DrawingPointer, PanePoint } from '../review/paneDrawing'
import { mapValues, thresholdMap, thresholdRange } from './mapValues'
import type { Outlines } from './outlines'

const strokeTitles: Partial<Record<DrawingTool, string>> = {
  brush: 'Brush',
  eraser: 'Eraser',
  threshold: 'Threshold brush',
}

/** How the left button of the mouse draws in the Reading room. Ctrl turns drawing into erasing. */
export function useHand(outlines: Outlines): DrawingPointer {
  const store = useDrawingStore()
  const messages = useMessagesStore()

  const say = (code: string, message: string, hint: string): void =>
    void messages.show('info', { code, message, hint })

  function startStroke(drawing: Drawing, at: PanePoint, erases: boolean): DrawingDrag {
    const stroke: BrushStroke = {
      slice: at.slice,
      diameter: store.preferences.diameter,
      layer: store.active,
      inside: erases ? 0 : 1,
    }
    const title = `${erases ? strokeTitles.eraser : strokeTitles[store.tool]}: ${store.structure?.name}`
    const pieces: [Point, Point][] = [[at.point, at.point]]
    let last = at.point
    let ready = store.tool !== 'threshold' || erases
    const draw = (): void => {
      if (!ready) return
      for (const [from, to] of pieces.splice(0)) brushSegment(drawing, from, to, stroke)
    }
    const reading = ready
      ? Promise.resolve()
      : withinRange(at).then((within) => {
          if (within === null) return
          stroke.within = within
          ready = true
          draw()
        })
    draw()
    return {
      move: (point) => {
        pieces.push([last, point])
        last = point
        draw()
      },
      end: (kept) =>
        void reading.then(() => {
          if (kept) store.commit(title)
          else drawing.drop()
        }),
    }
  }

  async function withinRange({ pane }: PanePoint): Promise<((offset: number) => boolean) | null> {
    const map = thresholdMap(pane)
    const read = map && (await mapValues(map))
    if (!map || !read) {
      say('no-map', 'There is no map to take the threshold from.', 'Wait until the maps are computed.')
      return null
    }
    const { lower, upper } = thresholdRange(map)
    const { values, outside } = read
    return (offset) => values[offset] !== outside && values[offset] >= lower && values[offset] <= upper
  }

  /** The hole under the pointer, as far as the structure encloses it; with Ctrl the part of the structure there. */
  function fill(drawing: Drawing, at: PanePoint, erases: boolean): void {
    const { size, sliceLength } = drawing.labels
    const seed = voxelOf(at)
    const layer = drawing.labels.layer(store.active)
    const wanted = erases ? 1 : 0
    const region = connectedRegion(size, seed, 'slice', (offset) => layer[offset] === wanted)
    const mask = region.subarray(at.slice * sliceLength, (at.slice + 1) * sliceLength)
    if (!erases && touchesEdge(mask, size[0])) {
      say('open-outline', 'The structure does not enclose this place.', 'Close its outline first, then fill.')
      return
    }
    drawing.mark(store.active, mask, erases ? 0 : 1, at.slice)
    store.commit(`${erases ? 'Part cleared' : 'Fill'}: ${store.structure?.name}`)
  }

  async function grow(drawing: Drawing, at: PanePoint, erases: boolean): Promise<void> {
    const within = await withinRange(at)
    if (within === null || store.drawing !== drawing || !store.editable) return
    const region = connectedRegion(drawing.labels.size, voxelOf(at), store.preferences.reach, within)
    if (!region.includes(1)) {
      say(
        'out-of-range',
        'The value under the pointer is outside the range.',
        'Press on the lesion, or change the range in the panel.',
      )
      return
    }
    drawing.mark(store.active, region, erases ? 0 : 1)
    store.commit(`${erases ? 'Region cleared' : 'Region grown'}: ${store.structure?.name}`)
  }

  function press(at: PanePoint, event: PointerEvent): DrawingDrag | null {
    const { drawing } = store
    if (drawing === null || !insideGrid(drawing.labels.size, voxelOf(at))) return null
    if (store.tool !== 'inspect' && !store.isShown(store.active)) {
      say('hidden', `${store.structure?.name} is hidden.`, 'Show it first: what is drawn must be seen.')
      return null
    }
    if (store.flipped) {
      say('flipped', 'The sides of the maps are exchanged.', 'Show them as they are to draw (Shift V).')
      return null
    }
    const { tool } = store
    const erases = event.ctrlKey || event.metaKey || tool === 'eraser'
    if (tool === 'lasso' || tool === 'scissors') return outlines.startLine(at, erases)
    if (tool === 'polygon') outlines.addCorner(at, erases)
    else if (tool === 'livewire') void outlines.addAnchor(at, erases).catch(messages.fault)
    else if (tool === 'fill') fill(drawing, at, erases)
    else if (tool === 'grow') void grow(drawing, at, erases).catch(messages.fault)
    else return startStroke(drawing, at, erases)
    return null
  }

  return {
    draws: () => store.editable && store.tool !== 'inspect',
    press,
    hover: (at) => {
      store.hover = at
      outlines.hover(at)
    },
    doubleClick: () => {
      if (store.tool === 'polygon' || store.tool === 'livewire') outlines.close()
    },
  }
}

const voxelOf = ({ point, slice }: PanePoint): [number, number, number] => [
  Math.round(point[0]),
  Math.round(point[1]),
  slice,
]

function touchesEdge(mask: Uint8Array, nx: number): boolean {
  const rows = mask.length / nx
  for (let x = 0; x < nx; x++) if (mask[x] === 1 || mask[(rows - 1) * nx + x] === 1) return true
  for (let y = 0; y < rows; y++) if (mask[y * nx] === 1 || mask[y * nx + nx - 1] === 1) return true
  return false
}
