import { pipelineSettingsSchema, type FilterMethod } from '@contract'
import { describe, expect, it } from 'vitest'
import { fieldsOf } from '../../../src-renderer/components/review/stepFields'

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
})
