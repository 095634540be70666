import { z } from 'zod'
import { jointHistogramSchema, mapsAgreementSchema } from './agreement'
import { agreementMethods } from './agreementMethods'
import { backendChoices, backendListSchema } from './backends'
import { midPlaneSchema, vec3Schema } from './geometry'
import { fusedSeriesSchema } from './fusion'
import { jobSchema } from './jobs'
import {
  curveSampleSchema,
  mapNames,
  perfusionResultSchema,
  perfusionSettingsSchema,
  warningSchema,
} from './perfusion'
import { pipelineMethods } from './pipeline'
import { readingFileMethods, readingMethods, sessionSchema } from './reading'
import { catalogueSchema, correctedSeriesSchema, loadedSeriesSchema, recentStudySchema } from './study'
import {
  networkModelSchema,
  teachingCaseSchema,
  trainingExampleSchema,
  trainingPresetSchema,
  trainingRunSchema,
} from './training'
import { riskAssessmentSchema, riskChoiceSchema } from './tissueAtRisk'
import { voxelArraySchema } from './voxels'

/** `long` methods answer with a job at once; their `out` is the result the finished job carries. */
interface Method<In extends z.ZodType, Out extends z.ZodType, Long extends boolean> {
  in: In
  out: Out
  long: Long
}
const quick = <In extends z.ZodType, Out extends z.ZodType>(input: In, out: Out): Method<In, Out, false> => ({
  in: input,
  out,
  long: false,
})
const long = <In extends z.ZodType, Out extends z.ZodType>(input: In, out: Out): Method<In, Out, true> => ({
  in: input,
  out,
  long: true,
})

const nothing = z.object({})

/** What a person has chosen for every new computation, kept by the engine. */
export const settingsSchema = z.object({
  perfusion: perfusionSettingsSchema,
  /** What networks are computed with. */
  backend: z.enum(backendChoices),
})

