import { describe, expect, it } from 'vitest'
import {
  Drawing,
  History,
  Labelmap,
  brushSegment,
  voxelMillilitres,
  type Change,
} from '../../../src-renderer/drawing'
import { gridOf, seeded } from './grid'

const stroke = { slice: 1, diameter: 6, layer: 0, inside: 1 } as const

describe('the labelmap', () => {
  it('counts the volume of each structure in ml', () => {
    const labels = new Labelmap(gridOf([10, 10, 4], [0.5, 0.8, 5]), 2)
    expect(labels.millilitresPerVoxel).toBeCloseTo(0.002, 12)
    for (let at = 0; at < 30; at++) labels.put(at, 1)
    labels.put(labels.layerLength + 3, 1)
    labels.put(3, 0)
    expect([labels.count(0), labels.count(1)]).toEqual([29, 1])
    expect(labels.millilitres(0)).toBeCloseTo(0.058, 12)
  })

  it('knows that a tilted gantry makes the voxels of slices apart smaller than their spacing says', () => {
    const tilt = (20 * Math.PI) / 180
    const geometry = gridOf([10, 10, 4], [1, 1, 5])
    geometry.direction[2] = [0, Math.sin(tilt), Math.cos(tilt)]
    expect(voxelMillilitres(geometry)).toBeCloseTo(0.005 * Math.cos(tilt), 12)
  })

  it('takes a saved drawing and refuses one of another grid', () => {
    const saved = new Uint8Array(2 * 400)
    saved.fill(1, 400, 410)
    expect(new Labelmap(gridOf([10, 10, 4]), 2, saved).count(1)).toBe(10)
    expect(() => new Labelmap(gridOf([10, 10, 4]), 2, new Uint8Array(800 + 1))).toThrow('801 voxels')
  })
})

describe('the brush', () => {
  const drawn = (spacing: [number, number, number], diameter: number): Drawing => {
    const drawing = new Drawing(gridOf([64, 64, 3], spacing), 1)
    brushSegment(drawing, [32, 32], [32, 32], { ...stroke, diameter })
    return drawing
  }

  it('is a circle of its diameter on the patient, also where voxels are not square', () => {
    for (const spacing of [
      [0.5, 0.5, 5],
      [0.5, 1, 5],
    ] as [number, number, number][]) {
      const { labels } = drawn(spacing, 20)
      const area = labels.count(0) * spacing[0] * spacing[1]
      expect(area / (Math.PI * 10 ** 2)).toBeCloseTo(1, 1)
      expect(labels.voxels[labels.offset(32 + Math.floor(10 / spacing[0]), 32, 1)]).toBe(1)
      expect(labels.voxels[labels.offset(32, 32 + Math.floor(10 / spacing[1]), 1)]).toBe(1)
      expect(labels.voxels[labels.offset(32, 32 + Math.floor(10 / spacing[1]) + 1, 1)]).toBe(0)
    }
  })

  it('draws the voxel under the pointer however small it is, and only its own slice', () => {
    const { labels } = drawn([1, 1, 5], 0.1)
    expect(labels.count(0)).toBe(1)
    expect(labels.voxels[labels.offset(32, 32, 1)]).toBe(1)
  })

  it('leaves no gaps when the mouse moves fast', () => {
    const drawing = new Drawing(gridOf([64, 64, 3]), 1)
    brushSegment(drawing, [5, 32], [58, 32], { ...stroke, diameter: 3 })
    for (let x = 4; x <= 59; x++) expect(drawing.labels.voxels[drawing.labels.offset(x, 32, 1)]).toBe(1)
  })

  it('follows the pointer over the edge of the picture and past it', () => {
    const drawing = new Drawing(gridOf([64, 64, 3]), 1)
    brushSegment(drawing, [-30, -30], [-20, -20], stroke)
    expect(drawing.labels.count(0)).toBe(0)
    brushSegment(drawing, [-20, 10], [0, 10], stroke)
    expect(drawing.labels.count(0)).toBeGreaterThan(5)
  })

  it('with a threshold draws only where the map is within the range', () => {
    const drawing = new Drawing(gridOf([64, 64, 3]), 1)
    const left = (offset: number): boolean => offset % 64 < 32
    brushSegment(drawing, [32, 32], [32, 32], { ...stroke, within: left })
    const { voxels } = drawing.labels
    expect(drawing.labels.count(0)).toBeGreaterThan(0)
    for (let at = 0; at < voxels.length; at++) if (voxels[at] === 1) expect(at % 64).toBeLessThan(32)
  })

  it('of one structure never changes another', () => {
    const drawing = new Drawing(gridOf([64, 64, 3]), 2)
    brushSegment(drawing, [32, 32], [32, 32], stroke)
    const core = drawing.labels.count(0)
    brushSegment(drawing, [30, 32], [36, 32], { ...stroke, layer: 1 })
    brushSegment(drawing, [32, 32], [32, 32], { ...stroke, layer: 1, inside: 0, diameter: 3 })
    expect(drawing.labels.count(0)).toBe(core)
  })
})

