import { z } from 'zod'
import { protocolSchema, UmbraError, type Protocol } from '@contract'

/** A protocol as one file: JSON, to be read and changed by people too. */
export function protocolText(protocol: Protocol): string {
  return `${JSON.stringify({ umbra: 'reading protocol', ...protocol }, null, 2)}\n`
}

export function protocolFileName({ name }: Protocol): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[^\w-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 80)
  return `${plain || 'study'}.protocol.json`
}

/** Reads what `protocolText` wrote. Throws `invalid-protocol`, naming every field that is wrong. */
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
  throw new UmbraError({
    code: 'invalid-protocol',
    message: `This is no protocol of a reading study:\n${z.prettifyError(parsed.error)}`,
    hint: 'Correct the fields named here, or export the protocol again.',
  })
}
