import dicomParser, { type DataSet, type Element } from 'dicom-parser'
import { inflateStart } from './deflate'
import { findStart, groupAt, Malformed, sniffEncoding, type Encoding } from './preface'
import { transferSyntaxes } from './transfer-syntax'

/** The header of one file: everything before its pixel data. */
export interface ParsedHeader {
  dataSet: DataSet
  transferSyntax: string
  /** From the file meta information; the data set's own SOP Class UID goes before it. */
  mediaStorageClass: string
  littleEndian: boolean
  pixels: PixelElement | null
  warnings: string[]
}

/** Where the pixel data lies. In a deflated file `offset` counts inflated bytes. */
export interface PixelElement {
  tag: '(7FE0,0008)' | '(7FE0,0009)' | '(7FE0,0010)'
  offset: number
  /** As the file claims; null when undefined (encapsulated). Never to be trusted for an allocation. */
  length: number | null
  /** Where the deflated stream starts in the file; null in a plain file. */
  deflatedFrom: number | null
}

/** `more`: the head was too short; at least so many bytes are needed. */
export type HeaderAttempt = { header: ParsedHeader } | { more: number }

/** No real header is longer; a larger one is a bomb or a damaged length. */
export const headerLimit = 64 * 1024 * 1024
/** Top-level elements: real headers have some hundreds. */
const mostElements = 50_000
const undefinedLength = 0xffffffff
const longVrs = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'])
const pixelTags: Record<string, PixelElement['tag']> = {
  x7fe00008: '(7FE0,0008)',
  x7fe00009: '(7FE0,0009)',
  x7fe00010: '(7FE0,0010)',
}

/**
 * Parses a file's header from its first bytes, up to the pixel data (DICOM PS3.10 §7, PS3.5 §7). `whole` says that
 * `head` is the whole file. Throws NotDicom or Malformed, with the reason in words.
 */
export function parseHeader(head: Uint8Array, whole: boolean): HeaderAttempt {
  const warnings: string[] = []
  let at = findStart(head, warnings)
  let transferSyntax = ''
  let mediaStorageClass = ''
  if (groupAt(head, at, true) === 2) {
    const meta = readElements(head, at, { explicit: true, littleEndian: true }, whole, warnings, true)
    if ('more' in meta) return meta
    const metaSet = new dicomParser.DataSet(dicomParser.littleEndianByteArrayParser, head, meta.elements)
    transferSyntax = metaSet.string('x00020010')?.trim() ?? ''
    mediaStorageClass = metaSet.string('x00020002')?.trim() ?? ''
    at = meta.end
  }
  if (at + 8 > head.length) {
    if (!whole) return { more: at + 8 }
    throw new Malformed('The file ends before its data set (truncated).')
  }

  let body = head
  let bodyWhole = whole
  let deflatedFrom: number | null = null
  if (transferSyntax === transferSyntaxes.deflated) {
    const inflated = inflateStart(head.subarray(at), headerLimit)
    if (inflated.damage !== null && whole) warnings.push('The deflated data set is damaged.')
    body = inflated.bytes
    bodyWhole = inflated.complete || whole
    deflatedFrom = at
    at = 0
    if (body.length < 8) {
      if (!bodyWhole) return { more: head.length + 1 }
      throw new Malformed('The deflated data set is damaged: it cannot be inflated.')
    }
  }
  const encoding = sniffEncoding(body, at, transferSyntax, warnings)
  const outcome = readElements(body, at, encoding, bodyWhole, warnings, false)
  if ('more' in outcome) {
    if (deflatedFrom === null) return outcome
    if (body.length >= headerLimit) {
      throw new Malformed(
        `No pixel data within the first ${headerLimit / 2 ** 20} MB of the deflated data set.`,
      )
    }
    return { more: head.length + 1 }
  }
  const parser = encoding.littleEndian
    ? dicomParser.littleEndianByteArrayParser
    : dicomParser.bigEndianByteArrayParser
  return {
    header: {
      dataSet: new dicomParser.DataSet(parser, body, outcome.elements),
      transferSyntax: transferSyntax || implied(encoding),
      mediaStorageClass,
      littleEndian: encoding.littleEndian,
      pixels: outcome.pixels && { ...outcome.pixels, deflatedFrom },
      warnings,
    },
  }
}

function implied(encoding: Encoding): string {
  if (!encoding.littleEndian) return transferSyntaxes.explicitBig
  return encoding.explicit ? transferSyntaxes.explicitLittle : transferSyntaxes.implicitLittle
}

type ElementsRead = {
  elements: Record<string, Element>
  pixels: Omit<PixelElement, 'deflatedFrom'> | null
  end: number
}

