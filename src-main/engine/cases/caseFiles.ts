import { existsSync } from 'node:fs'
import type { Catalogue, ReadingCase, SeriesSummary } from '@contract'

/** Whether a file or folder of the case is not where its protocol says. */
export const isMissing = ({ paths }: Pick<ReadingCase, 'paths'>): boolean =>
  !paths.every((path) => existsSync(path))

export const seriesIn = ({ studies }: Catalogue): SeriesSummary[] => studies.flatMap(({ series }) => series)

export const isPerfusion = ({ kind }: SeriesSummary): boolean => kind.endsWith('-perfusion')

/** The series a protocol means: by its UID, else the only perfusion series there. Null where there is no such one. */
export function seriesOfCase(catalogue: Catalogue, seriesUid: string | null): SeriesSummary | null {
  const all = seriesIn(catalogue)
  if (seriesUid === null) return all.find(isPerfusion) ?? null
  return all.find(({ uid, uids }) => uid === seriesUid || uids.includes(seriesUid)) ?? null
}
