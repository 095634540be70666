import { existsSync } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'
import { UmbraError, type FoundCase, type ReadingCase } from '@contract'
import { isMissing, isPerfusion, seriesIn } from '../cases/caseFiles'
import { partOfRun, type Run } from '../compute/run'
import { openStudy } from '../dicom'

/** Names of folders that say nothing of the case in them. */
const generic = /^(dicom|dcm|ctp?|images?|series|studies|data|study|(s|se|st|pa|im)?[-_]?\d{1,5})$/i

/** What a case is called: the first folder on the way from a chosen one that says something, else the chosen one's name. */
function nameOf(folder: string, chosen: string): string {
  const below = relative(chosen, folder)
  const inside = below === '' || below.startsWith('..') ? [] : below.split(sep)
  const outside = chosen.split(sep).filter(Boolean).reverse()
  const telling = (name: string): boolean => !generic.test(name)
  return inside.find(telling) ?? outside.find(telling) ?? basename(folder)
}

/**
 * The perfusion series below `paths`, each as a case with the narrowest folder that holds it, so that opening one case
 * of a cohort does not read the headers of all. Cases of one name are told apart by a number.
 */
export async function findCases(paths: string[], run: Run = {}): Promise<FoundCase[]> {
  const study = await openStudy(paths, run)
  try {
    const perfusion = seriesIn(study.catalogue).filter(isPerfusion)
    const names = new Map<string, number>()
    return perfusion.map(({ key, uid, description, timePoints, size }) => {
      const folder = study.folderOf(key)
      const chosen = paths.find((path) => folder !== null && !relative(path, folder).startsWith('..'))
      const plain = nameOf(folder ?? paths[0], chosen ?? paths[0]).slice(0, 180)
      const count = (names.get(plain) ?? 0) + 1
      names.set(plain, count)
      return {
        name: count === 1 ? plain : `${plain} (${count})`,
        paths: folder === null ? paths : [folder],
        seriesUid: uid,
        description,
        timePoints,
        slices: size[2],
      }
    })
  } finally {
    await study.close()
  }
}

/** Where `path` lies after `from` became `to`, judged by the names both end with; null where that says nothing. */
export function movedAlong(path: string, from: string, to: string): string | null {
  const [before, after] = [from.split(/[\\/]/), to.split(/[\\/]/)]
  while (before.length > 1 && after.length > 1 && before.at(-1) === after.at(-1)) {
    before.pop()
    after.pop()
  }
  const root = before.join(sep) + sep
  return path.startsWith(root) ? join(after.join(sep) || sep, path.slice(root.length)) : null
}

/** The case at its new place. Throws `other-series` where another series lies there. */
async function placed(subject: ReadingCase, paths: string[], run: Run): Promise<ReadingCase> {
  const found = await findCases(paths, run)
  const match =
    subject.seriesUid === null ? found[0] : found.find(({ seriesUid }) => seriesUid === subject.seriesUid)
  if (match) return { ...subject, paths: match.paths, seriesUid: match.seriesUid }
  throw new UmbraError({
    code: 'other-series',
    message: `The series of ${subject.name} is not there.`,
    hint:
      found.length > 0
        ? 'Another series lies there: choose the folder of this case.'
        : 'Choose another folder.',
    where: paths.join(', '),
  })
}

/**
 * The cases that are found again when `key` lies at `paths` now: itself, and other missing ones that moved along with
 * it. Throws `other-series` when it is not there.
 */
export async function relocate(
  cases: readonly ReadingCase[],
  key: string,
  paths: string[],
  run: Run = {},
): Promise<ReadingCase[]> {
  const subject = cases.find((each) => each.key === key)
  if (!subject) throw new UmbraError({ code: 'unknown-study', message: `The study has no case ${key}.` })
  const first = await placed(subject, paths, partOfRun(run, 0, 0.5))
  const moved = [first]
  const others = cases.filter((each) => each.key !== key && isMissing(each))
  for (const [i, other] of others.entries()) {
    const guess = other.paths.map((path) => movedAlong(path, subject.paths[0], first.paths[0]))
    const there = guess.filter((path): path is string => path !== null && existsSync(path))
    if (there.length < other.paths.length) continue
    const part = partOfRun(run, 0.5 + (0.5 * i) / others.length, 0.5 + (0.5 * (i + 1)) / others.length)
    await placed(other, there, part).then(
      (found) => moved.push(found),
      () => undefined,
    )
  }
  return moved
}
