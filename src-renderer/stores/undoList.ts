export interface Change<T> {
  title: string
  before: T
  after: T
}

/** What can be undone and redone, immutable: each step gives a new list. */
export interface UndoList<T> {
  readonly done: readonly Change<T>[]
  readonly undone: readonly Change<T>[]
}

const LONGEST = 100

export const emptyUndoList = <T>(): UndoList<T> => ({ done: [], undone: [] })

/** A new change ends what could be redone; the oldest of more than a hundred is forgotten. */
export function recordChange<T>(list: UndoList<T>, change: Change<T>): UndoList<T> {
  return { done: [...list.done, change].slice(-LONGEST), undone: [] }
}

/** The list after one undo, and the change taken back; null where there is none. */
export function undoChange<T>(list: UndoList<T>): { list: UndoList<T>; change: Change<T> } | null {
  const change = list.done.at(-1)
  if (change === undefined) return null
  return { list: { done: list.done.slice(0, -1), undone: [...list.undone, change] }, change }
}

/** The list after one redo, and the change made again; null where there is none. */
export function redoChange<T>(list: UndoList<T>): { list: UndoList<T>; change: Change<T> } | null {
  const change = list.undone.at(-1)
  if (change === undefined) return null
  return { list: { done: [...list.done, change], undone: list.undone.slice(0, -1) }, change }
}
