import { z } from 'zod'
import {
  pipelineSettingsSchema,
  pipelineSettingsShape,
  pipelineSteps,
  UmbraError,
  type PipelineSettings,
} from '@contract'

/** One value to be changed: `step.key=value`, the value as JSON or as plain words. */
export interface SettingChange {
  text: string
  step: string
  key: string
  value: unknown
}

/** Reads `step.key=value`. Throws `usage`. */
export function parseChange(text: string): SettingChange {
  const [, step, key, value] = /^(\w+)\.(\w+)=(.*)$/s.exec(text) ?? []
  if (step === undefined) {
    throw new UmbraError({
      code: 'usage',
      message: `A setting is step.key=value; this is ${text}.`,
      hint: 'For example deconvolve.smoothInPlaneMm=3.',
    })
  }
  try {
    return { text, step, key, value: JSON.parse(value) as unknown }
  } catch {
    return { text, step, key, value }
  }
}

/**
 * The usual settings with changes. Throws `usage`, naming the change and what would be possible there.
 */
export function changedSettings(changes: readonly SettingChange[]): PipelineSettings {
  const draft: Record<string, Record<string, unknown>> = {}
  for (const { text, step, key, value } of changes) {
    const known = pipelineSteps.find((each) => each === step)
    if (!known) throw wrong(text, `there is no step ${step}`, `The steps are ${pipelineSteps.join(', ')}.`)
    const keys = Object.keys(pipelineSettingsShape[known].shape)
    if (!keys.includes(key)) {
      const hint = keys.length > 0 ? `It has ${keys.join(', ')}.` : 'It has no settings.'
      throw wrong(text, `the step ${step} has no setting ${key}`, hint)
    }
    draft[step] = { ...draft[step], [key]: value }
  }
  const parsed = pipelineSettingsSchema.safeParse(draft)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const [step, key] = issue.path.map(String)
  const culprit = changes.find((change) => change.step === step && change.key === key)
  throw wrong(culprit?.text ?? `${step}.${key}`, z.prettifyError(parsed.error), undefined)
}

function wrong(text: string, why: string, hint: string | undefined): UmbraError {
  return new UmbraError({ code: 'usage', message: `${text}: ${why}.`, hint })
}
