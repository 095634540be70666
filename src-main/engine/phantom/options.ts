import { z } from 'zod'
import { UmbraError } from '@contract'
import { individualSchema } from './individual'
import type { Sampling } from './planes'

export const phantomKinds = ['head', 'kudo'] as const
export const phantomVendors = ['ge', 'siemens', 'philips', 'canon'] as const
export const residueShapes = ['exponential', 'box', 'linear'] as const
export type ResidueShape = (typeof residueShapes)[number]

export const territories = [
  'mca-left',
  'mca-right',
  'aca-left',
  'aca-right',
  'pca-left',
  'pca-right',
] as const
export type Territory = (typeof territories)[number]

/** An infarct: whose artery is shut, and how much tissue is lost and at risk, ml; null: as much as suits the slab. */
export interface LesionRequest {
  territory: Territory
  coreMl: number | null
  penumbraMl: number | null
}

const lesionPattern = new RegExp(`^(${territories.join('|')})(?::(\\d+(?:\\.\\d+)?)\\+(\\d+(?:\\.\\d+)?))?$`)

/** Reads `none`, `mca-left` or `mca-left:20+60` (core + penumbra, ml); undefined for anything else. */
export function parseLesion(text: string): LesionRequest | null | undefined {
  if (text === 'none') return null
  const match = lesionPattern.exec(text)
  if (!match) return undefined
  const volume = (part: string | undefined): number | null => (part === undefined ? null : Number(part))
  return { territory: match[1] as Territory, coreMl: volume(match[2]), penumbraMl: volume(match[3]) }
}

/** Voxels of the largest grid: 512 × 512 × 128. */
const MAX_VOXELS = 2 ** 25
const MAX_SECONDS = 600
const MAX_PIXEL_DATA = 2 ** 32 - 2

/** Side of the square field of view, mm. */
export const FIELD_OF_VIEW = 230
/**
 * Of a head that moves: what lies between points so near is drawn as sharp wherever the head lies, and a frame that moved
 * is no more blurred than one that did not.
 */
const PLANE_MM = 1.7
const FEWEST_PLANES = 3
const FINE_PIXEL_MM = 0.6

/** The points that a slice of a head is the mean of, as a scanner sees it, and as a head that moves is always drawn. */
export function scannerSampling({ size, thickness }: { size: number; thickness: number }): Sampling {
  return {
    planes: Math.min(15, Math.max(FEWEST_PLANES, Math.ceil(thickness / PLANE_MM))),
    points: FIELD_OF_VIEW / size > FINE_PIXEL_MM ? 2 : 1,
  }
}

const requestSchema = z.strictObject({
  kind: z.enum(phantomKinds).default('head'),
  /** Whose habits the DICOM files follow. */
  vendor: z.enum(phantomVendors).default('ge'),
  /** `mr`: a DSC-MRI series, where contrast lowers the signal. */
  modality: z.enum(['ct', 'mr']).default('ct'),
  /** Rows and columns. Head 256, Kudo 512. */
  size: z.number().int().min(32).max(1024).optional(),
  /** Head 8; Kudo 6: vessels, then CBV 1 to 5. */
  slices: z.number().int().min(1).max(320).optional(),
  /** Slice thickness and distance, mm. */
  thickness: z.number().min(0.5).max(20).default(5),
  /** Time points. Head 45, Kudo 30. */
  volumes: z.number().int().min(1).max(1000).optional(),
  /** Seconds between time points. Head 1, Kudo 2. */
  interval: z.number().min(0.05).max(60).optional(),
  /** Seconds between time points of a second, slower phase; null: one phase. */
  lateInterval: z.number().min(0.05).max(60).nullable().default(null),
  /** When the second phase begins, s from the first time point. */
  lateFrom: z.number().min(0).max(600).default(30),
  /** Largest random shift of a time point, s. */
  jitter: z.number().min(0).max(10).default(0),
  /** Standard deviation of the noise, HU (for mr: counts). Head 5, Kudo 0. */
  noise: z.number().min(0).max(200).optional(),
  residue: z.enum(residueShapes).default('box'),
  /** `none`, a territory, or a territory with volumes in ml: `mca-left:20+60` (core + penumbra). */
  lesion: z.string().optional(),
  /** Largest displacement of the head, mm; it also turns by up to 0.6 degree a millimetre. */
  motion: z.number().min(0).max(20).default(0),
  /**
   * Planes across its thickness that a slice of a head is the mean of, as a scanner sees it; 1: its middle plane alone, as
   * where the head does not move. A moving one has at least three, up to 1.7 mm apart.
   */
  planes: z.number().int().min(1).max(15).optional(),
  /** Points along either side of a pixel that it is the mean of; 1 where the head does not move or pixels are small. */
  points: z.number().int().min(1).max(4).optional(),
  /** The table goes to and fro: the lower and the upper half of the slices are scanned in turn. */
  shuttle: z.boolean().default(false),
  /** Gantry tilt, degrees. */
  tilt: z.number().min(-30).max(30).default(0),
  /** Image planes turned about the antero-posterior axis, degrees (a reformatted series). */
  oblique: z.number().min(-45).max(45).default(0),
  /** Time of day of the first time point, HH:MM:SS. */
  startTime: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?$/, 'a time of day such as 10:15:30')
    .default('10:15:30'),
  /** Canon: all time points in one multi-frame file instead of one file each. */
  oneFile: z.boolean().default(false),
  /** A rescale slope and intercept of its own for every slice. */
  rescalePerSlice: z.boolean().default(false),
  seed: z.number().int().min(0).max(0xffffffff).default(1),
  /** A patient unlike the standard one; the head only. */
  individual: individualSchema.optional(),
  /** Where the slab has too little tissue, a lesion as large as fits instead of a refusal. */
  shrinkLesion: z.boolean().optional(),
})

