import { transferSyntaxes } from './transfer-syntax'

/** The file is something else; `message` says what, as far as its first bytes tell. */
export class NotDicom extends Error {}
/** The file is DICOM, but broken; `message` says where. */
export class Malformed extends Error {}

export interface Encoding {
  explicit: boolean
  littleEndian: boolean
}

const isLetter = (byte: number): boolean => byte >= 65 && byte <= 90
const hasVr = (bytes: Uint8Array, at: number): boolean => isLetter(bytes[at + 4]) && isLetter(bytes[at + 5])
const ascii = (bytes: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + length))

export function groupAt(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  return littleEndian ? bytes[at] | (bytes[at + 1] << 8) : (bytes[at] << 8) | bytes[at + 1]
}

/**
 * Where the first element lies: after the preamble and "DICM" (PS3.10 §7.1), or at 0 in the files of old exports that
 * have neither, recognised by their first element. Throws NotDicom.
 */
export function findStart(bytes: Uint8Array, warnings: string[]): number {
  if (bytes.length === 0) throw new NotDicom('Empty file.')
  if (bytes.length >= 132 && ascii(bytes, 128, 4) === 'DICM') return 132
  if (ascii(bytes, 0, 4) === 'DICM') {
    warnings.push('The 128-byte preamble is missing.')
    return 4
  }
  if (startsWithElement(bytes)) {
    warnings.push('The file has no DICOM preamble; it was read from its first element.')
    return 0
  }
  throw new NotDicom(`Not a DICOM file${otherFormat(bytes)}.`)
}

function startsWithElement(bytes: Uint8Array): boolean {
  if (bytes.length < 16) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (const little of [true, false]) {
    const group = view.getUint16(0, little)
    const element = view.getUint16(2, little)
    if ((group !== 2 && group !== 8) || element > 0x60) continue
    if (hasVr(bytes, 0)) return true
    if (little && view.getUint32(4, true) <= 1024) return true
  }
  return false
}

const signatures: [string, string][] = [
  ['PK\x03\x04', 'a ZIP archive that cannot be read'],
  ['%PDF', 'a PDF document'],
  ['\x89PNG', 'a PNG picture'],
  ['\xff\xd8\xff', 'a JPEG picture'],
  ['\x1f\x8b', 'a gzip archive'],
  ['7z\xbc\xaf', 'a 7-Zip archive'],
  ['Rar!', 'a RAR archive'],
  ['<', 'a web page or XML'],
  ['{', 'JSON'],
  ['MZ', 'a Windows program'],
]

function otherFormat(bytes: Uint8Array): string {
  const found = signatures.find(([signature]) => ascii(bytes, 0, signature.length) === signature)
  return found ? ` (${found[1]})` : ''
}

/**
 * How the elements from `at` on are written. The file's word is checked against its first element, because exports
 * that name one transfer syntax and write another exist.
 */
export function sniffEncoding(
  bytes: Uint8Array,
  at: number,
  transferSyntax: string,
  warnings: string[],
): Encoding {
  const littleEndian = groupAt(bytes, at, true) <= groupAt(bytes, at, false)
  const explicit = hasVr(bytes, at)
  const named: Encoding = {
    explicit: transferSyntax !== transferSyntaxes.implicitLittle,
    littleEndian: transferSyntax !== transferSyntaxes.explicitBig,
  }
  if (transferSyntax !== '' && (named.explicit !== explicit || named.littleEndian !== littleEndian)) {
    const really = `${explicit ? 'explicit' : 'implicit'} VR ${littleEndian ? 'little' : 'big'} endian`
    warnings.push(`The transfer syntax ${transferSyntax} is not how the file is written (${really}).`)
  }
  return { explicit, littleEndian }
}
