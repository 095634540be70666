import { describe, expect, it } from 'vitest'
import { structureNames, type StructureName, type Vec3 } from '@contract'
import {
  findMidline,
  gridMidPlane,
  headMasks,
  structureLabels,
  mirroredVoxels,
  sidesOf,
  smoothWithin,
  LEFT,
} from '../../../src-main/engine/masks'
import {
  makePhantom,
  phantomOptions,
  phantomSeries,
  phantomTruth,
  tissueLabels,
  type PhantomRequest,
} from '../../../src-main/engine/phantom'
import { patientOfMni } from '../../../src-main/engine/phantom/mni'
import { grid } from '../tissueAtRisk/twoHemispheres'

const degrees = (radians: number): number => (radians * 180) / Math.PI

async function midlineOf(request: PhantomRequest) {
  const options = phantomOptions({ size: 128, slices: 8, lesion: 'none', noise: 0, volumes: 1, ...request })
  const phantom = await makePhantom(options)
  return findMidline(phantom.geometry, phantomTruth(phantom).mask)
}

describe('the midline', () => {
  it('of a straight head is the plane x = 0', async () => {
    const { normal, point, trusted } = await midlineOf({})
    expect(trusted).toBe(true)
    expect(degrees(Math.acos(normal[0]))).toBeLessThan(2)
    expect(Math.abs(point[0])).toBeLessThan(2)
  })
  it('follows a head that is turned and out of the centre', async () => {
    const head = { turn: 12, shift: [8, -5, 0] as [number, number, number] }
    const { normal, point } = await midlineOf({ individual: { head } })
    expect(degrees(Math.atan2(normal[1], normal[0]))).toBeCloseTo(12, 0)
    // Where the middle of the head has been moved to, LPS.
    const [x, y] = patientOfMni([8, -5, 0])
    expect(Math.abs((x - point[0]) * normal[0] + (y - point[1]) * normal[1])).toBeLessThan(2)
  })
  it('stays with the head where the slices are oblique', async () => {
    const { normal } = await midlineOf({ oblique: 9 })
    expect(degrees(Math.acos(normal[0]))).toBeLessThan(3)
  })
  it('is not trusted where only one hemisphere was found', async () => {
    const phantom = await makePhantom(
      phantomOptions({ size: 128, slices: 8, lesion: 'none', noise: 0, volumes: 1 }),
    )
    const { mask } = phantomTruth(phantom)
    const sides = sidesOf(phantom.geometry, { point: [0, 0, 0], normal: [1, 0, 0] })
    const half = mask.map((inside, i) => (sides[i] === LEFT ? inside : 0))
    expect(findMidline(phantom.geometry, half).trusted).toBe(false)
    expect(
      findMidline(
        phantom.geometry,
        mask.map(() => 0),
      ).trusted,
    ).toBe(false)
  })
  it.each([
    { column: 59.5, tilt: 0, lean: 0 },
    { column: 55, tilt: 6, lean: -4 },
    { column: 66, tilt: -11, lean: 8 },
  ])('of a grid is found at column $column, turned by $tilt and leaning by $lean degrees', (expected) => {
    const size: Vec3 = [120, 140, 12]
    const spacing: Vec3 = [1.2, 1, 5]
    const radians = (angle: number): number => (angle * Math.PI) / 180
    const [tilt, lean] = [radians(expected.tilt), radians(expected.lean)]
    // A head like an egg, wider behind than in front.
    const mask = new Uint8Array(120 * 140 * 12)
    for (let at = 0; at < mask.length; at++) {
      const [x, y, z] = [at % 120, Math.floor(at / 120) % 140, Math.floor(at / (120 * 140))]
      const [right, down, up] = [(x - expected.column) * 1.2, y - 69.5, (z - 5.5) * 5]
      const flat = right * Math.cos(tilt) + down * Math.sin(tilt)
      const across = flat * Math.cos(lean) + up * Math.sin(lean)
      const along = down * Math.cos(tilt) - right * Math.sin(tilt)
      const upright = up * Math.cos(lean) - flat * Math.sin(lean)
      const width = 42 + (8 * along) / 55
      mask[at] = (across / width) ** 2 + (along / 55) ** 2 + (upright / 60) ** 2 <= 1 ? 1 : 0
    }
    const plane = gridMidPlane({ size, spacing }, mask)
    expect(plane?.trusted).toBe(true)
    expect(Math.abs((plane?.column ?? 0) - expected.column)).toBeLessThan(0.8)
    expect(Math.abs(degrees(plane?.tilt ?? 9) - expected.tilt)).toBeLessThan(1.5)
    expect(Math.abs(degrees(plane?.lean ?? 9) - expected.lean)).toBeLessThan(1.5)
    expect(gridMidPlane({ size, spacing }, new Uint8Array(mask.length))).toBeNull()
    expect(() => gridMidPlane({ size, spacing }, mask.subarray(1))).toThrow('voxels')
  })
  it('mirrors voxels onto voxels, and back', () => {
    const mirrored = mirroredVoxels(grid, { point: [0, 0, 0], normal: [1, 0, 0] })
    const [nx, ny] = grid.size
    expect(mirrored[(3 * ny + 20) * nx + 10]).toBe((3 * ny + 20) * nx + 79)
    for (let i = 0; i < mirrored.length; i += 997) expect(mirrored[mirrored[i]]).toBe(i)
  })
})

