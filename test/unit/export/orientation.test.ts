import { describe, expect, it } from 'vitest'
import { directionLetters, edgeLetters } from '../../../src-main/engine/export/orientation'
import { axial, oblique, reversed } from '../volume/grids'

describe('orientation letters', () => {
  it('an axial slice as it is stored shows the patient from the feet: their right on the left of the picture', () => {
    expect(edgeLetters(axial)).toEqual({ left: 'R', right: 'L', top: 'A', bottom: 'P' })
    expect(edgeLetters(reversed)).toEqual(edgeLetters(axial))
  })

  it('a coronal slice has the head on top', () => {
    const coronal = {
      ...axial,
      direction: [
        [1, 0, 0],
        [0, 0, -1],
        [0, 1, 0],
      ] as typeof axial.direction,
    }
    expect(edgeLetters(coronal)).toEqual({ left: 'R', right: 'L', top: 'S', bottom: 'I' })
  })

  it('names two directions where an axis lies between them, the stronger first', () => {
    expect(directionLetters([0.9, -0.43, 0])).toBe('LA')
    expect(directionLetters([0.97, 0.24, 0])).toBe('L')
    expect(edgeLetters(oblique).right).toHaveLength(2)
  })
})
