import { describe, expect, it } from 'vitest'
import {
  colourAt,
  colourMapNamed,
  colourMapNames,
  colourMaps,
  colourTable,
  defaultDisplays,
  mapNames,
} from '@contract'

describe('colour maps', () => {
  it('ASIST a-LUT has its published colours at its control points and is linear between them', () => {
    const published: [number, number, number, number][] = [
      [0, 0, 0, 0],
      [32, 68, 0, 93],
      [64, 36, 57, 189],
      [96, 4, 153, 205],
      [128, 0, 249, 45],
      [160, 128, 255, 0],
      [192, 255, 252, 0],
      [224, 255, 124, 0],
      [255, 255, 0, 0],
    ]
    const table = colourTable(colourMaps.asist)
    for (const [index, ...colour] of published) {
      expect(colourAt(colourMaps.asist, index / 255)).toEqual(colour)
      expect(Array.from(table.subarray(index * 3, index * 3 + 3))).toEqual(colour)
    }
    expect(colourAt(colourMaps.asist, 16 / 255)).toEqual([34, 0, 47])
  })

  it('the reversed a-LUT mirrors it', () => {
    for (const index of [0, 20, 32, 100, 128, 211, 255]) {
      const mirrored = colourAt(colourMaps.asist, 1 - index / 255)
      colourAt(colourMaps['asist-reversed'], index / 255).forEach((value, i) => {
        expect(Math.abs(value - mirrored[i])).toBeLessThanOrEqual(1)
      })
    }
  })

  // Entries of the published 256-colour tables (matplotlib 3.11).
  it.each([
    ['viridis', 51, [65, 68, 135]],
    ['viridis', 100, [42, 118, 142]],
    ['viridis', 200, [112, 207, 87]],
    ['inferno', 51, [66, 10, 104]],
    ['inferno', 100, [144, 37, 104]],
    ['inferno', 200, [251, 157, 7]],
  ] as const)('%s is within 2 of the published colour %i', (name, index, colour) => {
    colourAt(colourMaps[name], index / 255).forEach((value, i) => {
      expect(Math.abs(value - colour[i])).toBeLessThanOrEqual(2)
    })
  })

  it('the Tmax bands change colour at 4, 6, 8 and 10 s of the range 0–12 s', () => {
    const at = (seconds: number): string => colourAt(colourMaps.tmax, seconds / 12).join()
    for (const threshold of [4, 6, 8, 10]) expect(at(threshold - 0.01)).not.toBe(at(threshold + 0.01))
    expect(at(6.01)).toBe(at(7.99))
  })

  it('takes the end colours outside 0..1 and the first for NaN', () => {
    expect(colourAt(colourMaps.asist, -1)).toEqual([0, 0, 0])
    expect(colourAt(colourMaps.asist, 7)).toEqual([255, 0, 0])
    expect(colourAt(colourMaps.asist, Number.NaN)).toEqual([0, 0, 0])
  })

  it('shows an unknown name, also one that objects inherit, in grey', () => {
    expect(colourMapNamed('no such map')).toBe(colourMaps.grey)
    expect(colourMapNamed('constructor')).toBe(colourMaps.grey)
  })

  it('every map ascends from 0 to 1 and every perfusion map has a display', () => {
    for (const name of colourMapNames) {
      const positions = colourMaps[name].points.map(([position]) => position)
      expect(positions[0]).toBe(0)
      expect(positions[positions.length - 1]).toBe(1)
      expect([...positions].sort((a, b) => a - b)).toEqual(positions)
    }
    for (const name of mapNames) expect(colourMapNames).toContain(defaultDisplays[name].colourMap)
  })
})
