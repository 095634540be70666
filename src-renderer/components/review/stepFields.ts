import {
  filterLabels,
  methodLabels,
  perfusionMethods,
  pipelineSettingsShape,
  tissueAtRiskPresets,
  type FilterMethod,
  type PipelineStep,
  type TissueAtRiskRule,
} from '@contract'
import { z } from 'zod'

/** A setting of a step, as a form asks for it. */
export type StepField = { key: string; label: string; unit: string } & (
  | { kind: 'switch' }
  | { kind: 'number'; minimum: number | null; maximum: number | null; optional: boolean }
  | { kind: 'choice'; choices: { value: string; label: string }[] }
  | { kind: 'text'; placeholder: string }
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
  thresholdMm: { label: 'Leave what moved less than', unit: 'mm' },
  limitMm: { label: 'Leave out what moved more than', unit: 'mm' },
  spatialMm: { label: 'Width in the slice', unit: 'mm' },
  spatialReach: { label: 'Reach', unit: '× width' },
  rangeHu: { label: 'Range (bilateral)', unit: 'HU' },
  profileHu: { label: 'Profile (TIPS)', unit: 'HU' },
  patchStrength: { label: 'Strength (non-local means)' },
  patchRadius: { label: 'Patch radius (non-local means)', unit: 'voxels' },
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

const plain = (key: string): string =>
  key
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/^./, (letter) => letter.toUpperCase())

function fieldOf(key: string, described: Described): StepField | null {
  const { label = plain(key), unit = '', placeholder = '' } = words[key] ?? {}
  const named = { key, label, unit }
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

/** The fields of a step, from what its settings may be; what needs a form of its own is left out. */
export function fieldsOf(step: PipelineStep): StepField[] {
  const described = z.toJSONSchema(pipelineSettingsShape[step], { io: 'input' })
  return Object.entries((described.properties ?? {}) as Record<string, Described>).flatMap(
    ([key, each]) => fieldOf(key, each) ?? [],
  )
}

/** What a typed text means: nothing, a number, or words. */
export function typedValue(text: string): unknown {
  const trimmed = text.trim()
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

const filterFields: Record<FilterMethod, readonly string[]> = {
  none: [],
  bilateral: ['spatialMm', 'spatialReach', 'rangeHu'],
  tips: ['spatialMm', 'spatialReach', 'profileHu'],
  nonLocalMeans: ['spatialMm', 'patchStrength', 'patchRadius'],
}

/** Whether a setting of the filter step means something for a method. */
export const isOfFilter = (method: FilterMethod, key: string): boolean =>
  key === 'method' || filterFields[method].includes(key)
