import { describe, expect, it } from 'vitest'
import { draggedRange, draggedWindow, roundInSpan } from '../../../src-renderer/components/review/ranges'

describe('a dragged range', () => {
  it('moves one end and leaves the other', () => {
    expect(draggedRange(0, 80, 0.25, 0)).toEqual([0, 100])
    expect(draggedRange(0, 12, 0, 1 / 3)).toEqual([4, 12])
  })

  it('takes values a person would choose', () => {
    expect(draggedRange(0, 80, 0.1234567, 0)).toEqual([0, 90])
    expect(roundInSpan(5.4321, 6)).toBe(5.4)
  })

  it('never becomes empty', () => {
    const [lower, upper] = draggedRange(0, 80, -3, 0.5)
    expect(upper).toBeGreaterThan(lower)
  })
})

describe('a dragged window', () => {
  it('widens to the right and rises downwards', () => {
    const still = draggedWindow({ lower: 0, upper: 80 }, 0, 0)
    expect(still).toEqual({ center: 40, width: 80 })
    expect(draggedWindow({ lower: 0, upper: 80 }, 100, 0).width).toBeGreaterThan(80)
    expect(draggedWindow({ lower: 0, upper: 80 }, 0, 50).center).toBe(56)
  })

  it('never closes', () => {
    expect(draggedWindow({ lower: 0, upper: 80 }, -1e6, 0).width).toBeGreaterThan(0)
  })
})
