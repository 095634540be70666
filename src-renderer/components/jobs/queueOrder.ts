import type { QueueItem } from '@contract'

export type QueueColumn =
  'study' | 'state' | 'quality' | 'coreMl' | 'hypoperfusionMl' | 'mismatchMl' | 'mismatchRatio' | 'seconds'

export interface QueueOrder {
  column: QueueColumn
  descending: boolean
}

const states: readonly QueueItem['state'][] = ['running', 'waiting', 'failed', 'cancelled', 'done']
const qualities: readonly unknown[] = ['green', 'amber', 'red']
const words: readonly QueueColumn[] = ['study', 'state']

/** What a further click on the head of a column asks for: words from A, figures from the largest; then the other way, then the queue's own order. */
export function nextOrder(now: QueueOrder | null, column: QueueColumn): QueueOrder | null {
  const descending = !words.includes(column)
  if (now?.column !== column) return { column, descending }
  return now.descending === descending ? { column, descending: !descending } : null
}

/** The studies in an order, those without a value of the column last; equal ones, and all without an order, as the queue has them. */
export function inOrder(items: readonly QueueItem[], order: QueueOrder | null): QueueItem[] {
  if (order === null) return [...items]
  const value = valueOf(order.column)
  return [...items].sort((a, b) => {
    const [left, right] = [value(a), value(b)]
    if (left === null || right === null) return Number(left === null) - Number(right === null)
    const rising =
      typeof left === 'string' || typeof right === 'string'
        ? String(left).localeCompare(String(right), undefined, { numeric: true })
        : left - right
    return order.descending ? -rising : rising
  })
}

function valueOf(column: QueueColumn): (item: QueueItem) => string | number | null {
  if (column === 'study') return ({ study }) => study
  if (column === 'state') return ({ state }) => states.indexOf(state)
  if (column === 'quality') return ({ row }) => (row?.quality ? qualities.indexOf(row.quality) : null)
  return ({ row }) => row?.[column] ?? null
}
