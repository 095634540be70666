import { problemOf, type Output, type Problem } from '@contract'
import {
  computed,
  nextTick,
  ref,
  shallowRef,
  type ComputedRef,
  type Ref,
  type WritableComputedRef,
} from 'vue'
import { useEngine } from '../../engine/client'

type Listing = Output<'files.list'>

/** A folder of the engine's machine, listed, and the path in the field above the list. */
export interface FolderPath {
  /** The folder last listed; null before the first answer. */
  listing: Ref<Listing | null>
  /** What stands in the field. Typing into it is never undone by a listing that was asked for before. */
  path: WritableComputedRef<string>
  /** Whether the field names another folder than the one listed. */
  typed: ComputedRef<boolean>
  /** Whether a listing is on its way: the one shown is about to change. */
  busy: Ref<boolean>
  /** Why the folder last asked for could not be listed. */
  problem: Ref<Problem | null>
  /** Lists a folder (null: the home folder). Resolves to it, or to null where it failed or another was asked for. */
  visit: (folder: string | null) => Promise<Listing | null>
}

/** `propose` makes the path in `field` out of the folder listed; by itself it is the folder. */
export function useFolderPath(
  field: Ref<HTMLInputElement | null>,
  propose: (folder: string) => string = (folder) => folder,
): FolderPath {
  const engine = useEngine()
  const listing = shallowRef<Listing | null>(null)
  const text = ref('')
  const problem = shallowRef<Problem | null>(null)
  const busy = ref(false)
  let lastAsked = 0
  let edits = 0

  const path = computed({
    get: () => text.value,
    set: (now) => {
      edits++
      text.value = now
    },
  })
  const typed = computed(
    () => text.value.trim() !== (listing.value === null ? '' : propose(listing.value.path).trim()),
  )

  /** Puts a path into the field; one that has the keyboard gets it selected, so that what is typed replaces it. */
  function show(proposed: string): void {
    text.value = proposed
    void nextTick(() => {
      const input = field.value
      if (input !== null && input === input.ownerDocument.activeElement) input.select()
    })
  }

  async function visit(folder: string | null): Promise<Listing | null> {
    const asked = ++lastAsked
    const editsBefore = edits
    busy.value = true
    try {
      const next = await engine.call('files.list', { path: folder })
      if (asked !== lastAsked) return null
      listing.value = next
      if (edits === editsBefore) show(propose(next.path))
      problem.value = null
      return next
    } catch (error) {
      if (asked === lastAsked) problem.value = problemOf(error)
      return null
    } finally {
      if (asked === lastAsked) busy.value = false
    }
  }

  return { listing, path, typed, busy, problem, visit }
}
