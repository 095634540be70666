import { pipelineSettingsSchema, type FilterMethod } from '@contract'
import { describe, expect, it } from 'vitest'
import { fieldsOf, shownText, typedValue } from '../../../src-renderer/components/review/stepFields'

const keysOf = (method: FilterMethod): string[] =>
  fieldsOf('filter', pipelineSettingsSchema.parse({ filter: { method } })).map(({ key }) => key)

describe('the settings of a step', () => {
  it('are those of the filter that is chosen', () => {
    expect(keysOf('none')).toEqual(['method'])
    expect(keysOf('bilateral')).toEqual(['method', 'spatialMm', 'spatialReach', 'rangeHu'])
    expect(keysOf('tips')).toEqual(['method', 'spatialReach', 'profileMm', 'profileHu'])
    expect(keysOf('nonLocalMeans')).toEqual(['method', 'spatialMm', 'patchStrength', 'patchRadius'])
  })

  it('are all of them where no filter is meant', () => {
    const keys = fieldsOf('deconvolve', pipelineSettingsSchema.parse({})).map(({ key }) => key)
    expect(keys).toContain('svdThreshold')
    expect(keys).toContain('method')
  })

  it('count frames from 1, as the screen does', () => {
    const fields = fieldsOf('motion', pipelineSettingsSchema.parse({}))
    const fieldOf = (name: string) => {
      const field = fields.find(({ key }) => key === name)
      if (!field) throw new Error(name)
      return field
    }
    const leaveOut = fieldOf('leaveOut')
    expect(typedValue(leaveOut, ' 12, 40-42,3 ')).toEqual([2, 11, 39, 40, 41])
    expect(shownText(leaveOut, [41, 2, 40, 39])).toBe('3, 40-42')
    expect(typedValue(leaveOut, '')).toEqual([])
    for (const slip of ['0', '5-3', '1,,2', '1-', 'all', '1-9999999']) {
      expect(typedValue(leaveOut, slip)).toBeUndefined()
    }
    const reference = fieldOf('reference')
    expect([typedValue(reference, '5'), shownText(reference, 4)]).toEqual([4, '5'])
    expect([typedValue(reference, 'mean'), shownText(reference, 'mean')]).toEqual(['mean', 'mean'])
  })
})
