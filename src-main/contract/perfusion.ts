import { z } from 'zod'
import { vec3Schema } from './geometry'
import { motionReportSchema } from './motion'
import { voxelArraySchema } from './voxels'

export const perfusionMethods = ['bennink', 'ssvd', 'csvd', 'osvd'] as const
export type PerfusionMethod = (typeof perfusionMethods)[number]

/** As a reader sees them, wherever a method is named. */
export const methodLabels: Record<MapsMethod, string> = {
  bennink: 'Box regression',
  ssvd: 'sSVD',
  csvd: 'cSVD',
  osvd: 'oSVD',
  cnn: 'CNN',
}

/** What maps can come from: a deconvolution, or a network that needs no arterial input. */
export const mapsMethods = [...perfusionMethods, 'cnn'] as const
export type MapsMethod = (typeof mapsMethods)[number]

/** Two sources of maps to be seen together, the upper row first. */
export type Comparison = readonly [MapsMethod, MapsMethod]

/** Reads "cnn,bennink"; null where these are not two different methods. */
export function comparisonOf(text: string): Comparison | null {
  const [upper, lower, ...more] = text.split(',').map((name) => mapsMethods.find((method) => method === name))
  return upper && lower && upper !== lower && more.length === 0 ? [upper, lower] : null
}

export const mapNames = ['cbf', 'cbv', 'mtt', 'ttp', 'tmax', 'delay'] as const
export type MapName = (typeof mapNames)[number]

/** How arterial or venous voxels are chosen: found by the engine, or named by a person as voxel indices. */
export const inputChoiceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('automatic') }),
  z.object({ kind: z.literal('voxels'), voxels: z.array(vec3Schema).min(1) }),
])
export type InputChoice = z.infer<typeof inputChoiceSchema>

/** Everything that changes a map. Written into every report. */
export const perfusionSettingsSchema = z.object({
  method: z.enum(perfusionMethods).default('bennink'),
  /** Bring the head of every frame to the place it has in the first, before anything else. */
  motionCorrection: z.boolean().default(false),
  arterialInput: inputChoiceSchema.default({ kind: 'automatic' }),
  venousOutput: inputChoiceSchema.default({ kind: 'automatic' }),
  /** Scale the arterial curve to the venous area (partial volume). */
  scaleToVenous: z.boolean().default(true),
  hematocritLarge: z.number().min(0).max(0.9).default(0.45),
  hematocritSmall: z.number().min(0).max(0.9).default(0.25),
  /** g/ml */
  brainDensity: z.number().positive().max(3).default(1.05),
  /** Share of the largest singular value below which components are dropped; null: 0.2 for sSVD, 0.1 for cSVD. */
  svdThreshold: z.number().min(0).max(1).nullable().default(null),
  /** Limit of the oscillation index of oSVD. */
  oscillationLimit: z.number().positive().max(1).default(0.035),
  /**
   * [¼ ½ ¼] over time on curve and model before the box regression, as Bennink's program does; noise that is
   * independent from frame to frame is fitted better without.
   */
  smoothInTime: z.boolean().default(false),
  /** Gaussian full width at half maximum in the slice plane before fitting, mm; 0: none. */
  smoothInPlaneMm: z.number().min(0).max(20).default(0),
  /** Average each curve with the similar ones nearby before fitting: noise goes, edges stay. */
  reduceNoise: z.boolean().default(true),
  /** Spacing of the uniform time grid, s; null: the interval of the series (of its dense phase where it has two). */
  timeStep: z.number().positive().max(10).nullable().default(null),
})
export type PerfusionSettings = z.infer<typeof perfusionSettingsSchema>

export const warningSchema = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
})
export type Warning = z.infer<typeof warningSchema>

export const gradeSchema = z.enum(['good', 'fair', 'poor'])

/** A vascular curve with where it was taken and how far it can be trusted. */
export const vascularInputSchema = z.object({
  voxels: z.array(vec3Schema),
  /** Seconds from the first frame, [sample] of the uniform grid. */
  times: z.array(z.number()),
  /** Enhancement (ΔHU, or relative concentration for MR), before any scaling. */
  curve: z.array(z.number()),
  /** Factor applied to `curve` before deconvolution (partial volume). */
  scale: z.number(),
  quality: z.object({
    grade: gradeSchema,
    score: z.number().min(0).max(1),
    peak: z.number(),
    timeToPeak: z.number(),
    fullWidthHalfMaximum: z.number(),
    area: z.number(),
    reasons: z.array(z.string()),
  }),
})
export type VascularInput = z.infer<typeof vascularInputSchema>

/** Which network: its name, and the hash of its weights. */
export const modelIdentitySchema = z.object({ name: z.string(), weightsSha256: z.string() })
export type ModelIdentity = z.infer<typeof modelIdentitySchema>

export const mapSchema = z.object({
  name: z.enum(mapNames),
  /** Short label for a pane: "CBF", and for Tmax which definition it is. */
  label: z.string(),
  definition: z.string(),
  voxels: voxelArraySchema,
  display: z.object({ lower: z.number(), upper: z.number(), colourMap: z.string() }),
})
export type MapInfo = z.infer<typeof mapSchema>

export const perfusionResultSchema = z.object({
  mapsId: z.string(),
  seriesKey: z.string(),
  method: z.enum(mapsMethods),
  /** Of a deconvolution; a network uses of it only what finds the brain and the vessels that are shown. */
  settings: perfusionSettingsSchema,
  /** The network that made the maps; absent for a deconvolution. */
  model: modelIdentitySchema.optional(),
  maps: z.array(mapSchema),
  mask: voxelArraySchema,
  aif: vascularInputSchema,
  vof: vascularInputSchema.nullable(),
  baselineFrames: z.number().int(),
  /** Bolus arrival in the artery, s from the first frame: the origin of TTP. */
  arrival: z.number(),
  timeStep: z.number(),
  /** How the head moved; absent where motion was not looked for. */
  motion: motionReportSchema.optional(),
  warnings: z.array(warningSchema),
  /** Seconds per stage. */
  timings: z.record(z.string(), z.number()),
})
export type PerfusionResult = z.infer<typeof perfusionResultSchema>

/** A time curve of a voxel or a region, over the arterial and venous ones. */
export const curveSampleSchema = z.object({
  times: z.array(z.number()),
  /** Mean over the region, in the unit of the series (HU, or signal). */
  values: z.array(z.number()),
  /** Standard deviation over the region, [frame]; zeros for one voxel. */
  deviation: z.array(z.number()),
  voxels: z.number().int(),
  /** The model curve fitted to this sample, on `fittedTimes`, as enhancement; null without maps. */
  fitted: z.array(z.number()).nullable(),
  fittedTimes: z.array(z.number()).nullable(),
  /** Baseline value to add to enhancement to compare it with `values`. */
  baseline: z.number(),
})
export type CurveSample = z.infer<typeof curveSampleSchema>