describe('skull, fluid and vessels', () => {
  it('lie where the phantom has them', async () => {
    const phantom = await makePhantom(phantomOptions({ size: 128, slices: 5, lesion: 'none', noise: 3 }))
    const series = await phantomSeries(phantom)
    const truth = phantomTruth(phantom)
    const aif = { scale: 1, voxels: [[0, 0, 0]], quality: { peak: 350 } }
    const masks = headMasks(series, { mask: truth.mask, aif, baselineFrames: 5 })
    const { tissue } = phantom.voxels
    const share = (found: Uint8Array, label: number): number => {
      const inside = found.filter((_, i) => tissue[i] === label)
      return inside.reduce((sum, value) => sum + value, 0) / inside.length
    }
    expect(share(masks.skull, tissueLabels.skull)).toBeGreaterThan(0.95)
    expect(share(masks.skull, tissueLabels.grey)).toBe(0)
    expect(share(masks.brain, tissueLabels.white)).toBeGreaterThan(0.99)
    expect(share(masks.fluid, tissueLabels.grey)).toBeLessThan(0.01)
    // Of fluid without partial volume: what has fluid on all sides.
    const deep = [...tissue.keys()].filter((i) =>
      [0, 1, -1, 2, -2, 128, -128, 256, -256].every((step) => tissue[i + step] === tissueLabels.fluid),
    )
    const inside = deep.filter((i) => masks.brain[i] === 1)
    expect(inside.filter((i) => masks.fluid[i] === 1).length).toBeGreaterThan(0.95 * inside.length)
    expect(share(masks.vessels, tissueLabels.white)).toBe(0)
    expect(share(masks.vessels, tissueLabels.artery)).toBeGreaterThan(0.3)
    // As they are seen: one label a voxel, and a line between the hemispheres in every slice, near the middle column.
    const labels = structureLabels(series, { mask: truth.mask, aif, baselineFrames: 5 })
    const voxelsOf = (name: StructureName): number[] =>
      [...labels.keys()].filter((i) => labels[i] === structureNames.indexOf(name) + 1)
    expect(voxelsOf('skull')).toHaveLength(masks.skull.reduce((sum, value) => sum + value, 0))
    const columns = voxelsOf('midline').map((i) => i % 128)
    expect(columns.length).toBeGreaterThan(5 * 50)
    expect(columns.every((column) => Math.abs(column - 63) <= 6)).toBe(true)
  })
})

describe('smoothing within a mask', () => {
  it('keeps a constant, also at the edge of the mask, and spreads a point by its full width', () => {
    const [nx, ny, nz] = grid.size
    const map = new Float32Array(nx * ny * nz).fill(7)
    const mask = map.map((_, i) => (i % nx > 20 ? 1 : 0))
    const inside = Uint8Array.from(mask)
    smoothWithin(map, inside, grid, 8).forEach((value, i) => {
      if (inside[i] === 1) expect(Math.abs(value - 7)).toBeLessThan(1e-4)
      else expect(value).toBe(0)
    })
    const all = new Uint8Array(map.length).fill(1)
    const middle = (2 * ny + 50) * nx + 45
    map.fill(0)
    map[middle] = 1
    const spread = smoothWithin(map, all, grid, 8)
    // Half of the height at half of the full width: 4 mm are 2 voxels.
    expect(spread[middle + 2] / spread[middle]).toBeCloseTo(0.5, 2)
    expect(spread[middle + 2 * nx] / spread[middle]).toBeCloseTo(0.5, 2)
    expect(spread[middle + nx * ny]).toBe(0)
  })
})
