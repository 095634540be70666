import { describe, expect, it } from 'vitest'
import { trainingConfig, trainingPresets } from '../../../src-main/engine/training'
import { dataOf, withData } from '../../../src-renderer/components/training/configData'

const study = { kind: 'reading-study', study: '3f2a', cases: ['case-1', 'case-2', 'case-3'] }

describe('a configuration with other data', () => {
  it('is one, whichever of the given ones it was made of, and differs in nothing else', async () => {
    for (const { config } of await trainingPresets()) {
      const changed = withData(config, study, 30) ?? ''
      expect(dataOf(changed)).toEqual(study)
      const [before, after] = [config, changed].map((text) => trainingConfig(JSON.parse(text)))
      expect({ ...after, data: null }).toEqual({ ...before, data: null })
    }
  })

  it('lets a fifth of the patients judge where all of them would have', () => {
    const judges = (split: object | undefined, patients: number): unknown =>
      (JSON.parse(withData(JSON.stringify({ data: {}, split }), study, patients) ?? '') as { split?: object })
        .split
    expect(judges({ validation: 15, seed: 4 }, 10)).toEqual({ validation: 2, seed: 4 })
    expect(judges(undefined, 10)).toEqual({ validation: 2 })
    expect(judges(undefined, 2)).toEqual({ validation: 1 })
    expect(judges({ validation: 2 }, 10)).toEqual({ validation: 2 })
    expect(judges({ patients: { training: ['A'], validation: ['B'] } }, 40)).toBeUndefined()
  })

  it('is none of a text that is none', () => {
    for (const text of ['', '{', '3', '[]', 'null']) {
      expect(withData(text, study)).toBeNull()
      expect(dataOf(text)).toBeNull()
    }
  })
})
