import { z } from 'zod'
import { vec3Schema } from './geometry'
import type { MapsMethod } from './perfusion'
import { qualityLineSchema, reliabilities } from './quality'
import { voxelArraySchema } from './voxels'

/** What infarct core is: flow as a share of healthy tissue's, or blood volume as such. */
export const coreCriterionSchema = z.discriminatedUnion('measure', [
  /** CBF below this many per cent of the reference. */
  z.object({ measure: z.literal('relativeCbf'), below: z.number().positive().max(100) }),
  /** CBV below this many ml/100 g. */
  z.object({ measure: z.literal('cbv'), below: z.number().positive().max(20) }),
])
export type CoreCriterion = z.infer<typeof coreCriterionSchema>

/** What hypoperfused tissue is. */
export const hypoperfusionCriterionSchema = z.discriminatedUnion('measure', [
  /** Tmax above this many seconds. */
  z.object({ measure: z.literal('tmax'), above: z.number().positive().max(60) }),
  /** Time to peak later than healthy tissue's by more than this many seconds. */
  z.object({ measure: z.literal('relativeTtp'), above: z.number().positive().max(60) }),
])
export type HypoperfusionCriterion = z.infer<typeof hypoperfusionCriterionSchema>

/** Everything that changes a volume of tissue at risk. Written into every report. */
export const tissueAtRiskRuleSchema = z.object({
  /** Of the preset the rule comes from; "own" once a threshold is changed. */
  name: z.string().max(64).default('own'),
  core: coreCriterionSchema.default({ measure: 'relativeCbf', below: 30 }),
  hypoperfusion: hypoperfusionCriterionSchema.default({ measure: 'tmax', above: 6 }),
  /** What flow is compared with: all healthy tissue of the other hemisphere, or the tissue at the mirrored place. */
  reference: z.enum(['global', 'mirrored']).default('global'),
  /** Core counts only within hypoperfused tissue; otherwise what lies outside is counted and said. */
  coreWithinHypoperfusion: z.boolean().default(true),
  /** Connected regions smaller than this, ml, are left out of every volume. */
  smallestIslandMl: z.number().min(0).max(50).default(1),
  /** Gaussian full width at half maximum in the slice plane that maps are smoothed with before thresholds, mm. */
  smoothingMm: z.number().min(0).max(20).default(5),
  /** All three must hold for a target mismatch. */
  targetMismatch: z
    .object({
      /** Hypoperfusion over core, at least. */
      ratio: z.number().min(1).max(20).default(1.8),
      /** Hypoperfusion less core, at least, ml. */
      mismatchMl: z.number().min(0).max(500).default(15),
      /** Core below this, ml. */
      coreMl: z.number().positive().max(500).default(70),
    })
    .prefault({}),
})
export type TissueAtRiskRule = z.infer<typeof tissueAtRiskRuleSchema>

export interface TissueAtRiskPreset {
  label: string
  rule: TissueAtRiskRule
}

function preset(
  name: string,
  label: string,
  core: CoreCriterion,
  hypoperfusion: HypoperfusionCriterion,
  reference: TissueAtRiskRule['reference'] = 'global',
): TissueAtRiskPreset {
  return { label, rule: tissueAtRiskRuleSchema.parse({ name, core, hypoperfusion, reference }) }
}

const tmax6: HypoperfusionCriterion = { measure: 'tmax', above: 6 }
const laterPeak: HypoperfusionCriterion = { measure: 'relativeTtp', above: 4.5 }

/**
 * Per cent of healthy flow below which tissue is core, by the method of the maps, for a bolus of about 6 s. They mean the same
 * tissue: a truncated residue loses the tip of short transits and so healthy flow, sSVD most, because it cannot follow the
 * delay between artery and tissue; low flow keeps more of its height. Where the artery is known, the engine finds the
 * threshold that belongs to it. That thresholds depend on the program that made the maps is known from patients (Kamalian et
 * al., Stroke 2011;42:1923).
 */
const coreBelow: Record<MapsMethod, number> = { bennink: 30, cnn: 30, csvd: 34, osvd: 34, ssvd: 38 }

