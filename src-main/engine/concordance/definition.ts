import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, resolve } from 'node:path'
import { agreementStudySchema, UmbraError, type AgreementOf, type Reading, type Structure } from '@contract'
import { MOST_STRUCTURES } from '../segmentation'

/** What is compared with what, and how. */
export interface AgreementDefinition {
  title: string
  /** The reference, where there is one, is the last. */
  readings: Reading[]
  hasReference: boolean
  structures: Structure[]
  resamples: number
  seed: number
  /** See AgreementReport. */
  design?: string[]
}

/** The votes of a voxel are counted by pattern: 2 to the power of this many. */
const MOST_READINGS = 16

export const usualTitle = 'Agreement of raters'
export const defaults = { resamples: 2000, seed: 1 }

/** Without labels all that is marked is one structure. */
export const anyStructure: Structure[] = [{ name: 'lesion', values: null }]

const usage = (message: string, hint?: string, where?: string): UmbraError =>
  new UmbraError({ code: 'usage', message, hint, where })

/**
 * Structures of "1=core,2=penumbra"; values that belong together are joined by "+" ("1+2=hypoperfused"). Throws
 * `usage`.
 */
export function parseLabels(text: string): Structure[] {
  const structures = text.split(',').map((part) => {
    const found = /^\s*(\d+(?:\s*\+\s*\d+)*)\s*=\s*(.*\S)\s*$/.exec(part)
    if (!found) {
      throw usage(`Labels: "${part.trim()}" is not VALUE=NAME.`, 'Write 1=core,2=penumbra.')
    }
    return { values: found[1].split('+').map(Number), name: found[2] }
  })
  return checkedStructures(structures)
}

/** The library of the figures keeps texts in a plain object and takes this one for what all objects share. Throws `usage`. */
export function refuseReserved(what: string, names: readonly string[]): void {
  if (names.includes('__proto__')) {
    throw usage(`${what} cannot be called "__proto__".`, 'Give it another name.')
  }
}

function checkedStructures(structures: Structure[]): Structure[] {
  const names = new Set(structures.map(({ name }) => name))
  if (names.size < structures.length) throw usage('Two structures have the same name.')
  refuseReserved('A structure', [...names])
  if (structures.length > MOST_STRUCTURES) {
    throw usage(`At most ${MOST_STRUCTURES} structures can be compared.`)
  }
  if (structures.some(({ values }) => values?.some((value) => value < 1 || value > 65_535))) {
    throw usage('Label values are whole numbers from 1 to 65535.')
  }
  return structures
}

/** A definition whose readings can be told apart. Throws `usage`. */
export function checkedDefinition(definition: AgreementDefinition): AgreementDefinition {
  const { readings } = definition
  if (readings.length < 2) {
    throw usage('There is nothing to compare with.', 'Give a reference and a rater, or two raters.')
  }
  if (readings.length > MOST_READINGS) throw usage(`At most ${MOST_READINGS} readings can be compared.`)
  const names = readings.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw usage(`Two readings are called "${twice}".`, 'Give each a name of its own.')
  refuseReserved('A reading', names)
  // Pairs are known by their names: "A/B" with "C" would be "A" with "B/C".
  const pairs = names.flatMap((first) => names.map((second) => `${first}/${second}`))
  const unclear = pairs.find((pair, i) => pairs.indexOf(pair) !== i)
  if (unclear !== undefined) {
    throw usage(`Two pairs of readings would be called "${unclear}".`, 'Name the readings without "/".')
  }
  return { ...definition, structures: checkedStructures(definition.structures) }
}

/** Whose reading the name of a folder is: "anna#2" is the second by anna. */
export const raterOf = (name: string): string => name.replace(/#\d+$/, '')

/** The definition that a person put together in the window. Throws `usage`, and `invalid-path` for a relative folder. */
export function definitionOfFolders(of: Extract<AgreementOf, { from: 'folders' }>): AgreementDefinition {
  const folders = [...of.raters, ...(of.reference ? [of.reference] : [])]
  for (const { name, directory } of folders) {
    if (isAbsolute(directory)) continue
    throw new UmbraError({
      code: 'invalid-path',
      message: `The path of the folder of ${name} must be whole, from its root.`,
      where: directory,
    })
  }
  return checkedDefinition({
    title: of.title || usualTitle,
    readings: folders.map(({ name, directory }) => ({ name, rater: raterOf(name), source: '', directory })),
    hasReference: of.reference !== null,
    structures: of.labels.trim() === '' ? anyStructure : parseLabels(of.labels),
    ...defaults,
  })
}

/** The same with another of its readings as the reference, or none. Throws `usage` for a name that is not there. */
export function withReference(definition: AgreementDefinition, name: string | null): AgreementDefinition {
  const chosen = definition.readings.find((reading) => reading.name === name)
  if (name !== null && !chosen) throw usage(`There is no reading called "${name}".`)
  const others = definition.readings.filter((reading) => reading !== chosen)
  return {
    ...definition,
    readings: chosen ? [...others, chosen] : others,
    hasReference: chosen !== undefined,
  }
}

/**
 * The definition in a JSON file (contract `agreementStudySchema`); its folders are relative to it. Throws
 * `study-unreadable`, naming the field, or `usage`.
 */
export async function readDefinition(path: string): Promise<AgreementDefinition> {
  const refuse = (message: string): UmbraError =>
    new UmbraError({
      code: 'study-unreadable',
      message,
      hint: 'docs/agreement.md shows a study file.',
      where: path,
    })
  const text = await readFile(path, 'utf8').catch((thrown: Error) => {
    throw refuse(`The study cannot be read: ${thrown.message}.`)
  })
  const json = parsed(text)
  if (json === undefined) throw refuse('The study is not a JSON file.')
  const study = agreementStudySchema.safeParse(json)
  if (!study.success) {
    const [issue] = study.error.issues
    throw refuse(`${issue.path.join('.') || 'The study'}: ${issue.message}.`)
  }
  const { title, reference, raters, labels, resamples, seed } = study.data
  const folder = dirname(resolve(path))
  const readings: Reading[] = [
    ...raters.map((rater) => ({ ...rater, rater: rater.rater ?? rater.name })),
    ...(reference ? [{ ...reference, rater: reference.name }] : []),
  ].map((reading) => ({ ...reading, directory: resolve(folder, reading.directory) }))
  return checkedDefinition({
    title: title ?? usualTitle,
    readings,
    hasReference: reference !== undefined,
    structures: labels
      ? Object.entries(labels).map(([name, values]) => ({ name, values: [values].flat() }))
      : anyStructure,
    resamples: resamples ?? defaults.resamples,
    seed: seed ?? defaults.seed,
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
