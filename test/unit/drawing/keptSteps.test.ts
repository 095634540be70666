import { describe, expect, it } from 'vitest'
import { Drawing, KeptSteps, brushSegment, type Point } from '../../../src-renderer/drawing'
import { gridOf, seeded } from './grid'

const grid = gridOf([64, 48, 3])

/** Strokes of the brush and the eraser that cross each other, on two structures. */
function drawnWith(strokes: number): { drawing: Drawing; states: Uint8Array[] } {
  const random = seeded(7)
  const at = (): Point => [random() * 64, random() * 48]
  const drawing = new Drawing(grid, 2)
  const states = [drawing.labels.voxels.slice()]
  while (states.length <= strokes) {
    const erases = random() < 0.3
    brushSegment(drawing, at(), at(), {
      layer: random() < 0.5 ? 0 : 1,
      slice: Math.floor(random() * 3),
      diameter: 4 + random() * 10,
      inside: erases ? 0 : 1,
    })
    if (drawing.commit(`stroke ${states.length}`)) states.push(drawing.labels.voxels.slice())
  }
  return { drawing, states }
}

const same = (voxels: Uint8Array, others: Uint8Array): boolean => Buffer.compare(voxels, others) === 0

/** The reading as it is opened again: its voxels from the store, its steps from what was kept. */
const openedAgain = (kept: KeptSteps, voxels: Uint8Array): Drawing =>
  new Drawing(grid, 2, voxels, kept.of('reading-1', voxels))

describe('steps of a reading that is opened again', () => {
  it('are all there: sixty strokes are taken back one by one, and made again', () => {
    const { drawing, states } = drawnWith(60)
    const kept = new KeptSteps()
    kept.keep('reading-1', drawing)
    const again = openedAgain(kept, states[60].slice())
    for (let stroke = 60; stroke > 0; stroke--) {
      expect(again.undo()).toBe(`stroke ${stroke}`)
      expect(same(again.labels.voxels, states[stroke - 1])).toBe(true)
    }
    for (let stroke = 1; stroke <= 60; stroke++) again.redo()
    expect(same(again.labels.voxels, states[60])).toBe(true)
  })

  it('outlive a reload of the window, what was undone included', () => {
    const { drawing, states } = drawnWith(55)
    drawing.undo()
    drawing.undo()
    const kept = new KeptSteps()
    kept.keep('reading-1', drawing)
    const reloaded = new KeptSteps()
    reloaded.readText(kept.toText())
    const again = openedAgain(reloaded, states[53].slice())
    expect(again.redo()).toBe('stroke 54')
    expect(same(again.labels.voxels, states[54])).toBe(true)
    for (let stroke = 54; stroke > 0; stroke--) again.undo()
    expect(same(again.labels.voxels, states[0])).toBe(true)
    expect(again.undo()).toBeNull()
  })

  it('a stroke that was not ended can be taken back too', () => {
    const { drawing, states } = drawnWith(3)
    brushSegment(drawing, [5, 5], [60, 40], { layer: 0, slice: 1, diameter: 12, inside: 1 })
    const kept = new KeptSteps()
    kept.keep('reading-1', drawing)
    const again = openedAgain(kept, drawing.labels.voxels.slice())
    again.undo()
    expect(same(again.labels.voxels, states[3])).toBe(true)
  })

  it('are those of this reading and these voxels only', () => {
    const { drawing, states } = drawnWith(5)
    const kept = new KeptSteps()
    kept.keep('reading-1', drawing)
    expect(kept.of('reading-2', states[5])).toBeUndefined()
    expect(kept.of('reading-1', states[4])).toBeUndefined()
    kept.forget()
    expect(kept.of('reading-1', states[5])).toBeUndefined()
  })

  it('the oldest are left out where the text would be too long; a damaged text gives none', () => {
    const drawing = new Drawing(gridOf([256, 256, 4]), 1)
    const { length } = drawing.labels.voxels
    for (let step = 0; step < 12; step++) {
      drawing.replace(
        0,
        Uint8Array.from({ length }, (_, at) => (at % 9 < 4 === (step + Math.floor(at / 9)) % 2 > 0 ? 1 : 0)),
      )
      drawing.commit(`step ${step}`)
    }
    const kept = new KeptSteps()
    kept.keep('reading-1', drawing)
    const text = kept.toText() as string
    expect(text.length).toBeLessThan(1_500_200)
    const reloaded = new KeptSteps()
    reloaded.readText(text)
    expect(reloaded.of('reading-1', drawing.labels.voxels)?.undoTitle).toBe('step 11')
    for (const damaged of [null, '', '{', text.slice(0, -9), text.replace('"version":1', '"version":2')]) {
      const none = new KeptSteps()
      none.readText(damaged)
      expect(none.of('reading-1', drawing.labels.voxels)).toBeUndefined()
    }
  })
})