/**
 * What a phantom is made from. Whatever is left out gets the default of its kind; an impossible combination is an
 * issue on the option at fault.
 */
export const phantomOptionsSchema = requestSchema.transform((request, context) => {
  const head = request.kind === 'head'
  const size = request.size ?? (head ? 256 : 512)
  const sampling =
    head && request.motion > 0
      ? scannerSampling({ size, thickness: request.thickness })
      : { planes: 1, points: 1 }
  const options = {
    ...request,
    size,
    planes: request.planes ?? sampling.planes,
    points: request.points ?? sampling.points,
    slices: request.slices ?? (head ? 8 : 6),
    volumes: request.volumes ?? (head ? 45 : 30),
    interval: request.interval ?? (head ? 1 : 2),
    noise: request.noise ?? (head ? 5 : 0),
    lesion: request.lesion ?? (head ? 'mca-left' : 'none'),
  }
  const refuse = (option: keyof typeof options, message: string): void => {
    context.addIssue({ code: 'custom', path: [option], message, input: options[option] })
  }
  if (parseLesion(options.lesion) === undefined) {
    refuse(
      'lesion',
      `none, or one of ${territories.join(', ')}, with volumes in ml if wanted: mca-left:20+60`,
    )
  }
  if (options.size ** 2 * options.slices > MAX_VOXELS) {
    refuse('slices', `size × size × slices may be at most ${MAX_VOXELS} (512 × 512 × 128)`)
  }
  if (!head && (options.size % 16 !== 0 || options.size < 64)) {
    refuse('size', 'a multiple of 16, at least 64, so that the tiles fit (--kind kudo)')
  }
  if (!head && (options.slices < 2 || options.slices > 6)) {
    refuse('slices', '2 to 6: one for the vessels, one for each CBV (--kind kudo)')
  }
  if (!head && options.lesion !== 'none') refuse('lesion', 'the Kudo phantom has no lesion')
  if (!head && options.modality === 'mr') refuse('modality', 'the Kudo phantom is a CT phantom')
  if (options.modality === 'mr' && options.vendor === 'canon') {
    refuse('modality', 'DSC-MRI is written in the style of ge, siemens or philips')
  }
  if (options.oneFile && options.vendor !== 'canon') refuse('oneFile', 'only with --vendor canon')
  const bytes = options.size ** 2 * options.slices * options.volumes * 2
  if (options.oneFile && bytes > MAX_PIXEL_DATA) {
    refuse(
      'oneFile',
      'the pixels would not fit one DICOM file (4 GB); leave it out for a file for each time point',
    )
  }
  if (options.rescalePerSlice && options.vendor === 'canon') {
    refuse('rescalePerSlice', 'not with --vendor canon')
  }
  if (options.shuttle && options.slices < 2) refuse('shuttle', 'needs at least two slices')
  if (options.tilt !== 0 && options.oblique !== 0) refuse('oblique', 'not together with a tilted gantry')
  const shortest = Math.min(options.interval, options.lateInterval ?? options.interval)
  if (frameTimes(options)[options.volumes - 1] > MAX_SECONDS) {
    refuse('volumes', `the scan may last at most ${MAX_SECONDS} s`)
  }
  if (options.jitter > 0.4 * shortest) {
    refuse('jitter', 'at most 40 % of the interval, or time would run back')
  }
  return options
})
export type PhantomRequest = z.input<typeof phantomOptionsSchema>
export type PhantomOptions = z.output<typeof phantomOptionsSchema>

/** Nominal time of each time point, s from the first: one interval, or a second one from `lateFrom` on. */
export function frameTimes(
  options: Pick<PhantomOptions, 'volumes' | 'interval' | 'lateInterval' | 'lateFrom'>,
): Float64Array {
  const times = new Float64Array(options.volumes)
  for (let frame = 1; frame < options.volumes; frame++) {
    const before = times[frame - 1]
    const late = options.lateInterval !== null && before >= options.lateFrom - 1e-9
    times[frame] = before + (late ? (options.lateInterval ?? 0) : options.interval)
  }
  return times
}

/** Reads options given by a person; throws `usage`, naming every option at fault. */
export function phantomOptions(request: PhantomRequest): PhantomOptions {
  const parsed = phantomOptionsSchema.safeParse(request)
  if (parsed.success) return parsed.data
  throw new UmbraError({
    code: 'usage',
    message: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
    where: parsed.error.issues[0].path.join('.'),
    hint: 'umbra phantom --help lists the options and their ranges.',
  })
}

/** What every voxel of a phantom is the mean of. Tiles are as wide and as thick as their voxels. */
export function samplingOf({
  planes,
  points,
  kind,
}: Pick<PhantomOptions, keyof Sampling | 'kind'>): Sampling {
  return kind === 'kudo' ? { planes: 1, points: 1 } : { planes, points }
}
