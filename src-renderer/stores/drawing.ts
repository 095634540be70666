import {
  type Geometry,
  type LoadedSeriesInfo,
  type MapName,
  type MidPlane,
  type DrawnStructure,
  type ProposalAnswer,
} from '@contract'
import { defineStore } from 'pinia'
import { computed, markRaw, reactive, ref, shallowRef, watch } from 'vue'
import { z } from 'zod'
import { Drawing, type History, type Point } from '../drawing'
import type { DisplayRange } from './reviewView'
import { readStored, writeStored } from './stored'

export const drawingTools = [
  'inspect',
  'brush',
  'eraser',
  'threshold',
  'lasso',
  'polygon',
  'livewire',
  'scissors',
  'fill',
  'grow',
] as const
export type DrawingTool = (typeof drawingTools)[number]

/** Limits of the brush's diameter, mm. */
export const DIAMETERS = { lower: 1, upper: 60 }

/** Tools that choose voxels by the values of a map: a study may keep them from its raters. */
const thresholdTools: readonly DrawingTool[] = ['threshold', 'grow']

const preferencesSchema = z.object({
  version: z.literal(1).default(1),
  /** mm */
  diameter: z.number().min(DIAMETERS.lower).max(DIAMETERS.upper).default(8),
  opacity: z.number().min(0).max(1).default(0.35),
  outlines: z.boolean().default(true),
  /** Whether what is drawn is also shown in three dimensions. */
  surface: z.boolean().default(false),
  /** How far a region grows. */
  reach: z.enum(['slice', 'volume']).default('slice'),
  /** What the scissors do with what lies inside their line, and how far they go. */
  scissors: z.enum(['cut', 'keep']).default('cut'),
  scissorsReach: z.enum(['slice', 'volume']).default('slice'),
})
const KEY = 'umbra.drawing'

/** A proposed structure, shown until it is accepted or refused. */
export interface Proposal {
  /** Whose it would be. */
  layer: number
  title: string
  /** What it was compared with, in words; empty where it stands for itself. */
  reference: string
  mask: Uint8Array
  millilitres: number
  /** What became of it, where a network made it and that is kept with the reading. */
  answered?: (answer: ProposalAnswer) => void
}

/** A line around a region that is not closed yet. */
export interface Outline {
  slice: number
  points: Point[]
  /** How many points there were after each click, so that clicks can be taken back. */
  anchors: number[]
  /** From the last point to the pointer, where a live wire runs. */
  wire: Point[]
}

/**
 * What is drawn and with which hand. The drawing itself is not reactive (its voxels change thousands of times a
 * second): `changes` counts its changes, for what shows volumes or undo.
 */
