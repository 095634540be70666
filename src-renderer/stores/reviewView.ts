import { colourMapNames, defaultDisplays, type MapName, type Vec3 } from '@contract'
import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { type PlaneView, clampZoom } from '../viewer/planeView'
import { reviewLayoutSchema, withSlot, type GridChoice, type ReviewLayout } from './reviewLayout'
import { readStored, writeStored } from './stored'

export type SourceMode = 'time' | 'maximum' | 'average' | 'baseline'
export const regionTools = ['ellipse', 'rectangle', 'freehand'] as const
export type RegionTool = (typeof regionTools)[number]
export type Tool = 'probe' | 'window' | 'pan' | 'zoom' | RegionTool | 'artery' | 'vein'

export interface DisplayRange {
  lower: number
  upper: number
}

/** A region drawn on a slice, in in-plane voxel coordinates; its voxels are what its curve is the mean of. */
export interface Region {
  tool: RegionTool
  slice: number
  points: [number, number][]
  voxels: Vec3[]
}

/** Named display windows, centre / width in HU. */
export const windowPresets = [
  { name: 'Brain', center: 40, width: 80 },
  { name: 'Stroke', center: 40, width: 40 },
  { name: 'Bone', center: 400, width: 2000 },
  { name: 'Angiography', center: 200, width: 600 },
  { name: 'Wide', center: 150, width: 1000 },
] as const

const KEY = 'umbra.review'