/** Top-level elements, one by one, up to the pixel data (or to the end of group 0002). */
function readElements(
  bytes: Uint8Array,
  from: number,
  encoding: Encoding,
  whole: boolean,
  warnings: string[],
  metaOnly: boolean,
): ElementsRead | { more: number } {
  const parser = encoding.littleEndian
    ? dicomParser.littleEndianByteArrayParser
    : dicomParser.bigEndianByteArrayParser
  const stream = new dicomParser.ByteStream(parser, bytes, from)
  const elements: Record<string, Element> = {}
  const nested: string[] = []
  let highestGroup = 0
  let count = 0
  while (bytes.length - stream.position >= 8) {
    const start = stream.position
    const group = groupAt(bytes, start, encoding.littleEndian)
    if (++count > mostElements) {
      throw new Malformed(`More than ${mostElements} elements before the pixel data.`)
    }
    if (metaOnly && group !== 2) return { elements, pixels: null, end: start }
    const claim = peek(bytes, start, group, encoding)
    if (claim.tag in pixelTags) {
      const length = claim.length === undefinedLength ? null : claim.length
      return { elements, pixels: { tag: pixelTags[claim.tag], offset: claim.dataOffset, length }, end: start }
    }
    const strays = group < highestGroup && (group === 0 || claim.dataOffset + claim.length > bytes.length)
    if (strays && whole && highestGroup > 8) {
      warnings.push(`${bytes.length - start} bytes after the data set are not DICOM and were ignored.`)
      return { elements, pixels: null, end: start }
    }
    if (claim.length !== undefinedLength && claim.dataOffset + claim.length > bytes.length) {
      if (!whole) return { more: claim.dataOffset + claim.length }
      throw new Malformed(
        `${shown(claim.tag)} claims ${claim.length} bytes, but the file ends after ${bytes.length - claim.dataOffset}.`,
      )
    }
    try {
      elements[claim.tag] = readOne(stream, encoding, claim, nested)
    } catch (thrown) {
      if (thrown instanceof RangeError) {
        throw new Malformed(`${shown(claim.tag)}: sequences are nested too deeply.`)
      }
      const ends = claim.length !== undefinedLength
      if (!ends && !whole) return { more: bytes.length + 1 }
      if (!ends) throw new Malformed(`${shown(claim.tag)} cannot be read: ${words(thrown)}.`)
      // Its own length is sound, so what follows it can still be read.
      warnings.push(`${shown(claim.tag)} cannot be read and was passed over: ${words(thrown)}.`)
      stream.position = claim.dataOffset + claim.length
    }
    const unclosed = nested.length > 0 || stream.warnings.length > 0 || stream.position > bytes.length
    if (unclosed) {
      if (!whole) return { more: bytes.length + 1 }
      warnings.push(`The sequence ${shown(claim.tag)} is not closed; what follows it is lost.`)
      return { elements, pixels: null, end: bytes.length }
    }
    highestGroup = Math.max(highestGroup, group)
  }
  if (!whole) return { more: bytes.length + 1 }
  return { elements, pixels: null, end: stream.position }
}

type Claim = { tag: string; vr: string; length: number; dataOffset: number }

/** Sequences and elements of undefined length are dicom-parser's; the others are where their length says. */
function readOne(
  stream: InstanceType<typeof dicomParser.ByteStream>,
  encoding: Encoding,
  claim: Claim,
  warnings: string[],
): Element {
  if (claim.length !== undefinedLength && !isSequence(stream.byteArray, encoding, claim)) {
    stream.position = claim.dataOffset + claim.length
    return claim
  }
  return encoding.explicit
    ? dicomParser.readDicomElementExplicit(stream, warnings)
    : dicomParser.readDicomElementImplicit(stream)
}

/** By its type, or without one by the item that its value starts with. */
function isSequence(bytes: Uint8Array, encoding: Encoding, { vr, length, dataOffset }: Claim): boolean {
  if (encoding.explicit) return vr === 'SQ'
  return length >= 8 && groupAt(bytes, dataOffset, true) === 0xfffe
}

function peek(bytes: Uint8Array, at: number, group: number, { explicit, littleEndian }: Encoding): Claim {
  const element = groupAt(bytes, at + 2, littleEndian)
  const tag = 'x' + (group * 0x10000 + element).toString(16).padStart(8, '0')
  if (!explicit) return { tag, vr: '', length: uint32(bytes, at + 4, littleEndian), dataOffset: at + 8 }
  const vr = String.fromCharCode(bytes[at + 4], bytes[at + 5])
  if (!longVrs.has(vr)) return { tag, vr, length: groupAt(bytes, at + 6, littleEndian), dataOffset: at + 8 }
  const length = at + 12 <= bytes.length ? uint32(bytes, at + 8, littleEndian) : 0
  return { tag, vr, length, dataOffset: at + 12 }
}

function uint32(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  const [first, second] = [groupAt(bytes, at, littleEndian), groupAt(bytes, at + 2, littleEndian)]
  return littleEndian ? second * 0x10000 + first : first * 0x10000 + second
}

const shown = (tag: string): string => `(${tag.slice(1, 5)},${tag.slice(5)})`.toUpperCase()

/** dicom-parser throws strings and objects as well as Errors. */
function words(thrown: unknown): string {
  if (typeof thrown === 'string') {
    if (thrown.includes('osition')) return 'an item is longer than what holds it'
    return thrown.replace(/^dicomParser\S*:? */, '')
  }
  if (thrown instanceof Error) return thrown.message
  return 'it does not follow the standard'
}
