import { z } from 'zod'
import { vec3Schema } from './geometry'

/** How the motion of the head is corrected before maps are computed. */
export const motionSettingsSchema = z.object({
  enabled: z.boolean().default(true),
  /**
   * What every frame is brought to: one frame by its index, which is as sharp as the others, or the mean of those that lie
   * where the first does, which has less noise.
   */
  reference: z.union([z.literal('mean'), z.number().int().min(0)]).default(0),
  /** A frame that moved less is left as it is, mm. */
  thresholdMm: z.number().min(0).max(5).default(0.1),
  /** A frame that moved more is left out, mm: such a motion lasts through the frame and cannot be undone. */
  limitMm: z.number().min(1).max(100).default(30),
  /** Frames that a person leaves out, by index, also where nothing is corrected. */
  leaveOut: z.array(z.number().int().min(0)).default([]),
})
export type MotionSettings = z.infer<typeof motionSettingsSchema>

export const motionStates = ['kept', 'corrected', 'leftOut'] as const

/** Where the head lies in one slab of one frame, from its place in the reference. */
export const frameMotionSchema = z.object({
  /** Index in the series as it was read. */
  frame: z.number().int(),
  /** Index of the group of slices scanned together, feet first; 0 where a frame is scanned at once. */
  slab: z.number().int(),
  /** Of the centre of the slab, mm, patient axes (LPS). */
  translation: vec3Schema,
  /** Degrees about the patient's x, then y, then z axis, through the centre of the slab. */
  rotation: vec3Schema,
  /** Root mean square displacement within 80 mm of the centre of the slab, mm (Jenkinson 1999). */
  displacementMm: z.number(),
  /** The furthest way through the slices within 80 mm of the centre, mm. */
  throughMm: z.number().optional(),
  /** How far the place may be off in the same sense, mm: what the edges that were seen leave room for. */
  uncertaintyMm: z.number().optional(),
  /** Left as it was, resampled, or not in the corrected series. */
  state: z.enum(motionStates),
  /** Why a frame is left out. */
  reason: z.string().optional(),
  /** A person left it out. */
  byHand: z.boolean().optional(),
})
export type FrameMotion = z.infer<typeof frameMotionSchema>

/**
 * A slab of thick slices whose resampled frames were restored by a model of the head between the slices
 * (docs/adr/0017-between-thick-slices.md).
 */
export const restoredSlabSchema = z.object({
  /** Index of the group of slices. */
  slab: z.number().int(),
  /** Of what was fitted, the share that the model made truer, 0 to 1; the rest stays as resampling left it. */
  share: z.number(),
})

/** What a motion correction found; stands in summary.json as `motion`. */
export const motionReportSchema = z.object({
  settings: motionSettingsSchema,
  /** [frame × slab] */
  frames: z.array(frameMotionSchema),
  /** Frames of the series as it was read that the corrected series lacks. */
  leftOut: z.array(z.number().int()),
  /** Slices of each slab, first and last. */
  slabs: z.array(z.tuple([z.number().int(), z.number().int()])),
  /** Empty: nothing to restore, or not enough to do it with. */
  restored: z.array(restoredSlabSchema).default([]),
  /** Seconds, [frame]: the mean over the slices. */
  times: z.array(z.number()),
  /** Seconds per stage. */
  timings: z.record(z.string(), z.number()),
})
export type MotionReport = z.infer<typeof motionReportSchema>

/** No series has more; a slip of the hand such as 1-999999999 is no list. */
const LAST_FRAME = 100_000

/** Indices of frames from the numbers a person writes, counted from 1: `12, 40-42`. null where it is no such list. */
export function parseFrames(text: string): number[] | null {
  const frames = new Set<number>()
  for (const part of text.split(',').map((each) => each.trim())) {
    const match = /^(\d{1,6})(?:\s*[-–]\s*(\d{1,6}))?$/.exec(part)
    if (part === '' && text.trim() === '') return []
    if (!match) return null
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])]
    if (first < 1 || last < first || last > LAST_FRAME) return null
    for (let frame = first; frame <= last; frame++) frames.add(frame - 1)
  }
  return [...frames].sort((one, other) => one - other)
}

/** What `parseFrames` reads: indices as numbers from 1, neighbours as a range. */
export function framesText(frames: readonly number[]): string {
  const sorted = [...new Set(frames)].sort((one, other) => one - other)
  const ranges: [number, number][] = []
  for (const frame of sorted) {
    const last = ranges[ranges.length - 1]
    if (last && frame === last[1] + 1) last[1] = frame
    else ranges.push([frame, frame])
  }
  return ranges.map(([from, to]) => (from === to ? `${from + 1}` : `${from + 1}-${to + 1}`)).join(', ')
}
