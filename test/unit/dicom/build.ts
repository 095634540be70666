import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * A small DICOM writer for tests (PS3.5 §7), made apart from every library the engine reads with, so that a shared
 * misunderstanding cannot hide. It writes what it is told, right or wrong.
 */
export type Value = string | number | number[] | Uint8Array | Elements[]
/** Keyed by tag ("0008,0060"), each with its value representation and value. */
export type Elements = Record<string, [vr: string, value: Value]>

export const syntax = {
  implicit: '1.2.840.10008.1.2',
  explicit: '1.2.840.10008.1.2.1',
  bigEndian: '1.2.840.10008.1.2.2',
  deflated: '1.2.840.10008.1.2.1.99',
  rle: '1.2.840.10008.1.2.5',
  jpegLs: '1.2.840.10008.1.2.4.80',
  jpeg2000: '1.2.840.10008.1.2.4.90',
  htj2k: '1.2.840.10008.1.2.4.201',
}

interface Encoding {
  explicit: boolean
  little: boolean
}

const longVrs = ['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'UC', 'UN', 'UR', 'UT']
const numeric: Record<
  string,
  [bytes: number, set: 'setUint16' | 'setInt16' | 'setUint32' | 'setInt32' | 'setFloat32' | 'setFloat64']
> = {
  US: [2, 'setUint16'],
  SS: [2, 'setInt16'],
  UL: [4, 'setUint32'],
  SL: [4, 'setInt32'],
  FL: [4, 'setFloat32'],
  FD: [8, 'setFloat64'],
}

function valueBytes(vr: string, value: Value, encoding: Encoding): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (vr === 'SQ') return Buffer.concat((value as Elements[]).map((item) => itemBytes(item, encoding)))
  const kind = numeric[vr]
  if (kind) {
    const values = Array.isArray(value) ? (value as number[]) : [Number(value)]
    const view = new DataView(new ArrayBuffer(values.length * kind[0]))
    values.forEach((number, index) => view[kind[1]](index * kind[0], number, encoding.little))
    return new Uint8Array(view.buffer)
  }
  if (vr === 'AT') {
    const [group, element] = String(value)
      .split(',')
      .map((part) => parseInt(part, 16))
    return valueBytes('US', [group, element], encoding)
  }
  const text = Array.isArray(value) ? value.join('\\') : String(value)
  const bytes = Buffer.from(text, 'utf8')
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(vr === 'UI' ? '\0' : ' ')])
}

function itemBytes(item: Elements, encoding: Encoding): Uint8Array {
  const content = elementsBytes(item, encoding)
  return Buffer.concat([header('fffe,e000', '', content.length, { ...encoding, explicit: false }), content])
}

function header(tag: string, vr: string, length: number, { explicit, little }: Encoding): Uint8Array {
  const [group, element] = tag.split(',').map((part) => parseInt(part, 16))
  const long = longVrs.includes(vr)
  const view = new DataView(new ArrayBuffer(explicit && long ? 12 : 8))
  view.setUint16(0, group, little)
  view.setUint16(2, element, little)
  if (!explicit) view.setUint32(4, length, little)
  else {
    view.setUint8(4, vr.charCodeAt(0))
    view.setUint8(5, vr.charCodeAt(1))
    if (long) view.setUint32(8, length, little)
    else view.setUint16(6, length, little)
  }
  return new Uint8Array(view.buffer)
}

export function elementsBytes(elements: Elements, encoding: Encoding): Uint8Array {
  const parts: Uint8Array[] = []
  for (const tag of Object.keys(elements).sort()) {
    const [vr, value] = elements[tag]
    const bytes = valueBytes(vr, value, encoding)
    parts.push(header(tag, vr, bytes.length, encoding), bytes)
  }
  return Buffer.concat(parts)
}

