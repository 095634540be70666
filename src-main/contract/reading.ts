import { z } from 'zod'
import { geometrySchema } from './geometry'
import { mapNames, mapsMethods, perfusionSettingsSchema } from './perfusion'
import { voxelArraySchema } from './voxels'

/** A name within a protocol file, never shown: "core", "case-07". */
const keySchema = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i)
const nameSchema = z.string().trim().min(1).max(200)
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
    unique(list, protocol[list] as { key: string }[], ({ key }) => key)
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
  /** What may help to draw. */
  assistance: z
    .object({ thresholds: z.boolean(), proposals: z.boolean() })
    .default({ thresholds: true, proposals: false }),
})

/** A reading study: what is read, by whom, and what they know. One JSON file when exported. */
export const protocolSchema = protocolShape.superRefine(checkReferences)
export type Protocol = z.output<typeof protocolSchema>
export type ProtocolInput = z.input<typeof protocolSchema>

/** What a person's name is compared by: case and spaces do not make another person. */
export const accountKey = (name: string): string =>
  name.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()

export const pinSchema = z.string().min(4).max(64)
/** What `reading.signIn` gave; it goes with every request of that person. */
export const sessionSchema = z.string().min(1).max(100)

/** `open`: nothing saved yet. `draft`: begun. `signed`: locked. */
export const readingStates = ['open', 'draft', 'signed'] as const
export type ReadingState = (typeof readingStates)[number]

const countsSchema = z.object({
  open: z.number().int(),
  draft: z.number().int(),
  signed: z.number().int(),
})

/** A study as those who take part see it in their list. */
export const readingStudySchema = z.object({
  studyId: z.string(),
  name: z.string(),
  description: z.string(),
  created: z.string(),
  owner: z.string(),
  /** Whether the person who asks made the study. */
  owned: z.boolean(),
  /** Whether the person who asks reads in it. */
  reads: z.boolean(),
  /** Of the owner: all readings; of a rater: their own. */
  progress: countsSchema,
})
export type ReadingStudy = z.infer<typeof readingStudySchema>

/** One line of a rater's worklist. Blinded as the protocol says: nothing here tells what the rater must not know. */
export const worklistItemSchema = z.object({
  readingId: z.string(),
  /** "Reading 4" where the patient is blinded, else the name of the case. */
  label: z.string(),
  /** Null where the source is blinded. */
  source: z.string().nullable(),
  state: z.enum(readingStates),
  /** Time worked on it. */
  seconds: z.number(),
  /** Wash-out: it cannot be opened before (ISO 8601). Null: now. */
  opensAt: z.string().nullable(),
  /** Wash-out: an earlier reading of the case must be signed first. */
  waits: z.boolean(),
  lastSaved: z.string().nullable(),
  signedAt: z.string().nullable(),
  /** ml by structure; empty where nothing was saved. */
  volumes: z.record(z.string(), z.number()),
})
export type WorklistItem = z.infer<typeof worklistItemSchema>

/** One reading as the owner sees it: nothing is hidden. */
export const readingProgressSchema = z.object({
  readingId: z.string(),
  case: z.string(),
  source: z.string(),
  rater: z.string(),
  /** 1, or 2 for a re-read. */
  pass: z.number().int(),
  /** Place in the rater's order, from 1. */
  place: z.number().int(),
  state: z.enum(readingStates),
  seconds: z.number(),
  lastSaved: z.string().nullable(),
  signedAt: z.string().nullable(),
  volumes: z.record(z.string(), z.number()),
})
export type ReadingProgress = z.infer<typeof readingProgressSchema>

/**
 * What was drawn: a uint8 array with one frame for each structure, in the order of the protocol; 0 outside, 1 inside.
 * It is three-dimensional on the grid of the maps and belongs to no time point.
 */
