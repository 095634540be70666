import { z } from 'zod'
import { problemSchema } from './errors'
import { filterMethods, filterSettingsSchema, type FilterMethod } from './filters'
import { motionSettingsSchema } from './motion'
import { qualityGrades, qualityLineSchema } from './quality'
import { sideChoices, tissueAtRiskPresets, tissueAtRiskRuleSchema, usualRule } from './tissueAtRisk'
import {
  perfusionMethods,
  perfusionResultSchema,
  perfusionSettingsSchema,
  warningSchema,
  type PerfusionSettings,
} from './perfusion'

/** What each step of a run can be told. Every value is part of the key of the step's result, and so of all that follow. */
export const pipelineSettingsShape = {
  recognise: z.object({
    /** The series to use, by UID or key; null: the only perfusion series, or the one with most images. */
    series: z.string().nullable().default(null),
  }),
  motion: motionSettingsSchema,
  filter: filterSettingsSchema,
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
  tissueAtRisk: z.object({
    rule: tissueAtRiskRuleSchema.default(usualRule),
    referenceSide: z.enum(sideChoices).default('automatic'),
  }),
  quality: z.object({}),
  export: z.object({
    /** Of a study that quality calls not reliable: everything, marked as such, or its summary without any map. */
    notReliable: z.enum(['everything', 'summary']).default('everything'),
  }),
} as const

/** Of a run: the filter guided by time. The bilateral filter by values widens a lesion (docs/adr/0016). */
export const usualFilter: FilterMethod = 'tips'

/** The steps in the order a person reads them. */
export const pipelineSteps = Object.keys(pipelineSettingsShape) as PipelineStep[]
export type PipelineStep = keyof typeof pipelineSettingsShape

const shape = pipelineSettingsShape
export const pipelineSettingsSchema = z.object({
  recognise: shape.recognise.prefault({}),
  motion: shape.motion.prefault({}),
  filter: shape.filter.prefault({ method: usualFilter }),
  inputs: shape.inputs.prefault({}),
  deconvolve: shape.deconvolve.prefault({}),
  predict: shape.predict.prefault({}),
  tissueAtRisk: shape.tissueAtRisk.prefault({}),
  quality: shape.quality.prefault({}),
  export: shape.export.prefault({}),
})
export type PipelineSettings = z.output<typeof pipelineSettingsSchema>

const queueChoices = {
  /** Where results go unless another folder is named; empty: it has to be. */
  directory: z.string(),
  /** null: the method of Settings. */
  method: z.enum(perfusionMethods).nullable(),
  motion: z.boolean(),
  filter: z.enum(filterMethods),
  network: z.boolean(),
  /** Name of a preset of tissue at risk. */
  rule: z.string(),
  notReliable: z.enum(['everything', 'summary']),
}
/** What a person has chosen for every study of the queue; the rest is as in Settings. */
export const queueSettingsSchema = z.object({
  directory: queueChoices.directory.default(''),
  method: queueChoices.method.default(null),
  motion: queueChoices.motion.default(true),
  filter: queueChoices.filter.default(usualFilter),
  network: queueChoices.network.default(true),
  rule: queueChoices.rule.default(usualRule.name),
  notReliable: queueChoices.notReliable.default('everything'),
})
/** Without defaults, which would come in the place of what is not given. */
const queueSettingsChangeSchema = z.object(queueChoices).partial()
export type QueueSettings = z.output<typeof queueSettingsSchema>

/** Settings of the perfusion room and of the queue, as a study of the queue is run with. */
export function queuedSettings(perfusion: PerfusionSettings, queue: QueueSettings): PipelineSettings {
  const preset = tissueAtRiskPresets.find(({ rule }) => rule.name === queue.rule)
  return pipelineSettingsSchema.parse({
    motion: { enabled: queue.motion },
    filter: { method: queue.filter },
    inputs: perfusion,
    deconvolve: { ...perfusion, method: queue.method ?? perfusion.method },
    predict: { enabled: queue.network },
    tissueAtRisk: { rule: preset?.rule ?? usualRule },
    export: { notReliable: queue.notReliable },
  })
}

/** As a reader sees the steps. */
export const pipelineStepLabels: Record<PipelineStep, string> = {
  recognise: 'Recognise',
  motion: 'Motion',
  filter: 'Filter',
  inputs: 'Arterial and venous input',
  deconvolve: 'Deconvolve',
  predict: 'Predict by network',
  tissueAtRisk: 'Tissue at risk',
  quality: 'Quality',
  export: 'Summary and export',
}

/** The steps whose results each step rests on: where one of them changes, it is done again. */
export const pipelineRestsOn: Record<PipelineStep, readonly PipelineStep[]> = {
  recognise: [],
  motion: ['recognise'],
  filter: ['recognise', 'motion'],
  inputs: ['recognise', 'motion', 'filter'],
  deconvolve: ['recognise', 'motion', 'filter', 'inputs'],
  predict: ['recognise', 'motion'],
  tissueAtRisk: ['deconvolve'],
  quality: ['recognise', 'motion', 'filter', 'deconvolve', 'predict', 'tissueAtRisk'],
  export: ['recognise', 'motion', 'filter', 'inputs', 'deconvolve', 'predict', 'tissueAtRisk', 'quality'],
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
  /** Of the study, also where no maps could be made of it; absent until it is known. */
  quality: z.array(qualityLineSchema).optional(),
  /** What was written, relative to the folder of run.json. */
  files: z.array(z.string()),
  error: problemSchema.nullable(),
  notice: z.string(),
})
export type PipelineRun = z.infer<typeof pipelineRunSchema>

