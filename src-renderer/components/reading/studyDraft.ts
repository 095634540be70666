import {
  accountKey,
  mapNames,
  methodLabels,
  protocolSchema,
  usualStructures,
  type DrawnStructure,
  type FoundCase,
  type MapName,
  type MapsMethod,
  type PerfusionSettings,
  type Protocol,
  type ProtocolInput,
  type ReadingCase,
  type ReadingSource,
} from '@contract'

export type DraftCase = ReadingCase & { twice: boolean }

/** A protocol as it is being made: what the form shows, every list with keys of its own. */
export interface StudyDraft {
  name: string
  description: string
  cases: DraftCase[]
  sources: ReadingSource[]
  structures: DrawnStructure[]
  raters: { key: string; name: string }[]
  /** Which cases are read, by rater and source (`cellOf`). */
  reads: Record<string, 'all' | string[]>
  random: boolean
  seed: number
  blinding: Protocol['blinding']
  washOutDays: number
  assistance: Protocol['assistance']
}

export const cellOf = (rater: string, source: string): string => `${rater} ${source}`

/** A key that none of the others has: "case-4". */
export function newKey(stem: string, others: readonly { key: string }[]): string {
  const taken = new Set(others.map(({ key }) => key))
  for (let number = 1; ; number++) if (!taken.has(`${stem}-${number}`)) return `${stem}-${number}`
}

export const newSource = (
  method: MapsMethod,
  settings: PerfusionSettings,
  others: readonly { key: string; name: string }[],
): ReadingSource => {
  const name = methodLabels[method]
  const same = others.filter((other) => other.name.startsWith(name)).length
  return {
    key: others.some(({ key }) => key === method) ? newKey(method, others) : method,
    name: same === 0 ? name : `${name} ${same + 1}`,
    method,
    model: null,
    settings: { ...settings, method: method === 'cnn' ? 'bennink' : method },
  }
}

const palette = ['#e5484d', '#3dd68c', '#52a9ff', '#ffb224', '#bf7af0', '#f76190', '#0bd8b6', '#c2a671']

/** A structure of one's own, with the next free label and colour. */
export function newStructure(others: readonly DrawnStructure[]): DrawnStructure {
  const labels = new Set(others.map(({ label }) => label))
  const label = Array.from({ length: 255 }, (_, i) => i + 1).find((each) => !labels.has(each)) ?? 255
  const colour = palette.find((each) => !others.some((other) => other.colour === each)) ?? palette[0]
  return {
    key: newKey('structure', others),
    name: '',
    label,
    colour,
    maps: ['cbf'],
    term: { value: '', scheme: '99LOCAL', meaning: '' },
  }
}

/** Concepts a structure may stand for, to choose from; SCT is SNOMED CT. */
export const knownTerms: readonly DrawnStructure['term'][] = [
  ...usualStructures.map(({ term }) => term),
  { value: '432504007', scheme: 'SCT', meaning: 'Cerebral infarction' },
  { value: '1386000', scheme: 'SCT', meaning: 'Intracranial hemorrhage' },
  { value: '49755003', scheme: 'SCT', meaning: 'Morphologically abnormal structure' },
  { value: '85756007', scheme: 'SCT', meaning: 'Tissue' },
]

export function emptyDraft(person: string, settings: PerfusionSettings): StudyDraft {
  const source = newSource('bennink', settings, [])
  return {
    name: '',
    description: '',
    cases: [],
    sources: [source],
    structures: usualStructures.map(copyOf),
    raters: [{ key: 'rater-1', name: person }],
    reads: { [cellOf('rater-1', source.key)]: 'all' },
    random: true,
    seed: 1,
    blinding: { patient: true, source: true, raters: true },
    washOutDays: 0,
    assistance: { thresholds: true, proposals: false },
  }
}

function copyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

/** Two raters read the network's maps, a third those of the deconvolution; names that are there already stay. */
export function asInThePaper(draft: StudyDraft, settings: PerfusionSettings): void {
  const cnn = newSource('cnn', settings, [])
  const deconvolution = newSource('bennink', settings, [cnn])
  draft.sources = [cnn, { ...deconvolution, name: `${deconvolution.name} (ground truth)` }]
  draft.raters = [0, 1, 2].map((i) => ({ key: `rater-${i + 1}`, name: draft.raters[i]?.name ?? '' }))
  draft.structures = usualStructures.map(copyOf)
  const [one, two, three] = draft.raters.map(({ key }) => key)
  draft.reads = {
    [cellOf(one, cnn.key)]: 'all',
    [cellOf(two, cnn.key)]: 'all',
    [cellOf(three, deconvolution.key)]: 'all',
  }
}

