import { basename } from 'node:path'
import { z } from 'zod'
import { recentStudySchema, type Catalogue, type RecentStudy, type Warning } from '@contract'
import { openJsonFile } from './jsonFile'

const STUDIES_KEPT = 30

export interface RecentStudies {
  /** The newest first. */
  list(): Promise<RecentStudy[]>
  remember(paths: string[], catalogue: Catalogue): Promise<void>
  forget(paths: string[]): Promise<void>
}

const samePaths = (left: string[], right: string[]): boolean =>
  left.length === right.length && left.every((path, index) => path === right[index])

/** "folder name — study description, date": enough to find a study again, without the patient's name on disk. */
function labelOf(paths: string[], catalogue: Catalogue): string {
  const place = basename(paths[0]) + (paths.length > 1 ? ` and ${paths.length - 1} more` : '')
  const study = catalogue.studies[0]
  const about = [study?.description, study?.date].filter(Boolean).join(', ')
  return about ? `${place} — ${about}` : place
}

/** The studies opened last, by their paths, kept in one JSON file. */
export function openRecentStudies(path: string, report: (warning: Warning) => void): RecentStudies {
  const file = openJsonFile(path, z.object({ recent: z.array(recentStudySchema) }), { recent: [] }, report)
  return {
    list: async () => (await file.read()).recent,
    remember: (paths, catalogue) => {
      const study: RecentStudy = {
        paths,
        label: labelOf(paths, catalogue),
        openedAt: new Date().toISOString(),
        studies: catalogue.studies.length,
        series: catalogue.studies.reduce((sum, each) => sum + each.series.length, 0),
      }
      return file.update(({ recent }) => {
        const others = recent.filter((each) => !samePaths(each.paths, paths))
        return { recent: [study, ...others].slice(0, STUDIES_KEPT) }
      })
    },
    forget: (paths) =>
      file.update(({ recent }) => ({ recent: recent.filter((study) => !samePaths(study.paths, paths)) })),
  }
}