/** What a run of the open series gave; null where there are no such maps. */
export const pipelineResultSchema = z.object({
  run: pipelineRunSchema,
  maps: perfusionResultSchema.nullable(),
  network: perfusionResultSchema.nullable(),
})
export type PipelineResult = z.infer<typeof pipelineResultSchema>

/** A study of a batch or queue, as a line of its table. Figures are null where there are none. */
export const cohortRowSchema = z.object({
  study: z.string(),
  state: z.enum(['done', 'failed']),
  /** Why it failed: what happened, what to do, where. Of one that is done, the checks that it does not pass. */
  reason: z.string().nullable(),
  series: z.string().nullable(),
  method: z.string().nullable(),
  brainMl: z.number().nullable(),
  arteryGrade: z.string().nullable(),
  veinGrade: z.string().nullable(),
  /** Medians over the brain. */
  cbf: z.number().nullable(),
  cbv: z.number().nullable(),
  mtt: z.number().nullable(),
  tmax: z.number().nullable(),
  coreMl: z.number().nullable(),
  hypoperfusionMl: z.number().nullable(),
  mismatchMl: z.number().nullable(),
  mismatchRatio: z.number().nullable(),
  /** Of the worst check. */
  quality: z.enum(qualityGrades).nullable(),
  warnings: z.number().int(),
  /** Steps that were computed, and those that were found. */
  computed: z.number().int(),
  kept: z.number().int(),
  seconds: z.number(),
  /** Where its files are. */
  directory: z.string(),
})
export type CohortRow = z.infer<typeof cohortRowSchema>

export const queueItemSchema = z.object({
  id: z.string(),
  /** Of the folder or zip file; its results lie in a folder of this name. */
  study: z.string(),
  paths: z.array(z.string()).min(1),
  /** The series of it, by key or UID; null: the perfusion series that fits. */
  series: z.string().nullable().default(null),
  directory: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
  addedAt: z.string(),
  endedAt: z.string().nullable(),
  /** Of what a watched folder held when it was taken. */
  fingerprint: z.string().nullable(),
  row: cohortRowSchema.nullable(),
})
export type QueueItem = z.infer<typeof queueItemSchema>

export const watchSchema = z.object({ folder: z.string(), directory: z.string() })
export const queueSchema = z.object({
  items: z.array(queueItemSchema),
  /** A folder whose studies are taken into the queue by themselves. */
  watch: watchSchema.nullable(),
})
export type StudyQueue = z.infer<typeof queueSchema>
/** The queue as the window shows it. */
export const queueStateSchema = queueSchema.extend({
  settings: queueSettingsSchema,
  /** Why nothing is taken although studies wait: another program works on the queue, in words; null: this one does. */
  elsewhere: z.string().nullable(),
})
export type StudyQueueState = z.infer<typeof queueStateSchema>

const nothing = z.object({})
const ids = z.object({ ids: z.array(z.string()) })

/** Part of `methods`: runs of the open series, and the queue of studies. */
export const pipelineMethods = {
  /** Runs the steps over a series of the open study; results that rest on nothing that has changed are found. */
  'pipeline.run': {
    in: z.object({
      seriesKey: z.string(),
      settings: pipelineSettingsSchema,
      directory: z.string().nullable(),
    }),
    out: pipelineResultSchema,
    long: true,
  },
  /** The run of a series that is under way, or the last one; null where there was none since it was opened. */
  'pipeline.state': {
    in: z.object({ seriesKey: z.string() }),
    out: z.object({ run: pipelineRunSchema.nullable() }),
    long: false,
  },
  'queue.state': { in: nothing, out: queueStateSchema, long: false },
  /** Each path is a study; with `cohort` the folders and zip files in it are. */
  'queue.add': {
    in: z.object({ paths: z.array(z.string()).min(1), directory: z.string(), cohort: z.boolean() }),
    out: queueStateSchema,
    long: false,
  },
  /** Each of these series of the open study is run by itself. */
  'queue.addSeries': {
    in: z.object({ seriesKeys: z.array(z.string()).min(1), directory: z.string() }),
    out: queueStateSchema,
    long: false,
  },
  'queue.remove': { in: ids, out: queueStateSchema, long: false },
  'queue.again': { in: ids, out: queueStateSchema, long: false },
  /** For every study that is taken from now on; what is not given stays. */
  'queue.settings': { in: queueSettingsChangeSchema, out: queueStateSchema, long: false },
  /** What the studies of the queue came to, as CSV. */
  'queue.table': { in: nothing, out: z.object({ csv: z.string() }), long: false },
  'queue.watch': { in: z.object({ watch: watchSchema.nullable() }), out: queueStateSchema, long: false },
} as const
