import { colourAt, colourMapNamed, colourMapNames } from '@contract'
import { describe, expect, it } from 'vitest'
import { colourGradient } from '../../../src-renderer/components/review/gradient'

describe('the colour bar', () => {
  it('is the colour map, low values at the bottom, hard edges kept', () => {
    expect(colourGradient('grey')).toBe(
      'linear-gradient(to top, rgb(0 0 0) 0.000%, rgb(255 255 255) 100.000%)',
    )
    expect(colourGradient('tmax')).toContain('rgb(84 84 92) 33.333%, rgb(38 92 214) 33.333%')
  })

  it('starts and ends with the colours of the map, for every map', () => {
    for (const name of colourMapNames) {
      const map = colourMapNamed(name)
      expect(colourGradient(name)).toContain(`to top, rgb(${colourAt(map, 0).join(' ')}) 0`)
      expect(colourGradient(name)).toContain(`rgb(${colourAt(map, 1).join(' ')}) 100`)
    }
  })
})
