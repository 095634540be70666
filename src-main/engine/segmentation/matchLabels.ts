import type { DrawnLabel, DrawnStructure } from '@contract'
import { stemOfDrawing, type DrawnFile, type FileLabel } from './drawnFiles'

type Match = Pick<DrawnLabel, 'structure' | 'match' | 'unclear'>

const unknown: Match = { structure: null, match: null, unclear: true }

/** Case, accents and signs do not make another name. */
const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')

/** What programs call labels that nobody named: "Label 1", "Segment_2", "1". */
const isUnnamed = (name: string | null): boolean =>
  name === null || /^(label|segment|structure|roi)?[\s_-]*\d*$/i.test(name.trim())

/**
 * Which structure of a study each label of some drawings is: by its name, its coded term, the name of its file where
 * that holds one label only, or its number. A label with a name of its own that is no structure's, or a file with a
 * number that no structure has, is unclear: a person must say.
 */
export function matchLabels(
  files: readonly DrawnFile[],
  structures: readonly DrawnStructure[],
): DrawnLabel[] {
  return files.flatMap((file, f) =>
    file.labels.map((label) => ({
      file: f,
      value: label.value,
      name: label.name,
      colour: label.colour,
      voxels: label.voxels,
      ...matchOf(file, label, structures),
    })),
  )
}

function matchOf(file: DrawnFile, label: FileLabel, structures: readonly DrawnStructure[]): Match {
  const name = plain(label.name ?? '')
  const called = file.labels.length === 1 ? calledAs(file, structures) : null
  const named = structures.find((each) => name !== '' && [plain(each.name), plain(each.key)].includes(name))
  // A description of other files may lie beside one that is named after another structure.
  if (named) return { structure: named.key, match: 'name', unclear: called !== null && called !== named.key }
  const coded = structures.filter(
    ({ term }) => term.value === label.term?.value && term.scheme === label.term.scheme,
  )
  if (coded.length === 1) return { structure: coded[0].key, match: 'code', unclear: false }
  if (called && isUnnamed(label.name)) return { structure: called, match: 'file', unclear: false }
  const numbered = structures.find((each) => each.label === label.value)
  if (!numbered) return unknown
  return { structure: numbered.key, match: 'number', unclear: !isUnnamed(label.name) }
}

/** The one structure that the file is named after: "case-1_core". */
function calledAs(file: DrawnFile, structures: readonly DrawnStructure[]): string | null {
  const parts = stemOfDrawing(file.path)
    .split(/[\s_.-]+/)
    .map(plain)
  const found = structures.filter(({ key, name }) =>
    [plain(key), plain(name)].some((own) => parts.includes(own)),
  )
  return found.length === 1 ? found[0].key : null
}