/** Adds cases that are not there yet. Returns how many were. */
export function addCases(draft: StudyDraft, found: readonly FoundCase[]): number {
  let added = 0
  for (const { name, paths, seriesUid } of found) {
    const known = draft.cases.some(
      (each) => (seriesUid !== null && each.seriesUid === seriesUid) || each.paths.join() === paths.join(),
    )
    if (known) continue
    const names = new Set(draft.cases.map((each) => each.name))
    let unique = name
    for (let number = 2; names.has(unique); number++) unique = `${name} (${number})`
    draft.cases.push({ key: newKey('case', draft.cases), name: unique, paths, seriesUid, twice: false })
    added++
  }
  return added
}

export function draftOf(protocol: Protocol): StudyDraft {
  const { rereads, order, assignments, cases, ...rest } = copyOf(protocol)
  const twice = (key: string): boolean =>
    rereads !== null && (rereads.cases === 'all' || rereads.cases.includes(key))
  const reads: StudyDraft['reads'] = {}
  for (const { rater, source, cases: some } of assignments) {
    const before = reads[cellOf(rater, source)]
    reads[cellOf(rater, source)] =
      some === 'all' || before === 'all' ? 'all' : [...new Set([...(before ?? []), ...some])]
  }
  return {
    ...rest,
    cases: cases.map((each) => ({ ...each, twice: twice(each.key) })),
    reads,
    random: order.kind === 'random',
    seed: order.kind === 'random' ? order.seed : 1,
  }
}

/** Cases that were taken out are taken out of assignments too; one that then reads nothing is left out. */
export function protocolOf(draft: StudyDraft): ProtocolInput {
  const keys = new Set(draft.cases.map(({ key }) => key))
  const assignments = draft.raters.flatMap(({ key: rater }) =>
    draft.sources.flatMap(({ key: source }) => {
      const some = draft.reads[cellOf(rater, source)]
      if (some === undefined) return []
      const cases = some === 'all' ? ('all' as const) : some.filter((key) => keys.has(key))
      return cases.length === 0 ? [] : [{ rater, source, cases }]
    }),
  )
  const twice = draft.cases.filter((each) => each.twice).map(({ key }) => key)
  const all = twice.length === draft.cases.length
  return {
    name: draft.name,
    description: draft.description,
    cases: draft.cases.map(({ key, name, paths, seriesUid }) => ({ key, name, paths, seriesUid })),
    sources: draft.sources,
    structures: draft.structures,
    raters: draft.raters,
    assignments,
    order: draft.random ? { kind: 'random', seed: draft.seed } : { kind: 'fixed' },
    blinding: draft.blinding,
    washOutDays: draft.washOutDays,
    rereads: twice.length === 0 ? null : { cases: all ? 'all' : twice },
    assistance: draft.assistance,
  }
}

/** Why a draft cannot be made a study yet, in words; empty when it can. */
export function draftFaults(draft: StudyDraft): string[] {
  const faults: string[] = []
  const say = (fault: string): void => void faults.push(fault)
  const unnamed = (list: readonly { name: string }[]): boolean => list.some(({ name }) => name.trim() === '')
  if (draft.name.trim() === '') say('The study has no name.')
  if (draft.cases.length === 0) say('There is no case.')
  if (unnamed(draft.cases)) say('A case has no name.')
  if (unnamed(draft.sources)) say('A source of maps has no name.')
  if (draft.structures.length === 0) say('There is nothing to draw: add a structure.')
  if (unnamed(draft.structures)) say('A structure has no name.')
  if (unnamed(draft.raters)) say('A rater has no name.')
  const names = draft.raters.map(({ name }) => accountKey(name)).filter((name) => name !== '')
  if (new Set(names).size < names.length) say('Two raters have the same name.')
  const labels = draft.structures.map(({ label }) => label)
  if (new Set(labels).size < labels.length) say('Two structures have the same label.')
  for (const { name, maps, term } of draft.structures) {
    if (maps.length === 0) say(`${name || 'A structure'} is drawn on no map.`)
    if (!term.value.trim() || !term.scheme.trim() || !term.meaning.trim()) {
      say(`The code of ${name || 'a structure'} is not complete.`)
    }
  }
  for (const { key, name } of draft.raters) {
    const reads = draft.sources.some((source) => draft.reads[cellOf(key, source.key)] !== undefined)
    if (!reads && name.trim() !== '') say(`${name} reads nothing.`)
  }
  if (faults.length > 0) return faults
  const parsed = protocolSchema.safeParse(protocolOf(draft))
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join(' ')}: ${message}`)
}

/** How many readings each rater has, re-reads included. */
export function readingsOfRater(draft: StudyDraft, rater: string): number {
  return draft.sources.reduce((sum, { key }) => {
    const some = draft.reads[cellOf(rater, key)]
    if (some === undefined) return sum
    const read = draft.cases.filter((each) => some === 'all' || some.includes(each.key))
    return sum + read.length + read.filter(({ twice }) => twice).length
  }, 0)
}

/** The maps in the order they are drawn on, with one put in or taken out. */
export function toggledMap(maps: readonly MapName[], map: MapName): MapName[] {
  return maps.includes(map) ? maps.filter((each) => each !== map) : [...maps, map]
}

export const allMaps: readonly MapName[] = mapNames
