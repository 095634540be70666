import { perfusionSettingsSchema, UmbraError, type Protocol, type ReadingStudy } from '@contract'
import type { CaseFiles, ReadingStudyChoice, SettledChoice } from '../training'
import type { OpenRoom } from './handlers'
import { settingsOf } from './scans'
import { appendAudit } from './store'
import { ownedStudy, studiesOf } from './studies'

/** What a network may learn from in the case store. Only for the owner of a study, who knows its patients. */
export interface CasesToLearn {
  /**
   * Puts into a choice what the store knows: the study's id, the keys of its cases, how its maps are made; and tells where
   * the cases lie. Throws `unknown-study`, `not-allowed`, `usage` for cases that the study has not or that are named
   * twice, `no-deconvolution`, `signed-out`.
   */
  settle(session: string, choice: ReadingStudyChoice): { choice: SettledChoice; files: CaseFiles }
  /** The study's protocol. Throws `not-allowed`. */
  protocol(session: string, studyId: string): Protocol
  /** Into the audit trail: that a run began or went on with these cases. */
  note(session: string, choice: SettledChoice): void
}

function findStudy(studies: readonly ReadingStudy[], asked: string): ReadingStudy {
  const byId = studies.filter(({ studyId }) => studyId === asked)
  const found = byId.length > 0 ? byId : studies.filter(({ name }) => name === asked)
  if (found.length === 1) return found[0]
  const listed = studies.filter(({ owned }) => owned).map(({ name, studyId }) => `${name} (${studyId})`)
  throw new UmbraError({
    code: 'unknown-study',
    message:
      found.length > 1
        ? `${found.length} reading studies are called "${asked}".`
        : `There is no reading study "${asked}" in this case store.`,
    hint:
      listed.length > 0
        ? `Give the id. There are: ${listed.join(', ')}.`
        : 'Nobody who signs in so has made one.',
  })
}

/** The keys of a choice's cases, each once. */
function chosenCases({ cases, patients }: ReadingStudyChoice, protocol: Protocol): string[] {
  const known = new Set(protocol.cases.map(({ key }) => key))
  const wrong = (message: string): UmbraError =>
    new UmbraError({ code: 'usage', message, hint: `The study has ${[...known].slice(0, 20).join(', ')}.` })
  const chosen = cases === 'all' ? [...known] : cases
  const unknown = [...chosen, ...Object.keys(patients)].find((key) => !known.has(key))
  if (unknown !== undefined) throw wrong(`The study has no case ${unknown}.`)
  const twice = chosen.find((key, i) => chosen.indexOf(key) < i)
  if (twice !== undefined) throw wrong(`The case ${twice} is named twice.`)
  return chosen
}

/** The source whose maps teach, and its settings. A network is not taught by another's guesses. */
function mapsOf(
  { source: asked, settings }: ReadingStudyChoice,
  { sources }: Protocol,
): Pick<SettledChoice, 'source' | 'settings'> {
  const source = sources.find(({ key, method }) => (asked === null ? method !== 'cnn' : key === asked))
  if (asked !== null && source?.method === 'cnn') {
    throw new UmbraError({
      code: 'no-deconvolution',
      message: `The maps of ${asked} are made by a network: they are no truth to learn from.`,
      hint: 'Name a source of the study that is a deconvolution, or none.',
    })
  }
  if (asked !== null && !source) {
    const keys = sources.map(({ key }) => key).join(', ')
    throw new UmbraError({
      code: 'usage',
      message: `The study has no source ${asked}.`,
      hint: `It has ${keys}.`,
    })
  }
  const made = source ? settingsOf(source) : perfusionSettingsSchema.parse({})
  return { source: source?.key ?? null, settings: settings ?? made }
}

export function createCasesToLearn(open: () => OpenRoom, mapsDirectory: string): CasesToLearn {
  return {
    settle: (session, choice) => {
      const { store, people } = open()
      const person = people.of(session)
      const { studyId } = findStudy(studiesOf(store, person), choice.study)
      const { protocol } = ownedStudy(store, studyId, person)
      const keys = chosenCases(choice, protocol)
      const cases = keys.flatMap((key) => protocol.cases.filter((each) => each.key === key))
      return {
        choice: { ...choice, study: studyId, cases: keys, ...mapsOf(choice, protocol) },
        files: {
          mapsDirectory,
          cases: cases.map(({ key, paths, seriesUid }) => ({ key, paths, seriesUid })),
        },
      }
    },
    protocol: (session, studyId) => {
      const { store, people } = open()
      return ownedStudy(store, studyId, people.of(session)).protocol
    },
    note: (session, { study, cases, settings }) => {
      const { store, people, now } = open()
      const detail = { cases: cases.length, method: settings.method }
      const { name } = people.of(session)
      appendAudit(store, { actor: name, action: 'study.taught', studyId: study, detail }, now())
    },
  }
}
