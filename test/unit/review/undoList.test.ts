import { describe, expect, it } from 'vitest'
import { emptyUndoList, recordChange, redoChange, undoChange } from '../../../src-renderer/stores/undoList'

const change = (before: number, after: number): { title: string; before: number; after: number } => ({
  title: `${before} to ${after}`,
  before,
  after,
})

describe('undo and redo', () => {
  const list = recordChange(recordChange(emptyUndoList<number>(), change(0, 1)), change(1, 2))

  it('take back the newest change first', () => {
    const first = undoChange(list)
    expect(first?.change.before).toBe(1)
    expect(first && undoChange(first.list)?.change.before).toBe(0)
  })

  it('make again what was taken back', () => {
    const undone = undoChange(list)
    const redone = undone && redoChange(undone.list)
    expect(redone?.change.after).toBe(2)
    expect(redone?.list).toEqual(list)
  })

  it('forget the future when something new is done', () => {
    const undone = undoChange(list)
    const branched = undone && recordChange(undone.list, change(1, 7))
    expect(branched && redoChange(branched)).toBeNull()
  })

  it('have an end', () => {
    expect(undoChange(emptyUndoList())).toBeNull()
    expect(redoChange(list)).toBeNull()
    let long = emptyUndoList<number>()
    for (let step = 0; step < 250; step++) long = recordChange(long, change(step, step + 1))
    expect(long.done).toHaveLength(100)
    expect(long.done.at(-1)?.after).toBe(250)
  })
})
