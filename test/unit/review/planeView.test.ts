import type { Geometry } from '@contract'
import { describe, expect, it } from 'vitest'
import { cameraOf } from '../../../src-renderer/viewer/camera'
import {
  canvasToPlane,
  clampZoom,
  fieldOf,
  planeToCanvas,
  planeTransform,
  scaleBar,
  zoomAbout,
} from '../../../src-renderer/viewer/planeView'

const geometry: Geometry = {
  size: [512, 512, 8],
  spacing: [0.5, 0.5, 5],
  origin: [-128, -128, 0],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  frameOfReference: '',
}
const middle: [number, number] = [255.5, 255.5]

describe('the place of voxels on the canvas', () => {
  it('fits the whole slice at zoom 1, by the tighter side', () => {
    const transform = planeTransform(geometry, 800, 400, 1, middle)
    expect(transform.millimetresPerPixel).toBeCloseTo(256 / 400)
    expect(planeToCanvas(transform, [-0.5, -0.5])[1]).toBeCloseTo(0)
    expect(planeToCanvas(transform, [511.5, 511.5])[1]).toBeCloseTo(400)
    expect(planeToCanvas(transform, middle)).toEqual([400, 200])
  })

  it('keeps true proportions where pixels are not square', () => {
    const stretched: Geometry = { ...geometry, size: [256, 512, 8], spacing: [1, 0.5, 5] }
    expect(fieldOf(stretched)).toEqual([256, 256])
    const transform = planeTransform(stretched, 300, 300, 1, [127.5, 255.5])
    expect(transform.scaleX).toBeCloseTo(2 * transform.scaleY)
  })

  it('is inverted exactly', () => {
    const transform = planeTransform(geometry, 431, 377, 3.7, [100, 300])
    const [i, j] = canvasToPlane(transform, planeToCanvas(transform, [12.25, 499]))
    expect(i).toBeCloseTo(12.25)
    expect(j).toBeCloseTo(499)
  })

  it('gives several planes one scale when they share a field', () => {
    const low: Geometry = { ...geometry, size: [512, 40, 8] }
    const transform = planeTransform(low, 400, 400, 1, [255.5, 19.5], fieldOf(geometry))
    expect(transform.millimetresPerPixel).toBe(
      planeTransform(geometry, 400, 400, 1, middle).millimetresPerPixel,
    )
  })

  it('zooms about the pointer: what is under it stays under it', () => {
    const before = planeTransform(geometry, 500, 500, 1.5, middle)
    const pointer: [number, number] = [123, 410]
    const held = canvasToPlane(before, pointer)
    const after = planeTransform(geometry, 500, 500, 3, zoomAbout(before, middle, pointer, 2))
    const [x, y] = planeToCanvas(after, held)
    expect(x).toBeCloseTo(123)
    expect(y).toBeCloseTo(410)
  })

  it('keeps the zoom within bounds', () => {
    expect(clampZoom(1000)).toBe(40)
    expect(clampZoom(0.01)).toBe(0.25)
  })
})

describe('the scale bar', () => {
  it.each([
    [0.64, 120, 50],
    [0.5, 39, 10],
    [0.1, 120, 10],
    [1, 120, 100],
    [0.003, 120, 0.2],
  ])('at %f mm a pixel and at most %i pixels is %f mm', (scale, room, millimetres) => {
    const bar = scaleBar(scale, room)
    expect(bar.millimetres).toBeCloseTo(millimetres, 9)
    expect(bar.pixels * scale).toBeCloseTo(millimetres, 9)
    expect(bar.pixels).toBeLessThanOrEqual(room)
  })
})

describe('the camera', () => {
  it('looks at the middle of the canvas, from the feet towards the head, anterior up', () => {
    const camera = cameraOf(geometry, 2, { centre: middle, millimetresPerPixel: 0.5 }, 400)
    expect(camera.focalPoint[0]).toBeCloseTo(-0.25)
    expect(camera.focalPoint[2]).toBeCloseTo(10)
    expect(camera.position[2]).toBeLessThan(camera.focalPoint[2])
    expect(camera.viewUp[1]).toBe(-1)
    expect(camera.parallelScale).toBe(100)
  })
})