export const openReadingSchema = z.object({
  readingId: z.string(),
  studyId: z.string(),
  label: z.string(),
  state: z.enum(readingStates),
  /** For `study.open`. What that answers tells the patient: with `blinding.patient` it is not to be shown. */
  paths: z.array(z.string()),
  seriesUid: z.string().nullable(),
  /** What to compute: `maps.predict` for `cnn` (with `model`), else `maps.compute` with these settings. */
  method: z.enum(mapsMethods),
  model: z.string().nullable(),
  settings: perfusionSettingsSchema,
  /** To be shown; null: the maps are shown without naming where they come from. */
  source: z.string().nullable(),
  blinding: z.object({ patient: z.boolean(), source: z.boolean(), raters: z.boolean() }),
  assistance: z.object({ thresholds: z.boolean(), proposals: z.boolean() }),
  structures: z.array(drawnStructureSchema),
  /** As last saved; null before the first save. */
  labelmap: voxelArraySchema.nullable(),
  /** Counts saves. */
  revision: z.number().int(),
  /** Worked so far; the clock of the page goes on from here. */
  seconds: z.number(),
  /** Goes with every save; null when the reading can only be looked at. */
  lease: z.string().nullable(),
  readOnly: z
    .object({ reason: z.enum(['open-elsewhere', 'signed', 'not-yours']), message: z.string() })
    .nullable(),
  /** Signed readings of the same case that this person may open to look at; none where raters are blinded. */
  others: z.array(z.object({ readingId: z.string(), rater: z.string(), source: z.string().nullable() })),
})
export type OpenReading = z.infer<typeof openReadingSchema>

/** The slices a save carries, in the order of its bytes: nx × ny of them each, x fastest, 0 outside and 1 inside. */
export const saveReadingSchema = z.object({
  lease: z.string(),
  geometry: geometrySchema,
  slices: z.array(z.object({ structure: keySchema, slice: z.number().int().min(0) })).max(100_000),
  /** Worked on this reading in all: `seconds` of `reading.open` and what came since. */
  seconds: z.number().min(0),
})

export const auditEntrySchema = z.object({
  number: z.number().int(),
  time: z.string(),
  /** The person's name, or "Umbra" for what happens by itself. */
  actor: z.string(),
  /** "reading.signed" … */
  action: z.string(),
  studyId: z.string().nullable(),
  readingId: z.string().nullable(),
  /** Never a patient's name or a path. */
  detail: z.record(z.string(), z.unknown()),
  hash: z.string(),
})
export type AuditEntry = z.infer<typeof auditEntrySchema>

/** Whether every entry of the trail still follows from the one before, and what it says agrees with the store. */
export const auditCheckSchema = z.object({
  whole: z.boolean(),
  entries: z.number().int(),
  /** What is wrong, in words, with the number of the first entry that does not fit. */
  faults: z.array(z.object({ number: z.number().int().nullable(), message: z.string() })),
  /** Of the last entry: written down elsewhere, it also shows that entries were cut off the end. */
  head: z.string(),
})
export type AuditCheck = z.infer<typeof auditCheckSchema>

const nothing = z.object({})
const asked = z.object({ session: sessionSchema })
const askedStudy = asked.extend({ studyId: z.string() })
const askedReading = asked.extend({ readingId: z.string() })
const quick = <In extends z.ZodType, Out extends z.ZodType>(input: In, out: Out) =>
  ({ in: input, out, long: false }) as const

