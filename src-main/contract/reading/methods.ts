import { z } from 'zod'
import { auditCheckSchema, auditEntrySchema } from './audit'
import { nameSchema, pinSchema, sessionSchema } from './people'
import { foundCaseSchema, keySchema, protocolSchema } from './protocol'
import {
  networkProposalSchema,
  openReadingSchema,
  proposalAnswers,
  readingProgressSchema,
  readingScanSchema,
  readingStudySchema,
  saveReadingSchema,
  worklistItemSchema,
} from './readings'

const nothing = z.object({})
const asked = z.object({ session: sessionSchema })
const askedStudy = asked.extend({ studyId: z.string() })
const askedReading = asked.extend({ readingId: z.string() })
const quick = <In extends z.ZodType, Out extends z.ZodType>(input: In, out: Out) =>
  ({ in: input, out, long: false }) as const
const long = <In extends z.ZodType, Out extends z.ZodType>(input: In, out: Out) =>
  ({ in: input, out, long: true }) as const

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
    z.object({
      session: sessionSchema,
      name: z.string(),
      until: z.string(),
      blinded: z.boolean(),
    }),
  ),
  'reading.signOut': quick(asked, nothing),
  'reading.changePin': quick(asked.extend({ pin: pinSchema, newPin: pinSchema }), nothing),
  /** The owner of a study gives one of its raters a new PIN, which is told in the audit trail. */
  'reading.resetPin': quick(askedStudy.extend({ name: nameSchema, newPin: pinSchema }), nothing),

  /** Those the person owns or reads in. */
  'reading.studies': quick(
    asked,
    z.object({
      studies: z.array(readingStudySchema),
      /**
       * Whether the person reads, in a study of somebody else, without knowing the patient or the source. Their window is
       * then answered nothing outside this room: requests fail with `blinded`, and jobs of others are not told.
       */
      blinded: z.boolean(),
    }),
  ),
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
  /** A folder of one's own for the files of a study's readings, for whoever must not look at the folders there are. */
  'reading.exportFolder': quick(askedStudy, z.object({ path: z.string() })),
  /** Makes a study of such a file's text, with the person as its owner; a name they have gets a number. Fails with `invalid-protocol`, naming the field. */
  'reading.import': quick(
    asked.extend({ text: z.string().max(16_000_000) }),
    z.object({ studyId: z.string() }),
  ),
  /**
   * Perfusion series under these paths, as cases of a protocol: each with the narrowest folder that holds it. For whoever
   * makes a study.
   */
  'reading.findCases': long(
    asked.extend({ paths: z.array(z.string().min(1)).min(1) }),
    z.object({ cases: z.array(foundCaseSchema) }),
  ),
  /** The same of phantoms with infarcts, made when they are first asked for. */
  'reading.demoCases': long(asked, z.object({ cases: z.array(foundCaseSchema) })),
  /** For the owner: the keys of the cases whose files are not where the protocol says. */
  'reading.checkCases': quick(askedStudy, z.object({ missing: z.array(z.string()) })),
  /**
   * For the owner, at any time: where a case lies now. The series must be the one of the protocol (`other-series`). Other
   * missing cases that moved along with it are found too; `moved` names all.
   */
  'reading.relocate': long(
    askedStudy.extend({ case: z.string(), paths: z.array(z.string().min(1)).min(1) }),
    z.object({ moved: z.array(z.string()) }),
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
  /**
   * Reads the scan of a reading and computes the maps of its source; who may open the reading may ask for it. Failures:
   * `case-moved` where its files are not where the protocol says.
   */
  'reading.load': long(askedReading, readingScanSchema),
  /**
   * A structure by one of `networkRules` of `reading.load`, from the network's maps of the case: of the network that is a
   * source of the study, else the usual one. That it was shown is kept with the reading. Fails with `not-allowed` where
   * the protocol forbids it, `no-proposal` where the network makes none by this rule, `lease-lost`.
   */
  'reading.propose': quick(
    z.object({ lease: z.string(), rule: z.string(), structure: keySchema }),
    networkProposalSchema,
  ),
  /** What became of a proposal, kept with the reading. Fails with `no-proposal`, `lease-lost`. */
  'reading.answerProposal': quick(
    z.object({ lease: z.string(), proposalId: z.string(), answer: z.enum(proposalAnswers) }),
    nothing,
  ),
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
