import { describe, expect, it } from 'vitest'
import { colourAt, colourMaps } from '@contract'
import { ticks } from '../../../src-main/engine/export/legend'
import { evenly } from '../../../src-main/engine/export/evenly'
import { mapTile, maskCrop } from '../../../src-main/engine/export/tile'
import { escapeXml } from '../../../src-main/engine/export/svg'
import { axial } from '../volume/grids'

const display = { lower: 0, upper: 10, colours: colourMaps.grey }
const grey = (tile: Uint8Array): number[] => Array.from({ length: tile.length / 3 }, (_, i) => tile[i * 3])
const level = (value: number): number => colourAt(colourMaps.grey, value / 10)[0]

describe('a slice as a picture', () => {
  const whole = { x: 0, y: 0, width: 4, height: 2 }
  const inside = new Uint8Array(8).fill(1)
  const slice = Float32Array.from([0, 2, 4, 6, 8, 10, 12, -3])

  it('has every voxel in its colour at its own size, values beyond the range in the end colours', () => {
    expect(grey(mapTile(slice, inside, 4, whole, display, 4, 2))).toEqual(
      [0, 2, 4, 6, 8, 10, 10, 0].map(level),
    )
  })

  it('averages values, not colours, when it is smaller', () => {
    const tile = mapTile(slice, inside, 4, whole, { ...display, colours: colourMaps.asist }, 2, 1)
    colourAt(colourMaps.asist, 5 / 10).forEach((value, i) => {
      expect(Math.abs(tile[i] - value)).toBeLessThanOrEqual(2)
    })
  })

  it('interpolates between voxel centres when it is larger', () => {
    const row = Float32Array.from([0, 10])
    const tile = mapTile(row, new Uint8Array([1, 1]), 2, { x: 0, y: 0, width: 2, height: 1 }, display, 8, 1)
    const expected = [0, 0, 1.25, 3.75, 6.25, 8.75, 10, 10].map(level)
    grey(tile).forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(1))
  })

  it('takes nothing from outside the mask, and is black there', () => {
    const mask = Uint8Array.from([1, 1, 0, 0, 1, 1, 0, 0])
    const values = Float32Array.from([5, 5, 100, 100, 5, 5, 100, 100])
    expect(grey(mapTile(values, mask, 4, whole, display, 2, 1))).toEqual([level(5), 0])
  })
})

describe('the crop', () => {
  it('holds the mask of all slices with a margin, within the grid', () => {
    const [nx, ny] = axial.size
    const mask = new Uint8Array(nx * ny * axial.size[2])
    mask[0 * nx * ny + 2 * nx + 3] = 1
    mask[3 * nx * ny + 4 * nx + 5] = 1
    const crop = maskCrop(mask, axial)
    expect(crop.x).toBeLessThan(3)
    expect(crop.x + crop.width).toBeGreaterThan(5)
    expect(crop.y).toBeLessThan(2)
    expect(crop.y + crop.height).toBeGreaterThan(4)
    expect(crop.x + crop.width).toBeLessThanOrEqual(nx)
    expect(crop.y + crop.height).toBeLessThanOrEqual(ny)
  })

  it('is the whole slice where nothing is in the mask', () => {
    expect(maskCrop(new Uint8Array(8 * 6 * 4), axial)).toEqual({ x: 0, y: 0, width: 8, height: 6 })
  })
})

describe('a legend', () => {
  it.each([
    [0, 80, [0, 20, 40, 60, 80]],
    [0, 20, [0, 5, 10, 15, 20]],
    [0, 25, [0, 5, 10, 15, 20, 25]],
    [0, 12, [0, 3, 6, 9, 12]],
    [0, 10, [0, 2.5, 5, 7.5, 10]],
    [-1, 1, [-1, -0.5, 0, 0.5, 1]],
  ])('from %d to %d is ticked in round steps with both ends', (lower, upper, expected) => {
    expect(ticks(lower, upper)).toEqual(expected)
  })

  it('has its ends at least where no round step fits', () => {
    const values = ticks(0, 7.3131)
    expect([values[0], values[values.length - 1]]).toEqual([0, 7.3131])
  })
})

describe('what is drawn', () => {
  it('takes at most so many slices, evenly, with the first and the last', () => {
    expect(evenly(5, 16)).toEqual([0, 1, 2, 3, 4])
    const some = evenly(320, 16)
    expect(some).toHaveLength(16)
    expect([some[0], some[15]]).toEqual([0, 319])
  })

  it('shows hostile text as text', () => {
    expect(escapeXml('<script>&"\u0000\u001b[31m\ud800')).toBe('&lt;script&gt;&amp;&quot;[31m')
  })
})
