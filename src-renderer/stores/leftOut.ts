import { framesText } from '@contract'
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import { usePipelineStore } from './pipeline'
import { useReviewStore } from './review'
import { emptyUndoList, recordChange, redoChange, undoChange, type Change, type UndoList } from './undoList'

const list = (frames: readonly number[]): string =>
  `${frames.length === 1 ? 'frame' : 'frames'} ${framesText(frames)}`

/** Frames of the series in Review that a person leaves out, by index: undo and redo step through what was chosen. */
export const useLeftOutStore = defineStore('leftOut', () => {
  const pipeline = usePipelineStore()
  const review = useReviewStore()

  const changes = shallowRef<UndoList<number[]>>(emptyUndoList())
  const frames = computed(() => pipeline.settings.motion.leaveOut)
  const undoTitle = computed(() => changes.value.done.at(-1)?.title ?? null)
  const redoTitle = computed(() => changes.value.undone.at(-1)?.title ?? null)
  const total = computed(() => review.series?.voxels.frames ?? 0)
  /** More than half of a series is never left out. */
  const isFull = computed(() => frames.value.length + 1 > total.value / 2)

  /** What becomes of the frames that are left out; kept for undo. */
  function choose(next: readonly number[]): void {
    const before = frames.value
    const after = [...new Set(next)].sort((one, other) => one - other)
    if (JSON.stringify(before) === JSON.stringify(after)) return
    const added = after.filter((frame) => !before.includes(frame))
    const title =
      added.length > 0 ? `leave out ${list(added)}` : `use ${list(before.filter((f) => !after.includes(f)))}`
    changes.value = recordChange(changes.value, { title, before, after })
    void pipeline.change('motion', 'leaveOut', after)
  }

  function toggle(frame: number): void {
    const { value } = frames
    choose(value.includes(frame) ? value.filter((each) => each !== frame) : [...value, frame])
  }

  function step(by: typeof undoChange<number[]>, side: (change: Change<number[]>) => number[]): void {
    const stepped = by(changes.value)
    if (stepped === null) return
    changes.value = stepped.list
    void pipeline.change('motion', 'leaveOut', side(stepped.change))
  }

  // The frames of another series are others.
  watch(
    () => review.series?.seriesKey,
    () => {
      changes.value = emptyUndoList()
      if (frames.value.length > 0) void pipeline.change('motion', 'leaveOut', [])
    },
    { flush: 'sync' },
  )

  return {
    frames,
    isFull,
    undoTitle,
    redoTitle,
    choose,
    toggle,
    undo: () => step(undoChange, ({ before }) => before),
    redo: () => step(redoChange, ({ after }) => after),
  }
})