/** Encapsulated pixel data with an empty offset table, one fragment for each frame unless more are given. */
export function encapsulated(frames: Uint8Array[][], offsetTable = false): Uint8Array {
  const implicit = { explicit: false, little: true }
  const parts: Uint8Array[] = [header('7fe0,0010', 'OB', 0xffffffff, { explicit: true, little: true })]
  const offsets: number[] = []
  let at = 0
  const items = frames.flatMap((fragments) => {
    offsets.push(at)
    return fragments.map((fragment) => {
      const even = fragment.length % 2 === 0 ? fragment : Buffer.concat([fragment, Buffer.alloc(1)])
      at += 8 + even.length
      return Buffer.concat([header('fffe,e000', '', even.length, implicit), even])
    })
  })
  const table = offsetTable ? valueBytes('UL', offsets, implicit) : new Uint8Array(0)
  parts.push(header('fffe,e000', '', table.length, implicit), table, ...items)
  parts.push(header('fffe,e0dd', '', 0, implicit))
  return Buffer.concat(parts)
}

export interface FileOptions {
  transferSyntax?: string
  /** Native samples (any typed array, written in the byte order of the syntax) or ready encapsulated bytes. */
  pixels?: ArrayLike<number> & { BYTES_PER_ELEMENT: number; constructor: unknown }
  encapsulated?: Uint8Array
  /** Bytes after the data set. */
  trailing?: Uint8Array
  preamble?: boolean
  /** Changes the bytes of the data set before they are deflated or written. */
  deflate?: (bytes: Uint8Array) => Uint8Array
}

/** The bytes of a DICOM file. */
export function dicomFile(elements: Elements, options: FileOptions = {}): Uint8Array {
  const transferSyntax = options.transferSyntax ?? syntax.explicit
  const encoding = {
    explicit: transferSyntax !== syntax.implicit,
    little: transferSyntax !== syntax.bigEndian,
  }
  const body: Uint8Array[] = [elementsBytes(elements, encoding)]
  if (options.pixels) {
    const vr = options.pixels.BYTES_PER_ELEMENT === 1 ? 'OB' : 'OW'
    const bytes = samples(options.pixels, encoding.little)
    body.push(header('7fe0,0010', vr, bytes.length, encoding), bytes)
  }
  if (options.encapsulated) body.push(options.encapsulated)
  if (options.trailing) body.push(options.trailing)
  const dataSet = Buffer.concat(body)
  if (options.preamble === false) return dataSet
  const sopClass = elements['0008,0016']?.[1] ?? ctImage
  const sopInstance = elements['0008,0018']?.[1] ?? '1.2.3'
  const meta = elementsBytes(
    {
      '0002,0001': ['OB', new Uint8Array([0, 1])],
      '0002,0002': ['UI', sopClass],
      '0002,0003': ['UI', sopInstance],
      '0002,0010': ['UI', transferSyntax],
    },
    { explicit: true, little: true },
  )
  const length = elementsBytes({ '0002,0000': ['UL', meta.length] }, { explicit: true, little: true })
  const content = options.deflate ? options.deflate(dataSet) : dataSet
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, meta, content])
}

function samples(pixels: NonNullable<FileOptions['pixels']>, little: boolean): Uint8Array {
  const width = pixels.BYTES_PER_ELEMENT
  const view = new DataView(new ArrayBuffer(pixels.length * width + ((pixels.length * width) % 2)))
  for (let i = 0; i < pixels.length; i++) {
    if (pixels instanceof Float32Array) view.setFloat32(4 * i, pixels[i], little)
    else if (width === 4) view.setUint32(4 * i, pixels[i] >>> 0, little)
    else if (width === 2) view.setUint16(2 * i, pixels[i] & 0xffff, little)
    else view.setUint8(i, pixels[i] & 0xff)
  }
  return new Uint8Array(view.buffer)
}

export function writeDicom(path: string, elements: Elements, options: FileOptions = {}): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, dicomFile(elements, options))
}

export const ctImage = '1.2.840.10008.5.1.4.1.1.2'
export const enhancedCt = '1.2.840.10008.5.1.4.1.1.2.1'
export const mrImage = '1.2.840.10008.5.1.4.1.1.4'

let uids = 0
export const uid = (): string => `2.25.${1000 + uids++}`
