import { PNG } from 'pngjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { colourAt, colourMaps, type Geometry } from '@contract'
import { capturePictures, sliceNumbers } from '../../../src-main/engine/export/capture'
import { curvesPng } from '../../../src-main/engine/export/curves'
import { montagePng } from '../../../src-main/engine/export/montage'
import { axial } from '../volume/grids'
import { headResult, headSeries } from './result'

const grid: Geometry = { ...axial, size: [48, 40, 3], spacing: [4, 4, 5] }
const result = headResult(grid)
const series = headSeries(grid)
const day = new Date('2026-11-03T10:00:00Z')

/** Share of pixels that are coloured: their channels differ by more than 60. */
function colourful(png: PNG): number {
  let count = 0
  for (let i = 0; i < png.data.length; i += 4) {
    const [red, green, blue] = png.data.subarray(i, i + 3)
    if (Math.max(red, green, blue) - Math.min(red, green, blue) > 60) count++
  }
  return count / (png.width * png.height)
}

/** Number of pixels within `tolerance` of a colour, summed over the channels. */
function near(png: PNG, [red, green, blue]: number[], tolerance = 30): number {
  let count = 0
  for (let i = 0; i < png.data.length; i += 4) {
    const distance =
      Math.abs(png.data[i] - red) + Math.abs(png.data[i + 1] - green) + Math.abs(png.data[i + 2] - blue)
    if (distance <= tolerance) count++
  }
  return count
}

describe('montage.png', () => {
  let png: PNG
  beforeAll(async () => {
    png = PNG.sync.read(Buffer.from(await montagePng(series, result, day, {})))
  })

  it('is wide enough for its heading and mostly maps', () => {
    expect(png.width).toBeGreaterThanOrEqual(900)
    expect(png.height).toBeGreaterThan(400)
    expect(colourful(png)).toBeGreaterThan(0.2)
  })

  it('carries text: light pixels in its heading', () => {
    let light = 0
    for (let i = 0; i < png.width * 80 * 4; i += 4) if (png.data[i] > 200 && png.data[i + 2] > 200) light++
    expect(light).toBeGreaterThan(200)
  })

  it('holds the colours of the legend from one end to the other', () => {
    for (const position of [32 / 255, 128 / 255, 192 / 255]) {
      expect(near(png, colourAt(colourMaps.asist, position), 6)).toBeGreaterThan(10)
    }
  })

  it('is the same picture for the same result', async () => {
    const again = await montagePng(series, result, day, {})
    expect(PNG.sync.read(Buffer.from(again)).data.equals(png.data)).toBe(true)
  })

  it('stops when it is cancelled', async () => {
    const abort = new AbortController()
    abort.abort()
    await expect(montagePng(series, result, day, { signal: abort.signal })).rejects.toMatchObject({
      name: 'AbortError',
    })
  })
})

describe('curves.png', () => {
  const artery = [255, 107, 94]
  const vein = [90, 169, 255]

  it('shows the arterial curve in red and the venous one in blue', async () => {
    const png = PNG.sync.read(Buffer.from(await curvesPng(series, result, day)))
    expect([png.width, png.height]).toEqual([1280, 800])
    expect(near(png, artery)).toBeGreaterThan(1000)
    expect(near(png, vein)).toBeGreaterThan(1000)
  })

  it('does without a venous curve', async () => {
    const png = PNG.sync.read(Buffer.from(await curvesPng(series, { ...result, vof: null }, day)))
    expect(near(png, artery)).toBeGreaterThan(1000)
    expect(near(png, vein)).toBe(0)
  })
})

describe('colour pictures for secondary captures', () => {
  it('begin with the map, every voxel a square of its own colour, and end with the legend', async () => {
    const pictures = await capturePictures(result, 'tmax', await sliceNumbers(result))
    const { magnification, rows, columns, pixels } = pictures
    expect(magnification).toBe(10)
    expect(rows).toBe(400)
    expect(columns).toBeGreaterThan(480)
    expect(pixels).toHaveLength(3 * rows * columns * 3)
    const [nx, ny] = grid.size
    for (const [x, y, z] of [
      [24, 20, 0],
      [32, 20, 1],
      [10, 18, 2],
      [0, 0, 1],
    ]) {
      const voxel = (z * ny + y) * nx + x
      const colour = result.mask[voxel] ? colourAt(colourMaps.asist, result.maps.tmax[voxel] / 12) : [0, 0, 0]
      for (const [dx, dy] of [
        [0, 0],
        [9, 9],
        [4, 7],
      ]) {
        const at = ((z * rows + y * 10 + dy) * columns + x * 10 + dx) * 3
        Array.from(pixels.subarray(at, at + 3)).forEach((value, i) => {
          expect(Math.abs(value - colour[i])).toBeLessThanOrEqual(3)
        })
      }
    }
  })
})
