import { describe, expect, it } from 'vitest'
import { boxesOf, maskIn } from '../../../src-main/engine/concordance/boxes'
import { countVotes, pairCounts } from '../../../src-main/engine/concordance/votes'

const SIZE: [number, number, number] = [7, 5, 3]
const VOXELS = 7 * 5 * 3

/** Reading r marks every voxel whose number has r + 2 as a divisor, in structure 1 of 2. */
const drawings = (readings: number): Uint8Array[] =>
  Array.from({ length: readings }, (_, r) =>
    Uint8Array.from({ length: VOXELS }, (_voxel, i) => (i > 20 && i % (r + 2) === 0 ? 2 : 0)),
  )

describe('the box around what was drawn', () => {
  it('is the smallest, for each structure, on rows that do not end on a whole word', () => {
    const bits = new Uint8Array(VOXELS)
    bits[(1 * 5 + 2) * 7 + 6] = 1
    bits[(1 * 5 + 3) * 7 + 2] = 1
    bits[(2 * 5 + 0) * 7 + 0] = 2
    expect(boxesOf([null, bits], SIZE, 3)).toEqual([
      { from: [2, 2, 1], size: [5, 2, 1] },
      { from: [0, 0, 2], size: [1, 1, 1] },
      null,
    ])
  })
})

describe('votes', () => {
  it.each([3, 8, 11])('of %i readings are counted, pair by pair, as voxel by voxel', (readings) => {
    const drawn = drawings(readings)
    const [, box] = boxesOf(drawn, SIZE, 2)
    if (!box) throw new Error('nothing drawn')
    const masks = [null, ...drawn.map((bits) => maskIn(bits, SIZE, box, 1))]
    const votes = countVotes('core', masks, VOXELS)
    expect(votes.members).toEqual(drawn.map((_, r) => r + 1))
    expect(votes.counts.reduce((sum, count) => sum + count, 0)).toBe(VOXELS)
    drawn.forEach((first, a) =>
      drawn.forEach((second, b) => {
        const both = first.filter((bits, i) => bits === 2 && second[i] === 2).length
        const of = (mask: Uint8Array): number => mask.filter((bits) => bits === 2).length
        expect(pairCounts(votes, a + 1, b + 1)).toEqual({
          first: of(first),
          second: of(second),
          both,
          total: VOXELS,
        })
      }),
    )
  })
})
