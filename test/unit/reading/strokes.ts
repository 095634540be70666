import { usualStructures, type Geometry } from '@contract'

/** The grid the strokes of the kill test are drawn on. */
export const strokeGrid: Geometry = {
  size: [48, 48, 12],
  spacing: [1, 1, 5],
  origin: [0, 0, 0],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  frameOfReference: '',
}
export const strokeArea = 48 * 48

export interface Stroke {
  slices: { structure: string; slice: number }[]
  bytes: Uint8Array<ArrayBuffer>
}

/** The numbers 0..2³² − 1 after `state`, well mixed (splitmix32). */
function* numbers(state: number): Generator<number, never> {
  for (;;) {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    yield (mixed ^ (mixed >>> 15)) >>> 0
  }
}

/** The n-th stroke: one to four whole slices of noise, always the same for the same number. */
export function strokeOf(n: number): Stroke {
  const random = numbers(n)
  const next = (below: number): number => random.next().value % below
  const slices = Array.from({ length: 1 + next(4) }, () => ({
    structure: usualStructures[next(2)].key,
    slice: next(strokeGrid.size[2]),
  }))
  const bytes = Uint8Array.from({ length: slices.length * strokeArea }, () => next(2))
  return { slices, bytes }
}

/** What the reading holds after the strokes 1 … n: one frame for each structure. */
export function drawnBy(n: number): Uint8Array[] {
  const frames = usualStructures.map(() => new Uint8Array(strokeArea * strokeGrid.size[2]))
  for (let stroke = 1; stroke <= n; stroke++) {
    const { slices, bytes } = strokeOf(stroke)
    slices.forEach(({ structure, slice }, i) => {
      const frame = frames[usualStructures.findIndex(({ key }) => key === structure)]
      frame.set(bytes.subarray(i * strokeArea, (i + 1) * strokeArea), slice * strokeArea)
    })
  }
  return frames
}