/** How the pictures are looked at: slice, time, zoom, ranges, tools, layout. Nothing here changes a result. */
export const useReviewViewStore = defineStore('reviewView', () => {
  const layout = reactive<ReviewLayout>(readStored(localStorage, KEY, reviewLayoutSchema))
  watch(layout, () => writeStored(localStorage, KEY, layout), { deep: true })

  const frame = ref(0)
  const frames = ref(1)
  const playing = ref(false)
  const sourceMode = ref<SourceMode>('time')
  const tool = ref<Tool>('probe')
  const activePane = ref('source')
  const maximised = ref<string | null>(null)
  /** How many slices a pane can show: the series' own, or, for multiplanar panes, those of their planes. */
  const slices = ref(1)
  const planeSlices = shallowRef<Record<string, number>>({})
  const planeSlice = shallowRef<Record<string, number>>({})
  const shared = shallowRef<PlaneView>({ slice: 0, zoom: 1, centre: null })
  const own = shallowRef<Record<string, PlaneView>>({})
  /** World positions (LPS, mm): under the mouse, and locked by a click. */
  const cursor = shallowRef<Vec3 | null>(null)
  const locked = shallowRef<Vec3 | null>(null)
  const region = shallowRef<Region | null>(null)
  const sourceRange = shallowRef<DisplayRange>({ lower: 0, upper: 80 })
  const initialSourceRange = shallowRef<DisplayRange>({ lower: 0, upper: 80 })
  const mapRanges = shallowRef<Partial<Record<MapName, DisplayRange>>>({})
  const differenceRanges = shallowRef<Partial<Record<MapName, number>>>({})

  /** What the probe reads: the locked point if there is one, else where the mouse is. */
  const probed = computed(() => locked.value ?? cursor.value)

  const slicesOf = (pane: string): number => planeSlices.value[pane] ?? slices.value

  function viewOf(pane: string): PlaneView {
    const view = layout.linked ? shared.value : (own.value[pane] ?? shared.value)
    const slice = planeSlice.value[pane]
    return slice === undefined ? view : { ...view, slice }
  }

  function setView(pane: string, change: Partial<PlaneView>): void {
    const next = { ...viewOf(pane), ...change }
    next.slice = Math.max(0, Math.min(slicesOf(pane) - 1, Math.round(next.slice)))
    next.zoom = clampZoom(next.zoom)
    if (planeSlices.value[pane] !== undefined) planeSlice.value = { ...planeSlice.value, [pane]: next.slice }
    if (layout.linked) shared.value = next
    else own.value = { ...own.value, [pane]: next }
  }

  function toggleLink(): void {
    const kept = viewOf(activePane.value)
    layout.linked = !layout.linked
    shared.value = kept
    own.value = {}
  }

  const scroll = (pane: string, delta: number): void => setView(pane, { slice: viewOf(pane).slice + delta })
  const zoomBy = (pane: string, factor: number): void => setView(pane, { zoom: viewOf(pane).zoom * factor })

  /** For other images of the same series: how many there are, and which of them is shown. */
  function setFrames(count: number, at: number): void {
    frames.value = count
    setFrame(at)
  }

  function setFrame(next: number): void {
    frame.value = Math.max(0, Math.min(frames.value - 1, Math.round(next)))
  }

  /** One step in time; past the end it begins anew, as a cine does. */
  function stepFrame(delta: number): void {
    if (frames.value < 2) return
    sourceMode.value = 'time'
    frame.value = (frame.value + delta + frames.value) % frames.value
  }

  function togglePlaying(): void {
    if (frames.value < 2) return
    sourceMode.value = 'time'
    playing.value = !playing.value
  }

  const rangeOfMap = (map: MapName): DisplayRange => mapRanges.value[map] ?? defaultDisplays[map]
  const colourMapOf = (map: MapName): string => layout.colourMaps[map] ?? defaultDisplays[map].colourMap
  /** The difference of two maps is shown from −limit to +limit. */
  const differenceLimit = (map: MapName): number =>
    differenceRanges.value[map] ?? (defaultDisplays[map].upper - defaultDisplays[map].lower) / 4

  function setMapRange(map: MapName, range: DisplayRange): void {
    if (range.upper > range.lower) mapRanges.value = { ...mapRanges.value, [map]: range }
  }
  function setDifferenceLimit(map: MapName, limit: number): void {
    if (limit > 0) differenceRanges.value = { ...differenceRanges.value, [map]: limit }
  }
  function clearRange(of: 'map' | 'difference', map: MapName): void {
    if (of === 'map') mapRanges.value = { ...mapRanges.value, [map]: undefined }
    else differenceRanges.value = { ...differenceRanges.value, [map]: undefined }
  }
  function toggleMaximised(pane: string): void {
    maximised.value = maximised.value === pane ? null : pane
  }
  function setGrid(grid: GridChoice): void {
    layout.grid = grid
    layout.compare = false
    maximised.value = null
  }
  function toggleInterpolation(): void {
    layout.interpolation = layout.interpolation === 'linear' ? 'nearest' : 'linear'
  }
  function toggleCompare(): void {
    layout.compare = !layout.compare
    maximised.value = null
  }
  function toggleDifference(): void {
    layout.difference = !layout.difference
  }
  function toggleLock(): void {
    locked.value = locked.value === null ? cursor.value : null
  }
  /** One step back: the tool first, then the maximised pane, then what was drawn or locked. */
  function release(): void {
    if (tool.value !== 'probe') tool.value = 'probe'
    else if (maximised.value !== null) maximised.value = null
    else if (region.value !== null) region.value = null
    else locked.value = null
  }
  function setColourMap(map: MapName, name: string): void {
    const known = colourMapNames.find((candidate) => candidate === name)
    if (known) layout.colourMaps = { ...layout.colourMaps, [map]: known }
  }
  function setSourceWindow(center: number, width: number): void {
    sourceRange.value = { lower: center - width / 2, upper: center + width / 2 }
  }
  /** The range "reset" goes back to, where it is known only after the voxels are there. */
  function setInitialRange(range: DisplayRange): void {
    initialSourceRange.value = range
    sourceRange.value = range
  }
  function setSlot(index: number, map: MapName): void {
    if (layout.compare) layout.compareMaps = withSlot(layout.compareMaps, index, map)
    else layout.slots = withSlot(layout.slots, index, map)
  }

  /** Views, ranges and colour maps as at the start; slice and time stay. */
  function reset(): void {
    const { slice } = viewOf(activePane.value)
    shared.value = { slice, zoom: 1, centre: null }
    own.value = {}
    sourceRange.value = initialSourceRange.value
    mapRanges.value = {}
    differenceRanges.value = {}
    layout.colourMaps = {}
  }

  /** For a series just loaded: the middle slice, the first frame, everything else as new. */
  function begin(series: {
    slices: number
    frames: number
    window: DisplayRange
    /** Slices of each multiplanar pane, where there are such. */
    planes: Record<string, number>
  }): void {
    playing.value = false
    sourceMode.value = 'time'
    slices.value = series.slices
    frames.value = series.frames
    frame.value = 0
    shared.value = { slice: Math.floor(series.slices / 2), zoom: 1, centre: null }
    own.value = {}
    planeSlices.value = series.planes
    planeSlice.value = Object.fromEntries(
      Object.entries(series.planes).map(([pane, count]) => [pane, Math.floor(count / 2)]),
    )
    activePane.value = Object.keys(series.planes)[0] ?? 'source'
    cursor.value = null
    locked.value = null
    region.value = null
    maximised.value = null
    mapRanges.value = {}
    differenceRanges.value = {}
    initialSourceRange.value = series.window
    sourceRange.value = series.window
    tool.value = 'probe'
  }

  return {
    layout,
    frame,
    frames,
    playing,
    sourceMode,
    tool,
    activePane,
    maximised,
    slicesOf,
    cursor,
    locked,
    probed,
    region,
    sourceRange,
    initialSourceRange,
    viewOf,
    setView,
    toggleLink,
    scroll,
    zoomBy,
    setFrames,
    setFrame,
    stepFrame,
    togglePlaying,
    rangeOfMap,
    colourMapOf,
    differenceLimit,
    setMapRange,
    setDifferenceLimit,
    clearRange,
    toggleMaximised,
    setGrid,
    toggleInterpolation,
    toggleCompare,
    toggleDifference,
    toggleLock,
    release,
    setColourMap,
    setSourceWindow,
    setInitialRange,
    setSlot,
    reset,
    begin,
  }
})
