import { UmbraError, type MotionSettings, type Warning } from '@contract'
import type { WorkerPool } from '../compute/pool'
import { partOfRun, type Run } from '../compute/run'
import type { VolumeSeries } from '../volume'
import type { SlabRange } from './reducedGrid'
import { registerSlab, startSlab, unlikeness, type SlabMotion, type SlabStart } from './registerSlab'

/** The places of the head in every slab, and the frame they are counted from. */
export interface RegisteredSlabs {
  found: (SlabMotion | null)[]
  /** What the settings ask for, or what came in its place. */
  reference: MotionSettings['reference']
  warnings: Warning[]
}

/** Of one study most frames are this like one another, or else the one they are compared with is not. */
const LIKE = 0.1
/** Frames that a reference is compared with. */
const COMPARED = 7
/** Where a reference is damaged, frames are so many times more like another one. */
const BETTER = 2

/**
 * Refuses frames that the series does not have, and more frames to be left out than half of it. Throws `no-such-frame`
 * and `too-many-left-out`.
 */
export function checkFrames(frames: number, { reference, leaveOut }: MotionSettings): void {
  const has = `the series has ${frames}`
  if (reference !== 'mean' && reference >= frames) {
    throw new UmbraError({
      code: 'no-such-frame',
      message: `The reference of the motion correction is frame ${reference + 1}, but ${has}.`,
      hint: 'Choose a frame of the series, or the mean.',
    })
  }
  const missing = leaveOut.find((frame) => frame >= frames)
  if (missing !== undefined) {
    throw new UmbraError({
      code: 'no-such-frame',
      message: `Frame ${missing + 1} cannot be left out: ${has}.`,
      hint: `Frames are counted from 1 to ${frames}.`,
    })
  }
  const count = leaveOut.length
  if (count > frames / 2) {
    throw new UmbraError({
      code: 'too-many-left-out',
      message: `${count} of ${frames} frames were to be left out, more than half: what is left shows no bolus that could be relied on.`,
      hint: `Leave out ${Math.floor(frames / 2)} at most; where more are damaged, scan again if the patient allows.`,
    })
  }
}

/**
 * Registers every slab to the reference. A frame that is left out is none: the next one that is used takes its place. A
 * reference that is empty or damaged, which the other frames fit neither in one way nor another, is replaced where it is
 * only the usual one (the first), and refused where a person chose it. Throws `reference-damaged`.
 */
export async function registerSlabs(
  pool: WorkerPool,
  series: VolumeSeries,
  slabs: readonly SlabRange[],
  { reference, leaveOut }: MotionSettings,
  run: Run,
): Promise<RegisteredSlabs> {
  const used = Array.from({ length: series.frames }, (_, frame) => frame).filter(
    (frame) => !leaveOut.includes(frame),
  )
  const asked = reference === 'mean' ? 0 : reference
  const toMean = reference === 'mean'
  const warnings: Warning[] = []
  const first = used.find((frame) => frame >= asked) ?? used[used.length - 1]
  if (first !== asked) {
    warnings.push({
      code: 'reference-left-out',
      message: `Frame ${asked + 1} is left out: frame ${first + 1} is the reference in its place.`,
    })
  }
  const { anchor, starts } = await undamaged(pool, series, slabs, first, used, partOfRun(run, 0, 0.1))
  if (anchor !== first) {
    if (!toMean && asked > 0 && first === asked) throw damagedReference(asked)
    warnings.push({
      code: 'reference-replaced',
      message: `Frame ${first + 1}, the reference of the motion correction, is empty or damaged: frame ${anchor + 1} was the reference in its place.`,
      hint: 'Look at the images over time; another frame can be chosen as the reference.',
    })
  }
  const found: (SlabMotion | null)[] = []
  for (const [index, start] of starts.entries()) {
    const share = partOfRun(run, 0.1 + (0.9 * index) / slabs.length, 0.1 + (0.9 * (index + 1)) / slabs.length)
    found.push(start && (await registerSlab(pool, series, start, { anchor, toMean, used }, share)))
  }
  return { found, reference: toMean ? reference : anchor, warnings }
}

/** A reference, and every slab with some frames brought to it. */
interface StartedReference {
  anchor: number
  starts: (SlabStart | null)[]
}

/** The frame itself, or, where the others are much more like another one than like it, that one. */
async function undamaged(
  pool: WorkerPool,
  series: VolumeSeries,
  slabs: readonly SlabRange[],
  first: number,
  used: readonly number[],
  run: Run,
): Promise<StartedReference> {
  const at = (share: number): number => used[Math.floor(share * (used.length - 1))]
  const compared = async (anchor: number): Promise<StartedReference> => {
    const sample = Array.from({ length: COMPARED }, (_, n) => at((n + 0.5) / COMPARED))
    const others = [...new Set(sample)].filter((other) => other !== anchor)
    const starts: (SlabStart | null)[] = []
    for (const slab of slabs) {
      starts.push(await startSlab(pool, series, slab, anchor, others, { signal: run.signal }))
    }
    return { anchor, starts }
  }
  const own = await compared(first)
  if (differences(own).every((difference) => difference !== null && difference <= LIKE)) return own
  for (const frame of [at(0.5), at(0.25), at(1)]) {
    if (frame === first) continue
    const other = await compared(frame)
    if (isBetter(differences(other), differences(own))) return other
  }
  return own
}

/** Of every slab; null where the reference shows no edges. */
const differences = ({ starts }: StartedReference): (number | null)[] =>
  starts.map((start) => start && unlikeness(start))

/** Whether frames are much more like another reference, in one slab at least, and in none less. */
function isBetter(other: readonly (number | null)[], one: readonly (number | null)[]): boolean {
  const gains = other.map((difference, slab) => {
    const before = one[slab]
    if (difference === null) return before === null ? 1 : 0
    return before === null ? Infinity : before / difference
  })
  return gains.some((gain) => gain > BETTER) && gains.every((gain) => gain > 1 / BETTER)
}

function damagedReference(frame: number): UmbraError {
  return new UmbraError({
    code: 'reference-damaged',
    message: `Frame ${frame + 1}, the reference of the motion correction, is empty or damaged: the other frames do not fit it.`,
    hint: 'Choose another frame as the reference of motion, or the first.',
  })
}