/** Every request the renderer can make of the engine. Both sides parse with these schemas at the boundary. */
export const methods = {
  /** `session` of a person who is signed in to read: from here on this window is answered as that person may know. */
  'engine.about': quick(
    z.object({ session: sessionSchema.nullable().default(null) }),
    z.object({
      version: z.string(),
      node: z.string(),
      platform: z.string(),
      cores: z.number(),
      memoryTotal: z.number(),
      memoryUsed: z.number(),
      /** What computes: "2 CPU cores"; later a GPU. */
      backend: z.string(),
      /** What went wrong beside any request, such as a damaged settings file that was set aside. */
      notices: z.array(warningSchema),
    }),
  ),

  /** A folder of the machine the engine runs on, for picking a study where there is no native dialog. */
  'files.list': quick(
    z.object({ path: z.string().nullable() }),
    z.object({
      path: z.string(),
      parent: z.string().nullable(),
      entries: z.array(
        z.object({ name: z.string(), path: z.string(), directory: z.boolean(), bytes: z.number() }),
      ),
    }),
  ),

  'study.open': long(z.object({ paths: z.array(z.string()).min(1) }), catalogueSchema),
  /** What is open now; null when nothing is. A reloaded window asks this first. */
  'study.current': quick(nothing, catalogueSchema.nullable()),
  'study.close': quick(nothing, nothing),
  'study.recent': quick(nothing, z.object({ recent: z.array(recentStudySchema) })),
  'study.forget': quick(z.object({ paths: z.array(z.string()) }), nothing),
  /** Makes the demonstration phantom if it is not there yet and opens it. */
  'study.demo': long(nothing, catalogueSchema),

  'series.load': long(z.object({ seriesKey: z.string() }), loadedSeriesSchema),
  /** A small picture of the middle slice (one frame, uint8, at most 128 × 128). */
  'series.thumbnail': quick(z.object({ seriesKey: z.string() }), voxelArraySchema),
  /**
   * Over time: the maximum (tMIP), the mean, or the mean of the baseline frames. With `mapsId` of the images with their
   * motion taken back, as those maps were made of them.
   */
  'series.project': long(
    z.object({
      seriesKey: z.string(),
      projection: z.enum(['maximum', 'average', 'baseline']),
      mapsId: z.string().nullable().default(null),
    }),
    voxelArraySchema,
  ),
  /** The images with their motion taken back, as these maps were made of them; null where nothing was moved. */
  'series.corrected': long(
    z.object({ seriesKey: z.string(), mapsId: z.string() }),
    correctedSeriesSchema.nullable(),
  ),
  /** Another volume of the same patient (MR or CT), registered rigidly to the series and brought onto its grid. */
  'series.fuse': long(z.object({ seriesKey: z.string(), otherKey: z.string() }), fusedSeriesSchema),
  'series.curve': quick(
    z.object({
      seriesKey: z.string(),
      voxels: z.array(vec3Schema).min(1).max(1_000_000),
      mapsId: z.string().nullable(),
      /** False: of the images as they were acquired, also where the maps were made of corrected ones. */
      corrected: z.boolean().default(true),
    }),
    curveSampleSchema,
  ),

  'maps.compute': long(
    z.object({ seriesKey: z.string(), settings: perfusionSettingsSchema }),
    perfusionResultSchema,
  ),
  /** The same by a network; `model` is a folder, or the name of one that comes with Umbra (null: the usual one). */
  'maps.predict': long(
    z.object({ seriesKey: z.string(), settings: perfusionSettingsSchema, model: z.string().nullable() }),
    perfusionResultSchema,
  ),
  'maps.list': quick(
    z.object({ seriesKey: z.string() }),
    z.object({ results: z.array(perfusionResultSchema) }),
  ),
  /** Writes everything `umbra maps` writes into a folder of the engine's machine. */
  'maps.export': long(
    z.object({
      mapsId: z.string(),
      directory: z.string(),
      /** By the usual rule where it is absent. */
      risk: riskChoiceSchema.optional(),
      /** The one page of tissue at risk too. */
      onePage: z.boolean().default(false),
    }),
    z.object({ directory: z.string(), files: z.array(z.string()) }),
  ),

  /** Tissue at risk by a rule, and the quality of the study. */
  'maps.assess': long(riskChoiceSchema.extend({ mapsId: z.string() }), riskAssessmentSchema),
  /** Skull, fluid, large vessels and midline as labels, see `structureNames`. */
  'maps.structures': long(z.object({ mapsId: z.string() }), z.object({ labels: voxelArraySchema })),
  /** The one page of tissue at risk as a picture; the bytes of a PNG file stand in the array. */
  'maps.onePage': long(riskChoiceSchema.extend({ mapsId: z.string() }), z.object({ png: voxelArraySchema })),

  /** Every map of one result against the same map of another result of the series, in the mask of both. */
  'maps.compare': long(z.object({ mapsId: z.string(), referenceId: z.string() }), mapsAgreementSchema),
  /** Of one slice, or, with null, of the whole study. */
  'maps.jointHistogram': quick(
    z.object({
      mapsId: z.string(),
      referenceId: z.string(),
      map: z.enum(mapNames),
      slice: z.number().int().min(0).nullable(),
      lower: z.number(),
      upper: z.number(),
      bins: z.number().int().min(2).max(256),
    }),
    jointHistogramSchema,
  ),

  /** Those that come with Umbra first, then those of finished runs, the newest first. */
  'models.list': quick(nothing, z.object({ models: z.array(networkModelSchema) })),

  'training.runs': quick(nothing, z.object({ runs: z.array(trainingRunSchema) })),
  /** The maps of its example slice after its latest epoch; null before the first. */
  'training.example': quick(z.object({ runId: z.string() }), trainingExampleSchema.nullable()),
  'training.presets': quick(nothing, z.object({ presets: z.array(trainingPresetSchema) })),
  /**
   * The cases of a reading study, for its owner: which can be learnt from, as far as the headers of their files tell, and
   * which are of one patient. `sources`: the deconvolutions among the study's, whose settings can make the maps.
   */
  'training.cases': long(
    z.object({ session: sessionSchema, studyId: z.string() }),
    z.object({
      cases: z.array(teachingCaseSchema),
      sources: z.array(z.object({ key: z.string(), name: z.string() })),
    }),
  ),
  /** Starts a run of a configuration (JSON text); one of a reading study needs the session of the study's owner. */
  'training.start': long(
    z.object({ config: z.string(), session: sessionSchema.nullable().default(null) }),
    z.object({ runId: z.string() }),
  ),
  /** Ends the work of a run; everything up to its last whole epoch is kept. Cancelling its job does the same. */
  'training.pause': quick(z.object({ runId: z.string() }), nothing),
  /** Goes on where a run was paused, or where the machine or the program ended it. */
  'training.resume': long(
    z.object({ runId: z.string(), session: sessionSchema.nullable().default(null) }),
    z.object({ runId: z.string() }),
  ),
  /** The model of a finished run as an ONNX file in its folder, compared with it by ONNX Runtime before it is written. */
  'training.export': long(
    z.object({ runId: z.string() }),
    z.object({ path: z.string(), bytes: z.number().int(), largestDifference: z.number() }),
  ),
  'training.remove': quick(z.object({ runId: z.string() }), nothing),

  ...readingMethods,
  /**
   * What fills a structure between the slices it is drawn on. The request's bytes are its mask on the grid, one byte for
   * each voxel, x fastest, then y, then z; the answer is runs of voxels to add: where each starts, and its length.
   */
  'drawing.interpolate': quick(
    z.object({ size: vec3Schema, spacing: vec3Schema }),
    z.object({ added: z.array(z.tuple([z.number().int(), z.number().int()])) }),
  ),
  /**
   * The mid-sagittal plane of a brain: `findMidline` of tissue at risk, on a grid without a place. The request's bytes are
   * the mask of the brain, one for each voxel. Null where there is no brain; not trusted where it has no symmetry.
   */
  'drawing.midPlane': quick(
    z.object({ size: vec3Schema, spacing: vec3Schema }),
    z.object({ plane: midPlaneSchema.extend({ trusted: z.boolean() }).nullable() }),
  ),
  ...agreementMethods,
  ...pipelineMethods,
  ...readingFileMethods,

  'jobs.list': quick(nothing, z.object({ jobs: z.array(jobSchema) })),
  'jobs.cancel': quick(z.object({ jobId: z.string() }), nothing),
  'jobs.clear': quick(nothing, nothing),

  /** What networks can be computed with here, the preferred first. */
  'backends.list': quick(nothing, backendListSchema),
  /** The same, each started for a moment and measured. */
  'backends.measure': long(nothing, backendListSchema),

  'settings.get': quick(nothing, settingsSchema),
  /** Changes what is given and keeps the rest. */
  'settings.set': quick(settingsSchema.partial(), nothing),
} as const

export type Methods = typeof methods
export type MethodName = keyof Methods
export type Input<M extends MethodName> = z.input<Methods[M]['in']>
export type Output<M extends MethodName> = z.output<Methods[M]['out']>
export type LongMethod = { [M in MethodName]: Methods[M]['long'] extends true ? M : never }[MethodName]
export type QuickMethod = Exclude<MethodName, LongMethod>
