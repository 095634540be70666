import { z } from 'zod'
import { residueShapes, territories } from '../phantom'

type Range = [low: number, high: number]
const range = (low: number, high: number): z.ZodDefault<z.ZodType<Range, Range>> =>
  (
    z
      .tuple([z.number(), z.number()])
      .refine(([from, to]) => from <= to, 'the lower end comes first') as z.ZodType<Range, Range>
  ).default([low, high])

/**
 * Between what the patients of a generated cohort differ. Numbers are drawn evenly from [low, high], noise evenly on a
 * logarithmic scale.
 */
export const cohortRangesSchema = z.strictObject({
  /** Bolus in the artery: arrival (s), peak (HU), α, β (s), height of the second pass. */
  arrival: range(6, 13),
  peak: range(260, 520),
  alpha: range(2.3, 3.8),
  beta: range(1.15, 1.9),
  recirculation: range(0.04, 0.12),
  venousDelay: range(3.5, 5.5),
  venousDispersion: range(1.5, 2.6),
  /** Cardiac output as it shows in all tissue: share of normal flow, and of normal volume. */
  flow: range(0.75, 1.25),
  volume: range(0.85, 1.15),
  residues: z
    .array(z.enum(residueShapes))
    .min(1)
    .default([...residueShapes]),
  /** Share of patients without a lesion. */
  normals: z.number().min(0).max(1).default(0.15),
  territories: z
    .array(z.enum(territories))
    .min(1)
    .default(['mca-left', 'mca-right', 'aca-left', 'aca-right', 'pca-left', 'pca-right']),
  /** ml; less where the slab has less tissue. */
  coreMl: range(0, 45),
  penumbraMl: range(10, 110),
  lesionFlow: range(0.8, 1.2),
  lesionVolume: range(0.85, 1.15),
  lesionDelay: range(-1.5, 2.5),
  /** Head: size of the standard one, height of the slab (mm), turn (degrees), shift (mm). */
  size: range(0.93, 1.05),
  height: range(-42, 6),
  turn: range(-9, 9),
  shift: range(-6, 6),
  /** Standard deviation of the noise, HU. */
  noise: range(2, 15),
  /** Largest displacement left after registration (elastix finds shifts to 0.1 mm), and the share that moved, mm. */
  motion: range(0, 0.2),
  moved: z.number().min(0).max(1).default(0.3),
  /** Seconds between time points, one of these; the scan lasts `duration` s. */
  intervals: z.array(z.number().positive()).min(1).default([0.5, 1, 1, 1.5, 2, 3]),
  duration: range(42, 62),
})
export type CohortRanges = z.output<typeof cohortRangesSchema>

/** Settings that no patient of the default ranges has: other boluses, flows, territories' sizes, turns, intervals. */
export const heldOutRanges: Partial<z.input<typeof cohortRangesSchema>> = {
  arrival: [13.2, 15],
  peak: [525, 600],
  alpha: [3.85, 4.2],
  beta: [1, 1.14],
  recirculation: [0.121, 0.14],
  venousDelay: [5.55, 6],
  flow: [1.26, 1.35],
  volume: [1.16, 1.22],
  lesionFlow: [0.74, 0.79],
  lesionVolume: [0.8, 0.84],
  turn: [9.5, 12],
  size: [1.055, 1.07],
  intervals: [1.2],
  duration: [54, 56],
}
