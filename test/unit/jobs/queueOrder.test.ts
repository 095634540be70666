import { describe, expect, it } from 'vitest'
import type { CohortRow, QueueItem } from '@contract'
import { inOrder, nextOrder } from '../../../src-renderer/components/jobs/queueOrder'

type Figures = Partial<Pick<CohortRow, 'coreMl' | 'quality'>>

const item = (study: string, state: QueueItem['state'], figures: Figures | null): QueueItem => ({
  id: study,
  study,
  paths: [`/studies/${study}`],
  series: null,
  directory: '/results',
  state,
  addedAt: '',
  endedAt: null,
  fingerprint: null,
  row: figures as CohortRow | null,
})
const queue = [
  item('case 10', 'done', { coreMl: 12, quality: 'amber' }),
  item('case 9', 'failed', { coreMl: null, quality: 'red' }),
  item('case 2', 'done', { coreMl: 40, quality: 'green' }),
  item('case 1', 'waiting', null),
]

describe('the table of the queue', () => {
  it('is in the order of the queue until a column is chosen', () => {
    expect(inOrder(queue, null)).toEqual(queue)
  })

  it.each([
    ['study', false, ['case 1', 'case 2', 'case 9', 'case 10']],
    ['state', false, ['case 1', 'case 9', 'case 10', 'case 2']],
    ['quality', true, ['case 9', 'case 10', 'case 2', 'case 1']],
    ['coreMl', true, ['case 2', 'case 10', 'case 9', 'case 1']],
    ['coreMl', false, ['case 10', 'case 2', 'case 9', 'case 1']],
  ] as const)('sorts by %s, descending: %s; what has no value comes last', (column, descending, studies) => {
    expect(inOrder(queue, { column, descending }).map(({ study }) => study)).toEqual(studies)
  })

  it('turns words from A and figures from the largest, then round, then back', () => {
    const first = nextOrder(null, 'coreMl')
    const second = nextOrder(first, 'coreMl')
    expect([first?.descending, second?.descending, nextOrder(second, 'coreMl')]).toEqual([true, false, null])
    expect(nextOrder(second, 'study')).toEqual({ column: 'study', descending: false })
  })
})
