import { join } from 'node:path'
import { z } from 'zod'
import { protocolSchema, UmbraError, type Protocol } from '@contract'

/** A protocol as one file: JSON, to be read and changed by people too. */
export function protocolText(protocol: Protocol): string {
  return `${JSON.stringify({ umbra: 'reading protocol', ...protocol }, null, 2)}\n`
}

/** A name as part of a path: letters, digits, `_` and `-`; '' where nothing of it is left. */
const inPaths = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[^\w-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 80)

export const protocolFileName = ({ name }: Protocol): string => `${inPaths(name) || 'study'}.protocol.json`

/** A name that none of the others has: the name, or "name (2)". */
export function untaken(name: string, others: readonly string[]): string {
  let unique = name
  for (let number = 2; others.includes(unique); number++) unique = `${name.slice(0, 190)} (${number})`
  return unique
}

/** Where a rater's files of a study go if they say nothing else: their own folder, below their home folder. */
export const exportFolder = (home: string, { name }: Protocol, rater: string): string =>
  join(home, 'umbra-readings', inPaths(name) || 'study', inPaths(rater) || 'rater')

/** A file that is something else altogether has hundreds. */
const ISSUES_TOLD = 8

/** Reads what `protocolText` wrote. Throws `invalid-protocol`, naming the fields that are wrong. */
export function parseProtocol(text: string): Protocol {
  let given: unknown
  try {
    given = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (thrown) {
    throw new UmbraError({
      code: 'invalid-protocol',
      message: `The file is no JSON: ${(thrown as Error).message}`,
      hint: 'Choose a protocol that Umbra exported.',
    })
  }
  const parsed = protocolSchema.safeParse(given)
  if (parsed.success) return parsed.data
  const { issues } = parsed.error
  const told = issues
    .slice(0, ISSUES_TOLD)
    .map(({ path, message }) => `${z.core.toDotPath(path)}: ${message}`)
  const more = issues.length > ISSUES_TOLD ? [`… and ${issues.length - ISSUES_TOLD} more`] : []
  throw new UmbraError({
    code: 'invalid-protocol',
    message: ['This is no protocol of a reading study:', ...told, ...more].join('\n'),
    hint: 'Correct the fields named here, or export the protocol again.',
  })
}
