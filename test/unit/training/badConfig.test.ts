import { describe, expect, it } from 'vitest'
import { trainingConfig } from '../../../src-main/engine/training'
import { tinyTraining } from '../../tinyTraining'

const network = (depth: number): object => ({ network: { ...tinyTraining.network, depth } })

describe('a configuration that cannot be trained', () => {
  it.each<[string, object, RegExp]>([
    [
      'windows that the network’s stages do not divide',
      { window: [15, 16] },
      /window: .*multiples of 2, not 15 × 16/,
    ],
    [
      'windows for a network that is less deep',
      { window: [20, 20], ...network(3) },
      /window: .*multiples of 8/,
    ],
    ['windows beyond memory', { window: [65536, 65536] }, /window: .*more than 2 GB/],
    ['a fold that is none', { split: { folds: 3, fold: 3 } }, /split\.fold: the last of 3 folds is 2, not 3/],
    ['a fold without folds', { split: { validation: 1, fold: 1 } }, /split\.fold: there are no folds/],
    [
      'a range that ends before it begins',
      { data: { ...tinyTraining.data, ranges: { noise: [5, 1] } } },
      /data\.ranges\.noise: the lower end comes first/,
    ],
    ['a field that there is not', { learningRate: 1 }, /Unrecognized key: "learningRate"/],
    ['a map that there is not', { outputs: [{ map: 'abc', scale: 1 }] }, /outputs\.0\.map/],
    ['a type that is another', { batch: '4' }, /batch: .*number/],
  ])('is refused as wrong usage, naming the field: %s', (_, change, said) => {
    let message = ''
    try {
      trainingConfig({ ...tinyTraining, ...change })
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'usage' })
      message = (thrown as Error).message
    }
    expect(message).toMatch(said)
  })

  it('is taken where all fits', () => {
    expect(trainingConfig({ ...tinyTraining, window: [24, 16], ...network(3) }).window).toEqual([24, 16])
    expect(trainingConfig({ ...tinyTraining, split: { folds: 3, fold: 2 } }).split.fold).toBe(2)
  })
})
