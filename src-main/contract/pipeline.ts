import { z } from 'zod'
import { problemSchema } from './errors'
import { perfusionSettingsSchema, warningSchema } from './perfusion'

/** What each step of a run can be told. Every value is part of the key of the step's result, and so of all that follow. */
export const pipelineSettingsShape = {
  recognise: z.object({
    /** The series to use, by UID or key; null: the only perfusion series, or the one with most images. */
    series: z.string().nullable().default(null),
  }),
  /** Brain, arterial input and venous output. */
  inputs: perfusionSettingsSchema.pick({
    arterialInput: true,
    venousOutput: true,
    scaleToVenous: true,
    timeStep: true,
  }),
  deconvolve: perfusionSettingsSchema.pick({
    method: true,
    svdThreshold: true,
    oscillationLimit: true,
    reduceNoise: true,
    smoothInPlaneMm: true,
    smoothInTime: true,
    hematocritLarge: true,
    hematocritSmall: true,
    brainDensity: true,
  }),
  predict: z.object({
    enabled: z.boolean().default(true),
    /** A model's folder, ONNX file or name; null: the one that comes with Umbra. */
    model: z.string().nullable().default(null),
  }),
  export: z.object({}),
} as const

/** The steps in the order a person reads them. */
export const pipelineSteps = Object.keys(pipelineSettingsShape) as PipelineStep[]
export type PipelineStep = keyof typeof pipelineSettingsShape

const shape = pipelineSettingsShape
export const pipelineSettingsSchema = z.object({
  recognise: shape.recognise.prefault({}),
  inputs: shape.inputs.prefault({}),
  deconvolve: shape.deconvolve.prefault({}),
  predict: shape.predict.prefault({}),
  export: shape.export.prefault({}),
})
export type PipelineSettings = z.output<typeof pipelineSettingsSchema>

/** As a reader sees the steps. */
export const pipelineStepLabels: Record<PipelineStep, string> = {
  recognise: 'Recognise',
  inputs: 'Arterial and venous input',
  deconvolve: 'Deconvolve',
  predict: 'Predict by network',
  export: 'Summary and export',
}

export const stepStates = [
  /** Not come to yet. */
  'waiting',
  'running',
  /** Computed in this run. */
  'done',
  /** Found: nothing it depends on has changed since it was computed. */
  'kept',
  /** Switched off, or not for such a series. */
  'off',
  'failed',
  /** Not come to: a step before failed, or the run was cancelled. */
  'notReached',
] as const
export type StepState = (typeof stepStates)[number]

/** One step of a run, as run.json and the window tell it. */
export const stepRecordSchema = z.object({
  step: z.string(),
  label: z.string(),
  version: z.number().int(),
  /** Of its result: the hash of version, settings and the keys of what it rests on; null until that is known. */
  key: z.string().nullable(),
  state: z.enum(stepStates),
  settings: z.record(z.string(), z.unknown()),
  /** Of the computation, also where its result was kept; null where there was none. */
  seconds: z.number().nullable(),
  /** What came out, in words. */
  result: z.array(z.string()),
  warnings: z.array(warningSchema),
  error: problemSchema.nullable(),
})
export type StepRecord = z.infer<typeof stepRecordSchema>

/** A run of the pipeline: `run.json`. */
export const pipelineRunSchema = z.object({
  umbra: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  /** Seconds from start to end, reading included. */
  seconds: z.number().nullable(),
  /** Description, modality and size of the series; null until one is recognised. */
  series: z.string().nullable(),
  steps: z.array(stepRecordSchema),
  /** What was written, relative to the folder of run.json. */
  files: z.array(z.string()),
  error: problemSchema.nullable(),
  notice: z.string(),
})
export type PipelineRun = z.infer<typeof pipelineRunSchema>
