import { describe, expect, it } from 'vitest'
import { withoutColourMix } from '../../../src-renderer/app/colourMix'
import { umbraTheme } from '../../../src-renderer/app/theme'

const colours = (token: string): string | undefined => ({ 'red.500': '#ff0080' })[token]

describe('design tokens', () => {
  it('have opacity in place of color-mix with transparent', () => {
    const tokens = { a: { b: 'color-mix(in srgb, {red.500}, transparent 84%)' }, c: 2, d: '{red.500}' }
    expect(withoutColourMix(tokens, colours)).toEqual({
      a: { b: 'rgb(255 0 128 / 16%)' },
      c: 2,
      d: '{red.500}',
    })
  })

  it('keep a mix of a colour nobody knows', () => {
    const tokens = { a: 'color-mix(in srgb, {sea.500}, transparent 10%)' }
    expect(withoutColourMix(tokens, colours)).toEqual(tokens)
  })

  it('of the theme hold nothing that Chromium 108 cannot read', () => {
    expect(JSON.stringify(umbraTheme.preset)).not.toMatch(/color-mix/)
  })
})
