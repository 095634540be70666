import type { Catalogue } from '@contract'
import { plainText } from '../shell/format'

export type Skipped = Catalogue['skipped'][number]

/** The left-out files, made safe to show, whose path or reason has every word. */
export function filterSkipped(skipped: readonly Skipped[], search: string): Skipped[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return skipped.filter(({ file, reason }) => {
    const text = `${file}\n${reason}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

/** How many files were left out for each reason, the commonest first. */
export function countReasons(skipped: readonly Skipped[]): { reason: string; files: number }[] {
  const counts = new Map<string, number>()
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].map(([reason, files]) => ({ reason, files })).sort((a, b) => b.files - a.files)
}

/** As a table for a spreadsheet or a message: file, tab, reason. */
export const skippedAsText = (skipped: readonly Skipped[]): string =>
  skipped.map(({ file, reason }) => `${plainText(file)}\t${plainText(reason)}`).join('\n')