/**
 * The rules in clinical use, the usual one first: its threshold of flow is that of the method, see `ruleOfMethod`, and flow is
 * compared with the same kind of tissue, white matter with white matter (docs/adr/0018-flow-is-compared-with-its-mirror.md).
 */
export const tissueAtRiskPresets: readonly TissueAtRiskPreset[] = [
  preset(
    'usual',
    'Usual for method and bolus',
    { measure: 'relativeCbf', below: coreBelow.bennink },
    tmax6,
    'mirrored',
  ),
  preset('rcbf30-tmax6', 'rCBF < 30 %, Tmax > 6 s', { measure: 'relativeCbf', below: 30 }, tmax6),
  preset('rcbf20-tmax6', 'rCBF < 20 %, Tmax > 6 s', { measure: 'relativeCbf', below: 20 }, tmax6),
  preset('rcbf34-tmax6', 'rCBF < 34 %, Tmax > 6 s', { measure: 'relativeCbf', below: 34 }, tmax6),
  preset('rcbf38-tmax6', 'rCBF < 38 %, Tmax > 6 s', { measure: 'relativeCbf', below: 38 }, tmax6),
  preset('cbv2-tmax6', 'CBV < 2 ml/100 g, Tmax > 6 s', { measure: 'cbv', below: 2 }, tmax6),
  preset(
    'rcbf30-rttp4.5',
    'rCBF < 30 %, TTP > 4.5 s later',
    { measure: 'relativeCbf', below: 30 },
    laterPeak,
  ),
  preset('cbv2-rttp4.5', 'CBV < 2 ml/100 g, TTP > 4.5 s later', { measure: 'cbv', below: 2 }, laterPeak),
]

export const usualRule: TissueAtRiskRule = tissueAtRiskPresets[0].rule

/** The rule as it is used on maps of a method: the usual one gets the method's threshold, others stay. */
export function ruleOfMethod(rule: TissueAtRiskRule, method: MapsMethod): TissueAtRiskRule {
  if (rule.name !== usualRule.name) return rule
  return { ...rule, core: { measure: 'relativeCbf', below: coreBelow[method] } }
}

/** Thresholds of the table of steps: Tmax in s, CBF in % of the reference. */
export const TMAX_STEPS = [4, 6, 8, 10] as const
export const CBF_STEPS = [20, 30, 34, 38] as const

export const sides = ['left', 'right'] as const
export type Side = (typeof sides)[number]
export const sideChoices = ['automatic', ...sides] as const
/** Of the patient: which hemisphere is healthy and serves as reference. */
export type SideChoice = (typeof sideChoices)[number]

const stepSchema = z.object({ threshold: z.number(), ml: z.number() })

