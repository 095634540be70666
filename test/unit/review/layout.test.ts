import { describe, expect, it } from 'vitest'
import { mapGrid, reviewLayoutSchema, withSlot } from '../../../src-renderer/stores/reviewLayout'
import { readStored } from '../../../src-renderer/stores/stored'

const storage = (text: string | null): Pick<Storage, 'getItem' | 'setItem'> => ({
  getItem: () => text,
  setItem: () => undefined,
})

describe('the remembered layout', () => {
  it('is complete where nothing was stored', () => {
    const layout = readStored(storage(null), 'umbra.review', reviewLayoutSchema)
    expect(layout.grid).toBe('2x3')
    expect(layout.slots).toEqual(['cbv', 'cbf', 'ttp', 'mtt', 'tmax', 'delay'])
  })

  it('keeps what is sound of a damaged or older one', () => {
    const stored = JSON.stringify({
      version: 1,
      grid: '3x3',
      sourceWidth: 0.5,
      slots: ['cbf'],
      cineRate: 900,
    })
    const layout = readStored(storage(stored), 'umbra.review', reviewLayoutSchema)
    expect(layout.sourceWidth).toBe(0.5)
    expect(layout.grid).toBe('2x3')
    expect(layout.slots).toHaveLength(6)
    expect(layout.cineRate).toBe(8)
  })

  it('survives text that is no JSON', () => {
    expect(readStored(storage('{'), 'umbra.review', reviewLayoutSchema).linked).toBe(true)
  })

  it('does not remember display ranges, which would change what a colour means', () => {
    expect(Object.keys(reviewLayoutSchema.shape).filter((key) => /range|window/i.test(key))).toEqual([])
  })
})

describe('the grid of maps', () => {
  const { slots } = reviewLayoutSchema.parse({})

  it('shows the first slots in a smaller grid', () => {
    expect(mapGrid({ grid: '1', slots })).toEqual({ columns: 1, maps: ['cbv'] })
    expect(mapGrid({ grid: '2x2', slots })).toEqual({ columns: 2, maps: ['cbv', 'cbf', 'ttp', 'mtt'] })
    expect(mapGrid({ grid: '2x3', slots }).maps).toHaveLength(6)
  })

  it('exchanges two maps when one is chosen that is shown elsewhere', () => {
    expect(withSlot(slots, 0, 'tmax')).toEqual(['tmax', 'cbf', 'ttp', 'mtt', 'cbv', 'delay'])
    expect(withSlot(['cbv', 'cbf', 'ttp'], 2, 'mtt')).toEqual(['cbv', 'cbf', 'mtt'])
  })
})