export const useDrawingStore = defineStore('drawing', () => {
  const preferences = reactive(readStored(localStorage, KEY, preferencesSchema))
  watch(preferences, () => writeStored(localStorage, KEY, preferences), { deep: true })

  const drawing = shallowRef<Drawing | null>(null)
  const structures = shallowRef<readonly DrawnStructure[]>([])
  const active = ref(0)
  const hidden = shallowRef<ReadonlySet<string>>(new Set())
  const allHidden = ref(false)
  const tool = ref<DrawingTool>('brush')
  const changes = ref(0)
  const proposal = shallowRef<Proposal | null>(null)
  /** Why nothing can be drawn; null when it can. */
  const readOnly = ref<string | null>(null)
  /** Whether thresholds may help to draw: brushes and regions by value, and proposals by rules. */
  const thresholds = ref(true)
  const outline = shallowRef<Outline | null>(null)
  /** Where the pointer is, for the brush's circle on every pane. */
  const hover = shallowRef<{ slice: number; point: Point } | null>(null)
  /** Ranges for the threshold brush and region growing, in the unit of each map. */
  const ranges = shallowRef<Partial<Record<MapName, DisplayRange>>>({})
  /** Whether the active structure is also shown mirrored to the other side. */
  const mirror = ref(false)
  /** Whether the maps are shown with their sides exchanged, under what is drawn. */
  const flipped = ref(false)
  /** About which plane; null until it is found in the maps. */
  const midPlane = shallowRef<MidPlane | null>(null)

  const structure = computed<DrawnStructure | null>(() => structures.value[active.value] ?? null)
  const editable = computed(() => drawing.value !== null && readOnly.value === null)
  const undoTitle = computed(() => (changes.value >= 0 ? (drawing.value?.undoTitle ?? null) : null))
  const redoTitle = computed(() => (changes.value >= 0 ? (drawing.value?.redoTitle ?? null) : null))

  /** ml, as drawn now. */
  const volumeOf = (layer: number): number =>
    changes.value >= 0 ? (drawing.value?.labels.millilitres(layer) ?? 0) : 0
  const isShown = (layer: number): boolean =>
    !allHidden.value && !hidden.value.has(structures.value[layer]?.key ?? '')

  /** Begins with a grid and its structures; `voxels` holds a layer for each, where some was drawn before. */
  function begin(
    geometry: Geometry,
    wanted: readonly DrawnStructure[],
    options: { voxels?: Uint8Array; history?: History; closed?: string | null; thresholds?: boolean } = {},
  ): Drawing {
    sketched = null
    const next = markRaw(new Drawing(geometry, wanted.length, options.voxels, options.history))
    next.onChange(() => changes.value++)
    drawing.value = next
    structures.value = wanted
    active.value = 0
    hidden.value = new Set()
    allHidden.value = false
    proposal.value = null
    outline.value = null
    midPlane.value = null
    readOnly.value = options.closed ?? null
    thresholds.value = options.thresholds ?? true
    if (!allows(tool.value)) tool.value = 'brush'
    changes.value++
    return next
  }

  let sketched: LoadedSeriesInfo | null = null

  /** Begins a drawing of a series outside any study, or goes on with it where it was left. */
  function sketch(series: LoadedSeriesInfo, wanted: readonly DrawnStructure[]): void {
    if (sketched === series && drawing.value !== null) return
    begin(series.voxels.geometry, wanted)
    sketched = series
  }

  function end(): void {
    sketched = null
    drawing.value = null
    structures.value = []
    proposal.value = null
    outline.value = null
    readOnly.value = null
    changes.value++
  }

  function choose(layer: number): void {
    if (layer < 0 || layer >= structures.value.length) return
    active.value = layer
    outline.value = null
  }

  const allows = (wanted: DrawingTool): boolean => thresholds.value || !thresholdTools.includes(wanted)

  function chooseTool(next: DrawingTool): void {
    if (!allows(next)) return
    tool.value = next
    outline.value = null
  }

  /** The next size up or down: fine steps for small brushes. */
  function stepDiameter(direction: 1 | -1): void {
    const step = preferences.diameter + direction / 2 < 10 ? 1 : 2
    const next = Math.round(preferences.diameter + direction * step)
    preferences.diameter = Math.max(DIAMETERS.lower, Math.min(DIAMETERS.upper, next))
  }

  function stepOpacity(change: number): void {
    preferences.opacity = Math.max(0, Math.min(1, Math.round((preferences.opacity + change) * 20) / 20))
  }

  function toggleShown(layer: number): void {
    const key = structures.value[layer]?.key
    if (key === undefined) return
    const next = new Set(hidden.value)
    if (!next.delete(key)) next.add(key)
    hidden.value = next
  }

  function toggleMirror(): void {
    mirror.value = !mirror.value
    if (!mirror.value) flipped.value = false
  }

  /** Exchanged sides are seen together with the plane they are exchanged about. */
  function toggleFlipped(): void {
    flipped.value = !flipped.value
    if (flipped.value) mirror.value = true
  }

  function setRange(map: MapName, range: DisplayRange): void {
    if (range.upper > range.lower) ranges.value = { ...ranges.value, [map]: range }
  }

  function undo(): void {
    if (!editable.value) return
    outline.value = null
    drawing.value?.undo()
    changes.value++
  }

  function redo(): void {
    if (!editable.value) return
    outline.value = null
    drawing.value?.redo()
    changes.value++
  }

  /** Makes what was written one step. False where it changed nothing. */
  function commit(title: string): boolean {
    const changed = drawing.value?.commit(title) ?? false
    changes.value++
    return changed
  }

  return {
    preferences,
    drawing,
    structures,
    active,
    structure,
    hidden,
    allHidden,
    tool,
    changes,
    proposal,
    readOnly,
    thresholds,
    outline,
    hover,
    ranges,
    mirror,
    flipped,
    midPlane,
    toggleMirror,
    toggleFlipped,
    editable,
    undoTitle,
    redoTitle,
    volumeOf,
    isShown,
    begin,
    sketch,
    end,
    choose,
    allows,
    chooseTool,
    stepDiameter,
    stepOpacity,
    toggleShown,
    setRange,
    undo,
    redo,
    commit,
  }
})
