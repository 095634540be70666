import {
  filterLabels,
  framesText,
  methodLabels,
  parseFrames,
  perfusionMethods,
  pipelineSettingsShape,
  settingsOfFilter,
  tissueAtRiskPresets,
  type PipelineSettings,
  type PipelineStep,
  type TissueAtRiskRule,
} from '@contract'
import { z } from 'zod'

/** A setting of a step, as a form asks for it. */
export type StepField = { key: string; label: string; unit: string } & (
  | { kind: 'switch' }
  | { kind: 'number'; minimum: number | null; maximum: number | null; optional: boolean }
  | { kind: 'choice'; choices: { value: string; label: string }[] }
  | { kind: 'text' | 'frame' | 'frames'; placeholder: string }
)

interface Described {
  type?: string
  enum?: string[]
  anyOf?: Described[]
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
}

/** Names and units where the name in the settings does not say it. */
const words: Record<string, { label?: string; unit?: string; placeholder?: string }> = {
  series: { label: 'Series', placeholder: 'the one in Review' },
  enabled: { label: 'Done' },
  reference: { label: 'Reference frame', placeholder: 'mean, or a frame' },
  leaveOut: { label: 'Leave out frames', placeholder: 'none; or like 12, 40-42' },
  thresholdMm: { label: 'Leave what moved less than', unit: 'mm' },
  limitMm: { label: 'Leave out what moved more than', unit: 'mm' },
  spatialMm: { label: 'Width in the slice', unit: 'mm' },
  spatialReach: { label: 'Reach', unit: '× width' },
  rangeHu: { label: 'Range of values', unit: 'HU' },
  profileMm: { label: 'Width in the slice', unit: 'mm' },
  profileHu: { label: 'Range of curves', unit: 'HU' },
  patchStrength: { label: 'Strength' },
  patchRadius: { label: 'Radius of a patch', unit: 'voxels' },
  scaleToVenous: { label: 'Scale artery to vein' },
  timeStep: { label: 'Time step', unit: 's' },
  method: { label: 'Method' },
  svdThreshold: { label: 'Singular value threshold' },
  oscillationLimit: { label: 'Oscillation limit (oSVD)' },
  reduceNoise: { label: 'Average similar curves' },
  smoothInPlaneMm: { label: 'Smooth in the slice', unit: 'mm' },
  smoothInTime: { label: 'Smooth over time' },
  hematocritLarge: { label: 'Haematocrit, large vessels' },
  hematocritSmall: { label: 'Haematocrit, capillaries' },
  brainDensity: { label: 'Density of brain', unit: 'g/ml' },
  model: { label: 'Network', placeholder: 'the one that comes with Umbra' },
  referenceSide: { label: 'Healthy side' },
}

const choiceLabels: Record<string, string> = {
  ...filterLabels,
  ...Object.fromEntries(perfusionMethods.map((method) => [method, methodLabels[method]])),
  automatic: 'Automatic',
  left: 'Left',
  right: 'Right',
}

/** Settings that hold indices of frames, which a person counts from 1. */
const frameFields: Record<string, 'frame' | 'frames'> = { reference: 'frame', leaveOut: 'frames' }

const plain = (key: string): string =>
  key
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/^./, (letter) => letter.toUpperCase())

function fieldOf(key: string, described: Described): StepField | null {
  const { label = plain(key), unit = '', placeholder = '' } = words[key] ?? {}
  const named = { key, label, unit }
  if (key in frameFields) return { ...named, kind: frameFields[key], placeholder }
  const optional = described.anyOf?.some(({ type }) => type === 'null') ?? false
  const real = described.anyOf?.filter(({ type }) => type !== 'null') ?? [described]
  if (real.length > 1) {
    return real.every(({ type }) => type !== 'object') ? { ...named, kind: 'text', placeholder } : null
  }
  const [{ type, enum: choices, minimum, exclusiveMinimum, maximum }] = real
  if (choices) {
    return {
      ...named,
      kind: 'choice',
      choices: choices.map((value) => ({ value, label: choiceLabels[value] ?? value })),
    }
  }
  if (type === 'boolean') return { ...named, kind: 'switch' }
  if (type === 'number' || type === 'integer') {
    return {
      ...named,
      kind: 'number',
      minimum: minimum ?? exclusiveMinimum ?? null,
      maximum: maximum ?? null,
      optional,
    }
  }
  return type === 'string' ? { ...named, kind: 'text', placeholder } : null
}

/**
 * The fields of a step, from what its settings may be; what needs a form of its own is left out, and of the filter what
 * belongs to another one than is chosen.
 */
export function fieldsOf(step: PipelineStep, settings: PipelineSettings): StepField[] {
  const described = z.toJSONSchema(pipelineSettingsShape[step], { io: 'input' })
  const asked: readonly string[] | null =
    step === 'filter' ? ['method', ...settingsOfFilter[settings.filter.method]] : null
  return Object.entries((described.properties ?? {}) as Record<string, Described>).flatMap(([key, each]) =>
    asked === null || asked.includes(key) ? (fieldOf(key, each) ?? []) : [],
  )
}

/** What a text field shows of a setting: frames as they are counted on the screen. */
export function shownText({ kind }: StepField, value: unknown): string {
  if (kind === 'frames') return Array.isArray(value) ? framesText(value as number[]) : ''
  if (kind === 'frame' && typeof value === 'number') return String(value + 1)
  return value === null || value === undefined ? '' : String(value)
}

/** What a typed text means: nothing, a number, words, or frames; undefined where it means nothing that could be set. */
export function typedValue({ kind }: StepField, text: string): unknown {
  const trimmed = text.trim()
  if (kind === 'frames') return parseFrames(trimmed) ?? undefined
  if (kind === 'frame') {
    if (trimmed === '') return 0
    const [frame] = parseFrames(trimmed) ?? []
    return frame ?? trimmed
  }
  if (trimmed === '') return null
  return /^\d+$/.test(trimmed) ? Number(trimmed) : trimmed
}

/** The presets of tissue at risk, and the rule that stands where it is none of them. */
export function ruleChoices(rule: TissueAtRiskRule): { value: string; label: string }[] {
  const presets = tissueAtRiskPresets.map((preset) => ({ value: preset.rule.name, label: preset.label }))
  return presets.some(({ value }) => value === rule.name)
    ? presets
    : [...presets, { value: rule.name, label: 'Own rule' }]
}