/** Tissue at risk as summary.json tells it. Volumes in ml, sides of the patient. */
export const tissueAtRiskSchema = z.object({
  /** As it was used: `usual` has the threshold of flow that was found for these maps. */
  rule: tissueAtRiskRuleSchema,
  /** What the threshold of the usual rule rests on; absent where it is fixed. */
  coreFlow: z
    .object({
      /** Per cent of healthy flow, both true: what the threshold in the rule means. */
      below: z.number(),
      /** Of true flow, the share that the maps show of healthy tissue and of tissue that hardly gets blood. */
      healthyShown: z.number(),
      lowShown: z.number(),
    })
    .optional(),
  coreMl: z.number(),
  hypoperfusionMl: z.number(),
  /** Hypoperfusion less the core within it. */
  mismatchMl: z.number(),
  /** Hypoperfusion over core; null without core. */
  mismatchRatio: z.number().nullable(),
  steps: z.object({
    /** Tmax above the threshold, s. */
    tmax: z.array(stepSchema),
    /** CBF below the threshold, % of the reference. */
    cbf: z.array(stepSchema),
  }),
  /** Core that lies outside hypoperfused tissue, ml: in `coreMl` only where the rule counts it. */
  coreOutsideHypoperfusionMl: z.number(),
  /** Tmax > 10 s over Tmax > 6 s; null where the latter is empty. */
  hypoperfusionIndex: z.number().nullable(),
  /** Mean CBV where Tmax > 6 s over that of healthy tissue; null where there is neither. */
  cbvIndex: z.number().nullable(),
  targetMismatch: z.object({
    /** null where nothing is concluded: the study is not reliable, no side is healthy, or the head is a child's. */
    met: z.boolean().nullable(),
    ratio: z.boolean(),
    mismatch: z.boolean(),
    core: z.boolean(),
  }),
  /** Where the hypoperfusion lies. */
  affectedSide: z.enum(['left', 'right', 'both', 'none']),
  /** The hemisphere flow is compared with; `both` where none is affected or no midline is known. */
  referenceSide: z.enum(['left', 'right', 'both']),
  referenceChosenBy: z.enum(['engine', 'person']),
  /** Of healthy tissue; null where there is none. */
  referenceCbf: z.number().nullable(),
  referenceTtp: z.number().nullable(),
  referenceMl: z.number(),
  /** Of all tissue of the side or sides of reference, the share with Tmax up to 4 s. */
  referenceNotLate: z.number().optional(),
  /** Tissue there, ml, that is not late but has less than half of healthy flow, such as an old infarct; flow is not compared with it. */
  referencePoorMl: z.number().optional(),
  /** Hypoperfused tissue, ml, whose mirrored place has nothing to compare with, and that is core by one kind of tissue, not by the other. */
  coreUncertainMl: z.number().optional(),
  /** What Tmax means for the method of the maps. */
  tmaxDefinition: z.string(),
  midline: z.object({
    /** A point of the plane and its unit normal towards the patient's left, LPS mm. */
    point: vec3Schema,
    normal: vec3Schema,
    /** 0 to 1: overlap of the brain with its mirror image. */
    symmetry: z.number(),
    /** False where no plane of symmetry was found: both hemispheres are then taken together. */
    trusted: z.boolean(),
  }),
  reliability: z.enum(reliabilities),
  /** In words: how far to trust it, what was found and where, what it was compared with. */
  statements: z.array(z.string()),
})
export type TissueAtRisk = z.infer<typeof tissueAtRiskSchema>

/** What tissue at risk is told by: the rule, and the hemisphere of reference. */
export const riskChoiceSchema = z.object({
  rule: tissueAtRiskRuleSchema,
  referenceSide: z.enum(sideChoices),
})
export type RiskChoice = z.infer<typeof riskChoiceSchema>

/** Tissue at risk with where it lies, and the quality of the study. */
export const riskAssessmentSchema = z.object({
  mapsId: z.string(),
  tissueAtRisk: tissueAtRiskSchema,
  core: voxelArraySchema,
  hypoperfusion: voxelArraySchema,
  quality: z.array(qualityLineSchema),
})
export type RiskAssessment = z.infer<typeof riskAssessmentSchema>

/** What is told apart in a head beside its tissue, in the order of the labels, from 1. */
export const structureNames = ['skull', 'fluid', 'vessels', 'midline'] as const
export type StructureName = (typeof structureNames)[number]

const number = (value: number, digits = 1): string => value.toFixed(digits).replace(/\.0$/, '')

/** "CBF < 30 % of the healthy side", "CBV < 2 ml/100 g". */
export function coreWords({ core, reference }: Pick<TissueAtRiskRule, 'core' | 'reference'>): string {
  if (core.measure === 'cbv') return `CBV < ${number(core.below)} ml/100 g`
  const healthy = reference === 'mirrored' ? 'the mirrored tissue' : 'healthy tissue'
  return `CBF < ${number(core.below)} % of ${healthy}`
}

/** "Tmax > 6 s", "TTP > 4.5 s later than healthy tissue". */
export function hypoperfusionWords({ hypoperfusion }: Pick<TissueAtRiskRule, 'hypoperfusion'>): string {
  return hypoperfusion.measure === 'tmax'
    ? `Tmax > ${number(hypoperfusion.above)} s`
    : `TTP > ${number(hypoperfusion.above)} s later than healthy tissue`
}
