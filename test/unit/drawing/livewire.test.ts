import { describe, expect, it } from 'vitest'
import { liveWire, polygonMask, type Point, type WirePicture } from '../../../src-renderer/drawing'
import { countOf, maskWhere, seeded } from './grid'

const SIDE = 256
const CENTRE = 128

/** A lesion with three lobes, in voxels from its centre. */
const radiusAt = (angle: number): number => 40 + 6 * Math.cos(3 * angle)
const lesion = maskWhere(
  [SIDE, SIDE, 1],
  (x, y) => Math.hypot(x - CENTRE, y - CENTRE) <= radiusAt(Math.atan2(y - CENTRE, x - CENTRE)),
)

function pictureOf(inside: number, outside: number, noise: number): WirePicture {
  const random = seeded(5)
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const values = Float32Array.from(lesion, (one) => (one === 1 ? inside : outside) + noise * normal())
  return { values, from: 0, columns: SIDE, rows: SIDE, lower: 0, upper: 4 }
}

/** Clicks around the lesion, each up to 1.5 voxels off its edge. */
function clicks(count: number): Point[] {
  const random = seeded(9)
  return Array.from({ length: count }, (_, k): Point => {
    const angle = (2 * Math.PI * k) / count
    const radius = radiusAt(angle) + 3 * random() - 1.5
    return [CENTRE + radius * Math.cos(angle), CENTRE + radius * Math.sin(angle)]
  })
}

/** What a rater encloses who clicks there, as the room does it. */
function enclosed(picture: WirePicture, [first, ...others]: Point[]): Uint8Array {
  let wire = liveWire(picture, first)
  const line = [wire.anchor]
  for (const click of others) {
    line.push(...wire.to(click))
    wire = liveWire(picture, line[line.length - 1], { snap: false })
  }
  line.push(...wire.to(line[0]))
  return polygonMask([SIDE, SIDE, 1], line)
}

const dice = (a: Uint8Array, b: Uint8Array): number =>
  (2 * countOf(a.map((inside, at) => inside & b[at]))) / (countOf(a) + countOf(b))

describe('a live wire', () => {
  it.each([
    ['dark', 1, 3],
    ['bright', 3, 1],
  ])('around a %s lesion encloses it from six clicks, in noise too', (_, inside, outside) => {
    for (const noise of [0, 0.2, 0.5]) {
      const found = enclosed(pictureOf(inside, outside, noise), clicks(6))
      expect(dice(found, lesion), `noise ${noise}`).toBeGreaterThan(0.99)
      // Neither edge is favoured: what is enclosed is neither larger nor smaller.
      expect(Math.abs(countOf(found) / countOf(lesion) - 1), `noise ${noise}`).toBeLessThan(0.015)
    }
  })

  it('does better than straight lines between the same clicks', () => {
    const straight = polygonMask([SIDE, SIDE, 1], clicks(6))
    expect(dice(enclosed(pictureOf(1, 3, 0.2), clicks(6)), lesion)).toBeGreaterThan(
      dice(straight, lesion) + 0.03,
    )
  })

  it('moves a click to the edge beside it, and goes only along cracks between voxels', () => {
    const picture = pictureOf(1, 3, 0)
    const wire = liveWire(picture, [CENTRE + 46 + 2, CENTRE])
    const radius = (point: Point): number => Math.hypot(point[0] - CENTRE, point[1] - CENTRE)
    expect(Math.abs(radius(wire.anchor) - 46)).toBeLessThan(2)
    let last = wire.anchor
    for (const point of wire.to([CENTRE, CENTRE + 40])) {
      expect(Math.abs(point[0] - last[0]) + Math.abs(point[1] - last[1])).toBe(1)
      expect([point[0] - 0.5, point[1] - 0.5].every(Number.isInteger)).toBe(true)
      last = point
    }
  })

  it('stays within the picture, and beyond its reach goes on straight', () => {
    const wire = liveWire(pictureOf(1, 3, 0), [2, 2])
    const way = wire.to([250, 250])
    expect(way.at(-1)).toEqual([250, 250])
    const outside = liveWire(pictureOf(1, 3, 0), [-40, 300], { snap: false })
    expect(outside.anchor).toEqual([-0.5, 255.5])
    expect(outside.to([-40, 300])).toEqual([[-40, 300]])
    for (const [x, y] of wire.to([-9, -9])) expect(Math.min(x, y)).toBeGreaterThanOrEqual(-9)
  })

  it('on an even picture takes a shortest way', () => {
    const picture = { ...pictureOf(1, 1, 0) }
    expect(liveWire(picture, [100, 100], { snap: false }).to([110, 105])).toHaveLength(15)
  })
})
