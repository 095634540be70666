import type { Geometry, Vec3 } from '@contract'
import { onBeforeUnmount, onMounted, watch, type Ref } from 'vue'
import {
  regionTools,
  useReviewViewStore,
  type Region,
  type RegionTool,
  type Tool,
} from '../../stores/reviewView'
import { insideGrid, voxelToWorld, worldToVoxel } from '../../viewer/geometry'
import { canvasToPlane, clampZoom, zoomAbout, type PlaneTransform } from '../../viewer/planeView'
import type { DrawingPointer, PanePoint } from './paneDrawing'
import { outlineOf, voxelsInside } from './regions'

interface Pane {
  id: string
  element: Ref<HTMLElement | null>
  geometry: () => Geometry | null
  transform: () => PlaneTransform | null
  /** Starts a drag of the display range; null where the pane has none to move. */
  startRange: () => RangeDrag | null
}

/** Moves the range a drag began with: `right` and `down` are how far the pointer is from there, in pixels. */
export type RangeDrag = (right: number, down: number) => void

/** How the vessel tools act on the pane they are used in; only the source shows vessels. */
export interface VesselPointer {
  /** Starts a drag of the vessel's voxels if the point lies on them. */
  grab: (voxel: Vec3) => boolean
  drag: (dx: number, dy: number) => void
  drop: () => void
  pick: (voxel: Vec3, add: boolean) => void
}

/** Milliseconds within which two presses are one double click. */
const DOUBLE_CLICK = 500

const isRegionTool = (tool: Tool): tool is RegionTool => regionTools.some((name) => name === tool)

/**
 * The mouse on a pane. Left: the chosen tool; right: window or range; middle or Shift with left: pan; wheel: slice;
 * Ctrl with wheel: zoom about the pointer. A drag is followed outside the pane until the button is released.
 */
