import { z } from 'zod'
import { mapNames, mapsMethods, perfusionSettingsSchema } from '../perfusion'
import { accountKey, nameSchema } from './people'

/** A name within a protocol file, never shown: "core", "case-07". */
export const keySchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i, 'A key is 1 to 64 of the letters a to z, digits, ".", "_" and "-".')
const someCases = z.union([z.literal('all'), z.array(keySchema).min(1)])

/** A concept of a coding scheme, as DICOM writes it: SCT is SNOMED CT. */
export const codedTermSchema = z.object({
  value: z.string().min(1).max(16),
  scheme: z.string().min(1).max(16),
  meaning: z.string().min(1).max(64),
})
export type CodedTerm = z.infer<typeof codedTermSchema>

/** What is drawn. Every structure has a layer of its own, so that structures may overlap (a core lies in its penumbra). */
export const drawnStructureSchema = z.object({
  key: keySchema,
  name: nameSchema,
  /** The value that stands for it where one label file holds all structures (ITK-SNAP, NIfTI, SEG). */
  label: z.number().int().min(1).max(255),
  colour: z.string().regex(/^#[0-9a-f]{6}$/i),
  /** The maps it is drawn on, the first shown first. */
  maps: z.array(z.enum(mapNames)).min(1),
  term: codedTermSchema,
})
export type DrawnStructure = z.infer<typeof drawnStructureSchema>

/** The two structures of the paper: core drawn on CBV, penumbra on CBF and TTP. */
export const usualStructures: readonly DrawnStructure[] = [
  {
    key: 'core',
    name: 'Infarct core',
    label: 1,
    colour: '#e5484d',
    maps: ['cbv'],
    term: { value: '55641003', scheme: 'SCT', meaning: 'Infarct' },
  },
  {
    key: 'penumbra',
    name: 'Penumbra',
    label: 2,
    colour: '#3dd68c',
    maps: ['cbf', 'ttp'],
    term: { value: 'PENUMBRA', scheme: '99UMBRA', meaning: 'Ischemic penumbra' },
  },
]

/** One patient's scan. */
export const readingCaseSchema = z.object({
  key: keySchema,
  /** For those who may know it; a blinded rater sees "Reading 4" instead. */
  name: nameSchema,
  /** Folders, files or zip files on the engine's machine, as `study.open` takes them. */
  paths: z.array(z.string().min(1)).min(1),
  /** Which series, as SeriesInstanceUID; null: the only CT perfusion there. */
  seriesUid: z.string().nullable().default(null),
})
export type ReadingCase = z.infer<typeof readingCaseSchema>

/** A series that can become a case. */
export const foundCaseSchema = readingCaseSchema.omit({ key: true }).extend({
  description: z.string(),
  timePoints: z.number().int(),
  slices: z.number().int(),
})
export type FoundCase = z.infer<typeof foundCaseSchema>

/** Where the maps come from that are read. */
export const readingSourceSchema = z.object({
  key: keySchema,
  name: nameSchema,
  method: z.enum(mapsMethods),
  /** For `cnn`, as `maps.predict` takes it; null: the usual network. */
  model: z.string().nullable().default(null),
  settings: perfusionSettingsSchema.prefault({}),
})
export type ReadingSource = z.infer<typeof readingSourceSchema>

/** What names something that is not there, or is there twice, becomes an issue at its place. */
function checkReferences(protocol: z.infer<typeof protocolShape>, context: z.RefinementCtx): void {
  const issue = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message })
  const unique = <T>(list: string, entries: T[], of: (entry: T) => string | number): void => {
    const seen = new Set<string | number>()
    entries.forEach((entry, i) => {
      if (seen.has(of(entry))) issue([list, i], `${of(entry)} is there twice.`)
      seen.add(of(entry))
    })
  }
  for (const list of ['cases', 'sources', 'structures', 'raters'] as const) {
    // They become names of files, which some disks hold to be the same.
    unique(list, protocol[list] as { key: string }[], ({ key }) => key.toLowerCase())
  }
  unique('structures', protocol.structures, ({ label }) => label)
  unique('raters', protocol.raters, ({ name }) => accountKey(name))
  const known = {
    cases: new Set(protocol.cases.map(({ key }) => key)),
    sources: new Set(protocol.sources.map(({ key }) => key)),
    raters: new Set(protocol.raters.map(({ key }) => key)),
  }
  const refer = (path: (string | number)[], list: keyof typeof known, keys: 'all' | string[]): void => {
    if (keys === 'all') return
    for (const key of keys) if (!known[list].has(key)) issue(path, `There is no ${key} among the ${list}.`)
  }
  protocol.assignments.forEach(({ rater, source, cases }, i) => {
    refer(['assignments', i, 'rater'], 'raters', [rater])
    refer(['assignments', i, 'source'], 'sources', [source])
    refer(['assignments', i, 'cases'], 'cases', cases)
  })
  if (protocol.rereads) refer(['rereads', 'cases'], 'cases', protocol.rereads.cases)
}

const protocolShape = z.object({
  /** Of this file's form. */
  version: z.literal(1).default(1),
  name: nameSchema,
  description: z.string().max(20_000).default(''),
  cases: z.array(readingCaseSchema).min(1).max(10_000),
  sources: z.array(readingSourceSchema).min(1).max(20),
  structures: z.array(drawnStructureSchema).min(1).max(32),
  raters: z
    .array(z.object({ key: keySchema, name: nameSchema }))
    .min(1)
    .max(100),
  /** Who reads what. The paper: two raters read the network's maps, a third the deconvolution's. */
  assignments: z
    .array(z.object({ rater: keySchema, source: keySchema, cases: someCases.default('all') }))
    .min(1),
  order: z
    .discriminatedUnion('kind', [
      /** As the cases stand in the protocol. */
      z.object({ kind: z.literal('fixed') }),
      /** Another order for each rater, always the same for the same seed. */
      z.object({ kind: z.literal('random'), seed: z.number().int().min(0).max(4_294_967_295) }),
    ])
    .default({ kind: 'random', seed: 1 }),
  /** What a rater does not get to know. */
  blinding: z
    .object({ patient: z.boolean(), source: z.boolean(), raters: z.boolean() })
    .default({ patient: true, source: true, raters: true }),
  /** The least days between two readings of one case by one rater; 0: none. */
  washOutDays: z.number().min(0).max(3650).default(0),
  /** Cases that every rater who reads them reads a second time; null: none. */
  rereads: z.object({ cases: someCases }).nullable().default(null),
  /** What may help to draw: tools that look at the values of the maps shown, and structures that a network proposes. */
  assistance: z
    .object({ thresholds: z.boolean(), proposals: z.boolean() })
    .default({ thresholds: true, proposals: false }),
})

/** A reading study: what is read, by whom, and what they know. One JSON file when exported. */
export const protocolSchema = protocolShape.superRefine(checkReferences)
export type Protocol = z.output<typeof protocolSchema>
export type ProtocolInput = z.input<typeof protocolSchema>