describe('undo and redo', () => {
  it('take back and make again 200 mixed steps, voxel for voxel', () => {
    const random = seeded(7)
    const drawing = new Drawing(gridOf([48, 40, 6]), 3)
    const states = [drawing.labels.voxels.slice()]
    while (states.length <= 200) {
      const layer = Math.floor(random() * 3)
      const point = (): [number, number] => [random() * 48, random() * 40]
      const inside = random() < 0.7 ? 1 : 0
      if (random() < 0.9) {
        const slice = Math.floor(random() * 6)
        brushSegment(drawing, point(), point(), { slice, layer, inside, diameter: 1 + 8 * random() })
      } else {
        const mask = Uint8Array.from({ length: 48 * 40 * 6 }, () => (random() < 0.2 ? 1 : 0))
        drawing.mark(layer, mask, inside)
      }
      if (drawing.commit(`step ${states.length}`)) states.push(drawing.labels.voxels.slice())
    }
    for (let step = 200; step > 0; step--) {
      expect(drawing.undo()).toBe(`step ${step}`)
      expect(Buffer.compare(drawing.labels.voxels, states[step - 1])).toBe(0)
    }
    expect(drawing.undo()).toBeNull()
    for (let step = 1; step <= 200; step++) {
      expect(drawing.redo()).toBe(`step ${step}`)
      expect(Buffer.compare(drawing.labels.voxels, states[step])).toBe(0)
    }
    expect(drawing.redo()).toBeNull()
    for (let layer = 0; layer < 3; layer++) {
      const counted = drawing.labels.layer(layer).reduce((sum, inside) => sum + inside, 0)
      expect(drawing.labels.count(layer)).toBe(counted)
    }
  })

  it('keep only what changed: 50 strokes on 512 × 512 × 16 take less than a megabyte', () => {
    const random = seeded(1)
    const drawing = new Drawing(gridOf([512, 512, 16], [0.45, 0.45, 10]), 2)
    for (let step = 0; step < 50; step++) {
      const from: [number, number] = [100 + 300 * random(), 100 + 300 * random()]
      brushSegment(drawing, from, [from[0] + 60, from[1] + 40], { ...stroke, diameter: 10 })
      drawing.commit('Brush')
    }
    expect(drawing.historyBytes).toBeLessThan(2 ** 20)
    for (let step = 0; step < 50; step++) drawing.undo()
    expect(drawing.labels.count(0)).toBe(0)
  })

  it('forget the oldest steps where they take too much memory, never the newest', () => {
    const history = new History(500, 4000)
    const drawing = new Drawing(gridOf([100, 100, 1]), 1, undefined, history)
    for (let step = 0; step < 20; step++) {
      drawing.mark(
        0,
        Uint8Array.from({ length: 10_000 }, (_, at) => (at % 50 === step * 2 ? 1 : 0)),
        1,
      )
      drawing.commit(`step ${step}`)
    }
    expect(history.bytes).toBeLessThanOrEqual(4000)
    expect(drawing.undo()).toBe('step 19')
  })

  it('a step that changes nothing is none, and a dropped one leaves nothing behind', () => {
    const drawing = new Drawing(gridOf([64, 64, 3]), 1)
    expect(drawing.commit('Nothing')).toBe(false)
    brushSegment(drawing, [32, 32], [32, 32], stroke)
    drawing.drop()
    expect(drawing.labels.count(0)).toBe(0)
    expect(drawing.undoTitle).toBeNull()
    brushSegment(drawing, [32, 32], [32, 32], stroke)
    drawing.commit('Brush')
    brushSegment(drawing, [10, 10], [10, 10], stroke)
    expect(drawing.undo()).toBe('Brush')
    expect(drawing.labels.count(0)).toBe(0)
  })

  it('say which slices changed, so that only those are drawn and saved again', () => {
    const drawing = new Drawing(gridOf([64, 64, 8]), 2)
    const changes: Change[] = []
    brushSegment(drawing, [32, 32], [32, 32], { ...stroke, slice: 5, layer: 1 })
    drawing.commit('Brush')
    drawing.onChange((change) => changes.push(change))
    drawing.undo()
    drawing.redo()
    for (const { layer, box } of changes) expect([layer, box.from[2], box.to[2]]).toEqual([1, 5, 5])
    expect(changes).toHaveLength(2)
  })
})