/** The requests of the reading room. All fail with `signed-out` where the session has ended: sign in again. */
export const readingMethods = {
  /** Who is known here, for a list to choose from. */
  'reading.people': quick(
    nothing,
    z.object({ people: z.array(z.object({ name: z.string(), lockedUntil: z.string().nullable() })) }),
  ),
  /**
   * Opens a session of twelve hours, which outlives a restart of the engine. `first: true` makes the person known with
   * this PIN; without it an unknown name fails with `unknown-person`. Failures: `wrong-pin`, `locked-out` (after five
   * wrong PINs; says until when), `already-known` (first, but the name is taken).
   */
  'reading.signIn': quick(
    z.object({ name: nameSchema, pin: pinSchema, first: z.boolean().default(false) }),
    z.object({ session: sessionSchema, name: z.string(), until: z.string() }),
  ),
  'reading.signOut': quick(asked, nothing),
  'reading.changePin': quick(asked.extend({ pin: pinSchema, newPin: pinSchema }), nothing),
  /** The owner of a study gives one of its raters a new PIN, which is told in the audit trail. */
  'reading.resetPin': quick(askedStudy.extend({ name: nameSchema, newPin: pinSchema }), nothing),

  /** Those the person owns or reads in. */
  'reading.studies': quick(asked, z.object({ studies: z.array(readingStudySchema) })),
  /** Whoever makes a study is its owner. */
  'reading.create': quick(asked.extend({ protocol: protocolSchema }), z.object({ studyId: z.string() })),
  /** For the owner, while nothing has been drawn in the study (`study-begun`). */
  'reading.update': quick(askedStudy.extend({ protocol: protocolSchema }), nothing),
  /** For the owner: everything, nothing hidden. */
  'reading.study': quick(
    askedStudy,
    readingStudySchema.extend({ protocol: protocolSchema, readings: z.array(readingProgressSchema) }),
  ),
  /** For the owner. `text` is the protocol as one file; with `path` it is also written there, whole or not at all. */
  'reading.exportProtocol': quick(
    askedStudy.extend({ path: z.string().nullable().default(null) }),
    z.object({ fileName: z.string(), text: z.string() }),
  ),
  /** Makes a study of such a file's text, with the person as its owner. Fails with `invalid-protocol`, naming the field. */
  'reading.import': quick(
    asked.extend({ text: z.string().max(16_000_000) }),
    z.object({ studyId: z.string() }),
  ),
  /** For the owner, with their PIN. The audit trail keeps that the study was there. */
  'reading.remove': quick(askedStudy.extend({ pin: pinSchema }), nothing),

  /** The person's own readings in their order. */
  'reading.worklist': quick(
    askedStudy,
    z.object({ study: readingStudySchema, items: z.array(worklistItemSchema) }),
  ),
  /**
   * Opens one's own reading to draw in. Another window that has it makes this one read-only, unless `takeOver` takes it
   * away from there (whose next save fails with `lease-lost`). Fails with `washing-out` before its time.
   * The owner may open signed readings of others to look at.
   */
  'reading.open': quick(askedReading.extend({ takeOver: z.boolean().default(false) }), openReadingSchema),
  /** Every 20 s while a reading is open: a lease that is not renewed for a minute is given up. Also saves the time. */
  'reading.renew': quick(z.object({ lease: z.string(), seconds: z.number().min(0) }), nothing),
  /** Gives the reading back at once, for other windows. */
  'reading.close': quick(z.object({ lease: z.string(), seconds: z.number().min(0) }), nothing),
  /**
   * Saves the changed slices, which are this request's bytes. When it is answered they are on the disk; when it fails
   * nothing of them is, and what was saved before stays. Whole slices may be sent again without harm. A save without
   * slices begins the reading: a normal case is saved so before it is signed.
   * Failures: `lease-lost`, `disk-full`, `signed`, `other-grid`, `wrong-bytes`.
   */
  'reading.save': quick(saveReadingSchema, z.object({ revision: z.number().int(), savedAt: z.string() })),
  /** Locks the reading and ends its lease. Fails with `nothing-saved`, `wrong-pin`, `lease-lost`. */
  'reading.sign': quick(
    z.object({ lease: z.string(), pin: pinSchema, seconds: z.number().min(0) }),
    z.object({ signedAt: z.string(), volumes: z.record(z.string(), z.number()) }),
  ),
  /** Makes a signed reading a draft again, by its rater or the owner. What was signed is kept beside it. */
  'reading.reopen': quick(askedReading.extend({ reason: z.string().trim().min(3).max(2000) }), nothing),

  /** For the owner: who did what, when, newest last. */
  'reading.audit': quick(
    askedStudy,
    z.object({ entries: z.array(auditEntrySchema), check: auditCheckSchema }),
  ),
  /** The store itself: where it lies, whether it is whole, and when it was last copied. */
  'reading.store': quick(
    nothing,
    z.object({
      path: z.string(),
      bytes: z.number(),
      /** Whether the store was not closed the last time. */
      unclean: z.boolean(),
      /** Whether it was found damaged and a copy took its place; then `engine.about` says where both lie. */
      recovered: z.boolean(),
      lastBackup: z.string().nullable(),
      audit: auditCheckSchema,
    }),
  ),
  /** Copies the store whole into one file; null: beside itself, under the date. */
  'reading.backup': quick(
    asked.extend({ path: z.string().nullable().default(null) }),
    z.object({ path: z.string() }),
  ),
} as const
