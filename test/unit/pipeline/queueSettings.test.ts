import { describe, expect, it } from 'vitest'
import { methods, perfusionSettingsSchema, queuedSettings, queueSettingsSchema } from '@contract'

describe('the settings of the queue', () => {
  it('change only where a value is given', () => {
    expect(methods['queue.settings'].in.parse({ directory: '/results' })).toEqual({ directory: '/results' })
  })

  it('make a run together with those of the window, whose method counts where none is named', () => {
    const window = perfusionSettingsSchema.parse({ method: 'osvd', smoothInPlaneMm: 3 })
    const usual = queueSettingsSchema.parse({})
    expect(queuedSettings(window, usual).deconvolve).toMatchObject({ method: 'osvd', smoothInPlaneMm: 3 })
    const chosen = {
      ...usual,
      method: 'csvd',
      network: false,
      notReliable: 'summary',
      rule: 'cbv2-tmax6',
    } as const
    const run = queuedSettings(window, chosen)
    expect(run.deconvolve.method).toBe('csvd')
    expect(run.predict.enabled).toBe(false)
    expect(run.export.notReliable).toBe('summary')
    expect(run.tissueAtRisk.rule.name).toBe('cbv2-tmax6')
  })
})