export function usePanePointer(
  pane: Pane,
  vessels: () => VesselPointer | null,
  drawing: DrawingPointer | null = null,
): void {
  const view = useReviewViewStore()
  let drag: ((event: PointerEvent) => void) | null = null
  let drop: ((kept: boolean) => void) | null = null
  let wheelRest = 0
  let lastPress = -Infinity
  /** Where the pointer rests on the pane; null while it is elsewhere. */
  let rest: MouseEvent | null = null
  let held: { locked: Vec3 | null; region: Region | null } | null = null

  const pointOf = (event: MouseEvent): [number, number] => {
    const box = (pane.element.value as HTMLElement).getBoundingClientRect()
    return [event.clientX - box.left, event.clientY - box.top]
  }

  const planeAt = (event: MouseEvent): [number, number] | null => {
    const transform = pane.transform()
    return transform === null ? null : canvasToPlane(transform, pointOf(event))
  }

  /** The voxel under the pointer, or null outside the grid. */
  function voxelUnder(event: MouseEvent): Vec3 | null {
    const geometry = pane.geometry()
    const plane = planeAt(event)
    if (geometry === null || plane === null) return null
    const voxel: Vec3 = [Math.round(plane[0]), Math.round(plane[1]), view.viewOf(pane.id).slice]
    return insideGrid(geometry.size, voxel) ? voxel : null
  }

  function worldUnder(event: MouseEvent): Vec3 | null {
    const geometry = pane.geometry()
    const voxel = voxelUnder(event)
    return geometry === null || voxel === null ? null : voxelToWorld(geometry, voxel)
  }

  const planeCentre = (geometry: Geometry): [number, number] => {
    const { centre } = view.viewOf(pane.id)
    if (centre === null) return [(geometry.size[0] - 1) / 2, (geometry.size[1] - 1) / 2]
    const [i, j] = worldToVoxel(geometry, centre)
    return [i, j]
  }

  function moveCentre(geometry: Geometry, [i, j]: [number, number], zoom?: number): void {
    const view3 = voxelToWorld(geometry, [i, j, view.viewOf(pane.id).slice])
    view.setView(pane.id, zoom === undefined ? { centre: view3 } : { centre: view3, zoom })
  }

  function startPan(geometry: Geometry, start: PointerEvent): void {
    const centre = planeCentre(geometry)
    const transform = pane.transform()
    if (transform === null) return
    const [x, y] = pointOf(start)
    drag = (event) => {
      const [toX, toY] = pointOf(event)
      moveCentre(geometry, [
        centre[0] - (toX - x) / transform.scaleX,
        centre[1] - (toY - y) / transform.scaleY,
      ])
    }
  }

  function startZoom(geometry: Geometry, start: PointerEvent): void {
    const centre = planeCentre(geometry)
    const transform = pane.transform()
    if (transform === null) return
    const { zoom } = view.viewOf(pane.id)
    const point = pointOf(start)
    drag = (event) => {
      const next = clampZoom(zoom * Math.exp((point[1] - pointOf(event)[1]) / 150))
      moveCentre(geometry, zoomAbout(transform, centre, point, next / zoom), next)
    }
  }

  function startRange(start: PointerEvent): void {
    const move = pane.startRange()
    if (move === null) return
    const [x, y] = pointOf(start)
    drag = (event) => {
      const [toX, toY] = pointOf(event)
      move(toX - x, toY - y)
    }
  }

  function startRegion(geometry: Geometry, tool: RegionTool, start: PointerEvent): void {
    const first = planeAt(start)
    if (first === null) return
    const { slice } = view.viewOf(pane.id)
    const points = [first]
    view.region = { tool, slice, points: [first], voxels: [] }
    drag = (event) => {
      const next = planeAt(event)
      if (next === null) return
      points.push(next)
      view.region = { tool, slice, points: tool === 'freehand' ? [...points] : [first, next], voxels: [] }
    }
    drop = () => {
      const drawn = tool === 'freehand' ? points : [first, points[points.length - 1]]
      const voxels = voxelsInside(outlineOf(tool, drawn), geometry.size, slice)
      view.region = voxels.length > 0 ? { tool, slice, points: drawn, voxels } : null
    }
  }

  function startVessel(event: PointerEvent): void {
    const voxel = voxelUnder(event)
    const pointer = vessels()
    if (voxel === null || pointer === null) return
    if (!event.ctrlKey && pointer.grab(voxel)) {
      drag = (moved) => {
        const now = planeAt(moved)
        if (now) pointer.drag(Math.round(now[0]) - voxel[0], Math.round(now[1]) - voxel[1])
      }
      drop = () => pointer.drop()
    } else pointer.pick(voxel, event.ctrlKey)
  }

  function startProbe(start: PointerEvent): void {
    // The two presses of a double click, which maximises, must leave the held place where it was.
    if (start.timeStamp - lastPress > DOUBLE_CLICK) held = { locked: view.locked, region: view.region }
    lastPress = start.timeStamp
    view.locked = worldUnder(start)
    view.region = null
    drag = (event) => {
      const world = worldUnder(event)
      if (world !== null) view.locked = world
    }
  }

  const panePoint = (event: MouseEvent): PanePoint | null => {
    const point = planeAt(event)
    return point && { pane: pane.id, slice: view.viewOf(pane.id).slice, point }
  }

  function startDrawing(start: PointerEvent, pointer: DrawingPointer): void {
    const at = panePoint(start)
    const stroke = at && pointer.press(at, start)
    if (!stroke) return
    // Every place the mouse was at counts, not only the one that a frame was drawn for.
    drag = (event) => {
      const events = event.getCoalescedEvents?.() ?? []
      for (const each of events.length > 0 ? events : [event]) {
        const point = planeAt(each)
        if (point) stroke.move(point)
      }
    }
    drop = (kept) => stroke.end(kept)
  }

  function down(event: PointerEvent): void {
    const geometry = pane.geometry()
    if (geometry === null || drag !== null) return
    view.activePane = pane.id
    drop = null
    const { tool } = view
    if (event.button === 1 || (event.button === 0 && event.shiftKey)) startPan(geometry, event)
    else if (event.button === 2) startRange(event)
    else if (event.button !== 0) return
    else if (drawing?.draws()) startDrawing(event, drawing)
    else if (tool === 'pan') startPan(geometry, event)
    else if (tool === 'zoom') startZoom(geometry, event)
    else if (tool === 'window') startRange(event)
    else if (isRegionTool(tool)) startRegion(geometry, tool, event)
    else if (tool === 'artery' || tool === 'vein') startVessel(event)
    else startProbe(event)
    event.preventDefault()
    pane.element.value?.focus({ preventScroll: true })
    if (drag !== null) pane.element.value?.setPointerCapture(event.pointerId)
  }

  function move(event: PointerEvent): void {
    if (drag !== null) drag(event)
    rest = event
    view.cursor = worldUnder(event)
    drawing?.hover(panePoint(event))
  }

  function up(event: PointerEvent): void {
    pane.element.value?.releasePointerCapture?.(event.pointerId)
    drop?.(event.type !== 'pointercancel')
    drag = null
    drop = null
  }

  function leave(): void {
    rest = null
    drawing?.hover(null)
    if (drag === null) view.cursor = null
  }

  function wheel(event: WheelEvent): void {
    event.preventDefault()
    const geometry = pane.geometry()
    const transform = pane.transform()
    if (geometry === null || transform === null) return
    view.activePane = pane.id
    rest = event
    if (event.ctrlKey || event.metaKey) {
      const { zoom } = view.viewOf(pane.id)
      const next = clampZoom(zoom * Math.exp(-event.deltaY / 400))
      moveCentre(geometry, zoomAbout(transform, planeCentre(geometry), pointOf(event), next / zoom), next)
      return
    }
    // A mouse wheel gives about 100 a notch, a touchpad many small steps: one slice for each 50.
    wheelRest += event.deltaMode === 0 ? event.deltaY : event.deltaY * 50
    const steps = Math.abs(event.deltaY) >= 50 ? Math.sign(event.deltaY) : Math.trunc(wheelRest / 50)
    if (steps === 0) return
    wheelRest = 0
    view.scroll(pane.id, steps)
  }

  // Keys change the slice or the zoom, and the pane its size, under a pointer that does not move.
  watch([() => pane.geometry(), () => pane.transform(), () => view.viewOf(pane.id).slice], () => {
    if (rest !== null && drag === null) view.cursor = worldUnder(rest)
  })

  function doubleClick(): void {
    if (view.tool !== 'probe' || held === null) return
    view.locked = held.locked
    view.region = held.region
  }

  /** Two quick strokes are no wish to maximise the pane. */
  function drawTwice(event: MouseEvent): void {
    if (!drawing?.draws()) return
    event.stopImmediatePropagation()
    drawing.doubleClick()
  }

  const stop = (event: Event): void => event.preventDefault()

  onMounted(() => {
    const element = pane.element.value as HTMLElement
    element.addEventListener('pointerdown', down)
    element.addEventListener('pointermove', move)
    element.addEventListener('pointerup', up)
    element.addEventListener('pointercancel', up)
    element.addEventListener('pointerleave', leave)
    element.addEventListener('dblclick', drawTwice, { capture: true })
    element.addEventListener('dblclick', doubleClick)
    element.addEventListener('wheel', wheel, { passive: false })
    element.addEventListener('contextmenu', stop)
  })
  onBeforeUnmount(() => {
    if (view.activePane === pane.id) view.cursor = null
  })
}
