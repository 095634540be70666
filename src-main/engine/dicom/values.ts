import type { DataSet } from 'dicom-parser'

/** Longest text kept of one attribute: enough for any honest value, too little to flood a screen. */
const textLimit = 1024

/** Specific Character Sets (PS3.3 §C.12.1.1.2) and what TextDecoder calls them. */
const decoders: Record<string, string> = {
  'ISO_IR 6': 'latin1',
  'ISO_IR 100': 'iso-8859-1',
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 148': 'iso-8859-9',
  'ISO_IR 203': 'iso-8859-15',
  'ISO_IR 13': 'shift_jis',
  'ISO_IR 166': 'windows-874',
  'ISO_IR 192': 'utf-8',
  GB18030: 'gb18030',
  GBK: 'gbk',
  'ISO_IR 87': 'iso-2022-jp',
  'ISO_IR 159': 'iso-2022-jp',
  'ISO_IR 149': 'euc-kr',
  'ISO_IR 58': 'gb18030',
}

/** ISO 2022 designations that these decoders leave in the text, e.g. ESC $ ) C. */
const escapeSequence = new RegExp(`${String.fromCharCode(27)}\\$?[()][A-Za-z]`, 'g')

/** Turns an attribute's bytes into text. One per data set, as its Specific Character Set says. */
export type Decode = (bytes: Uint8Array) => string

export function decoderOf(dataSet: DataSet, warnings: string[]): Decode {
  const named = strings(dataSet, 'x00080005').map((name) => name.replace(/^ISO[ _]2022[ _]IR/i, 'ISO_IR'))
  // With code extensions the last set that is not ASCII is the one its escape sequences switch to.
  const chosen = named.filter((name) => name !== '' && name !== 'ISO_IR 6').pop()
  const label = chosen === undefined ? 'latin1' : decoders[chosen.toUpperCase().replace(/\s+/g, ' ')]
  if (label === undefined) {
    warnings.push(`The character set "${printable(chosen ?? '')}" is not known; names may look wrong.`)
  }
  const escapes = label === 'euc-kr' || label === 'gb18030'
  let decoder: TextDecoder | null = null
  return (bytes) => {
    if (isPlain(bytes)) return characters(bytes)
    if (chosen === undefined) return undeclared(bytes)
    decoder ??= new TextDecoder(label ?? 'latin1')
    const text = decoder.decode(bytes)
    return escapes ? text.replace(escapeSequence, '') : text
  }
}

/** ASCII without escape sequences. */
function isPlain(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] >= 0x80 || bytes[i] === 0x1b) return false
  return true
}

/** Text beyond ASCII without a Specific Character Set: UTF-8 where it is well-formed, else Latin-1. */
function undeclared(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return characters(bytes)
  }
}

/** Text without control characters, safe for one line of a screen, a log or a file. */
export function printable(text: string): string {
  const trimmed = withoutControls(text).trim()
  return trimmed.length > textLimit ? `${trimmed.slice(0, textLimit)}…` : trimmed
}

const isControl = (code: number): boolean => code < 32 || (code >= 127 && code < 160)

function withoutControls(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (!isControl(text.charCodeAt(i))) continue
    return Array.from(text, (letter) => (isControl(letter.charCodeAt(0)) ? ' ' : letter)).join('')
  }
  return text
}

const characters = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

function bytesOf(dataSet: DataSet, tag: string): Uint8Array | null {
  const element = dataSet.elements[tag]
  if (!element || element.length === 0 || element.items) return null
  return dataSet.byteArray.subarray(element.dataOffset, element.dataOffset + element.length)
}

/** A text attribute, decoded, its values still joined by backslashes; '' when absent. */
export function text(dataSet: DataSet, tag: string, decode: Decode): string {
  const bytes = bytesOf(dataSet, tag)
  return bytes ? printable(decode(bytes.subarray(0, textLimit * 4))) : ''
}

/** The values of an attribute of plain characters (CS, UI, DS, IS, DA, TM), trimmed. */
export function strings(dataSet: DataSet, tag: string): string[] {
  const bytes = bytesOf(dataSet, tag)
  if (!bytes) return []
  const clean = withoutControls(characters(bytes.subarray(0, 16 * textLimit)))
  return clean.includes('\\') ? clean.split('\\').map(printable) : [printable(clean)]
}

export function firstString(dataSet: DataSet, tag: string): string {
  return strings(dataSet, tag)[0] ?? ''
}

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** Decimal or integer strings (DS, IS) as numbers; null stands for a value that is empty or no number. */
export function decimals(dataSet: DataSet, tag: string): (number | null)[] {
  return strings(dataSet, tag).map((value) => (decimal.test(value) ? Number(value) : null))
}

export function firstDecimal(dataSet: DataSet, tag: string): number | null {
  return decimals(dataSet, tag)[0] ?? null
}

/** Exactly `count` numbers, or null when they are not all there. */
export function vector(dataSet: DataSet, tag: string, count: number): number[] | null {
  const values = decimals(dataSet, tag)
  return values.length === count && values.every((value) => value !== null) ? (values as number[]) : null
}

export function unsigned16(dataSet: DataSet, tag: string): number | null {
  const element = dataSet.elements[tag]
  return element && element.length >= 2 ? (dataSet.uint16(tag) ?? null) : null
}

export function unsigned32(dataSet: DataSet, tag: string): number | null {
  const element = dataSet.elements[tag]
  if (!element || element.length < 2) return null
  return (element.length >= 4 ? dataSet.uint32(tag) : dataSet.uint16(tag)) ?? null
}

export function double(dataSet: DataSet, tag: string, index = 0): number | null {
  const element = dataSet.elements[tag]
  if (!element || element.length < 8 * (index + 1)) return null
  const value = dataSet.double(tag, index)
  return value !== undefined && Number.isFinite(value) ? value : null
}

/** Items of a sequence; [] when absent. */
export function items(dataSet: DataSet | undefined, tag: string): DataSet[] {
  const found: DataSet[] = []
  for (const item of dataSet?.elements[tag]?.items ?? []) if (item.dataSet) found.push(item.dataSet)
  return found
}
