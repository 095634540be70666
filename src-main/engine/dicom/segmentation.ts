import { readFileSync } from 'node:fs'
import { UmbraError, type CodedTerm, type Geometry, type Vec3 } from '@contract'
import { inflatedLimit, inflateStart } from './deflate'
import { parseHeader } from './elements'
import type { Frame, Header } from './header'
import { nativeBytes } from './read-file'
import { readHeader } from './read-header'
import { pixelEncodingOf } from './transfer-syntax'
import { decoderOf, firstString, firstDecimal, items, text, unsigned16, type Decode } from './values'
import { colourOfCieLab } from './write/colour'

const classes = ['1.2.840.10008.5.1.4.1.1.66.4', '1.2.840.10008.5.1.4.1.1.66.7']

/** A DICOM segmentation (PS3.3 A.51) as it is stored: frames of segments on the slices that they are drawn on. */
export interface Segmentation {
  type: 'BINARY' | 'FRACTIONAL' | 'LABELMAP'
  /** Of the slices from the first to the last that has a frame; slices outside are empty. */
  geometry: Geometry
  studyUid: string
  /** The series that it was drawn on, as far as it says. */
  seriesUids: string[]
  segments: SegmentDescription[]
  frames: SegmentFrame[]
}

export interface SegmentDescription {
  number: number
  label: string
  /** What it shows (Segmented Property Type); null where it does not say. */
  term: CodedTerm | null
  /** "#rrggbb", of its recommended display value; null where it has none. */
  colour: string | null
}

export interface SegmentFrame {
  /** Of a labelmap null: its pixels are segment numbers. */
  segment: number | null
  slice: number
  /** Row by row: 0 or 1; a share of 1 (FRACTIONAL); segment numbers. */
  pixels: Uint8Array | Uint16Array | Float32Array
}

interface Parsed {
  header: Header
  dataSet: Parameters<typeof firstString>[0]
  bytes: Uint8Array
}

/** The UIDs by which a segmentation belongs to images: of the series it was drawn on, and of its study. */
export function segmentationUids(path: string): string[] {
  const { dataSet, header } = parse(path)
  return [...seriesUidsOf(dataSet), header.studyUid].filter((uid) => uid !== '')
}

/**
 * Reads a segmentation object, binary (bits packed without gaps, PS3.5 §8.1.1), fractional or labelmap. Throws
 * `seg-unreadable`, naming the file.
 */
export function readSegmentation(path: string): Segmentation {
  const { header, dataSet, bytes } = parse(path)
  const refuse = refusal(path)
  const { image } = header
  const type = firstString(dataSet, 'x00620001')
  if (!classes.includes(header.sopClass)) throw refuse('This DICOM file is no segmentation.')
  if (!image) throw refuse('It has no pixels.')
  if (type !== 'BINARY' && type !== 'FRACTIONAL' && type !== 'LABELMAP') {
    throw refuse(`Its segmentation type (0062,0001) is "${type}".`)
  }
  if (pixelEncodingOf(header.transferSyntax) !== 'native') {
    throw refuse(`Its pixels are compressed (transfer syntax ${header.transferSyntax}).`)
  }
  const pixels = bytes.subarray(image.pixels.offset)
  const needed = nativeBytes(image, header.frames.length)
  if (pixels.length < needed) {
    throw refuse(`Its pixel data is cut off: ${pixels.length} of ${needed} bytes are there.`)
  }
  const { geometry, slices } = gridOf(header, dataSet, refuse)
  const perFrame = items(dataSet, 'x52009230')
  const shared = items(dataSet, 'x52009229')[0]
  const maximum = unsigned16(dataSet, 'x0062000e') ?? 255
  const count = image.rows * image.columns
  return {
    type,
    geometry,
    studyUid: header.studyUid,
    seriesUids: seriesUidsOf(dataSet),
    segments: items(dataSet, 'x00620002').map((segment) => describeSegment(segment, decoderOf(dataSet, []))),
    frames: header.frames.map((_, f) => {
      const named = items(perFrame[f], 'x0062000a')[0] ?? items(shared, 'x0062000a')[0]
      const segment = type === 'LABELMAP' || !named ? null : unsigned16(named, 'x0062000b')
      if (type !== 'LABELMAP' && segment === null) throw refuse(`Frame ${f + 1} names no segment.`)
      const stored = storedFrame(pixels, f, count, image.bitsAllocated, image.littleEndian, refuse)
      return {
        segment,
        slice: slices[f],
        pixels: type === 'FRACTIONAL' ? Float32Array.from(stored, (value) => value / maximum) : stored,
      }
    }),
  }
}

function describeSegment(segment: Parsed['dataSet'], decode: Decode): SegmentDescription {
  const [type] = items(segment, 'x0062000f')
  const shades = [0, 1, 2].map((channel) => shadeOf(segment, channel))
  return {
    number: unsigned16(segment, 'x00620004') ?? 0,
    label: text(segment, 'x00620005', decode),
    term: type
      ? {
          value: firstString(type, 'x00080100'),
          scheme: firstString(type, 'x00080102'),
          meaning: text(type, 'x00080104', decode),
        }
      : null,
    colour: shades.every((shade): shade is number => shade !== null) ? colourOfCieLab(shades) : null,
  }
}

/** One of the three numbers of Recommended Display CIELab Value. */
function shadeOf(segment: Parsed['dataSet'], channel: number): number | null {
  const element = segment.elements.x0062000d
  return element && element.length >= 6 ? (segment.uint16('x0062000d', channel) ?? null) : null
}

const refusal =
  (path: string) =>
  (message: string): UmbraError =>
    new UmbraError({
      code: 'seg-unreadable',
      message,
      hint: 'Export the segmentation again, as DICOM SEG without compression or as NIfTI.',
      where: path,
    })

function parse(path: string): Parsed {
  const refuse = refusal(path)
  try {
    const file = readFileSync(path)
    const attempt = parseHeader(file, true)
    if (!('header' in attempt)) throw new Error('its header is cut off')
    const { dataSet, pixels } = attempt.header
    const from = pixels?.deflatedFrom ?? null
    const bytes = from === null ? file : inflateStart(file.subarray(from), inflatedLimit).bytes
    return { header: readHeader(attempt.header, file.length), dataSet, bytes }
  } catch (thrown) {
    throw refuse(`It cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
}

function seriesUidsOf(dataSet: Parsed['dataSet']): string[] {
  return items(dataSet, 'x00081115').map((series) => firstString(series, 'x0020000e'))
}

function storedFrame(
  pixels: Uint8Array,
  frame: number,
  count: number,
  bits: number,
  littleEndian: boolean,
  refuse: (message: string) => UmbraError,
): Uint8Array | Uint16Array {
  if (bits === 8) return pixels.slice(frame * count, (frame + 1) * count)
  if (bits === 1) {
    const values = new Uint8Array(count)
    for (let i = 0, bit = frame * count; i < count; i++, bit++) {
      values[i] = (pixels[bit >> 3] >> (bit & 7)) & 1
    }
    return values
  }
  if (bits !== 16) throw refuse(`Its pixels have ${bits} bits.`)
  const view = new DataView(pixels.buffer, pixels.byteOffset + 2 * frame * count, 2 * count)
  return Uint16Array.from({ length: count }, (_, i) => view.getUint16(2 * i, littleEndian))
}

/** The slices of the frames as one grid; a segmentation leaves out the slices on which nothing is drawn. */
function gridOf(
  header: Header,
  dataSet: Parsed['dataSet'],
  refuse: (message: string) => UmbraError,
): { geometry: Geometry; slices: number[] } {
  const [{ orientation, spacing, thickness }] = header.frames
  const positions = header.frames.map(({ position }) => position)
  if (!orientation || !spacing || !positions.every((position): position is Vec3 => position !== null)) {
    throw refuse('It does not say where its frames lie.')
  }
  if (header.frames.some((frame) => !alike(frame, orientation))) {
    throw refuse('Its frames lie in different planes.')
  }
  const [row, column] = orientation
  const normal: Vec3 = [
    row[1] * column[2] - row[2] * column[1],
    row[2] * column[0] - row[0] * column[2],
    row[0] * column[1] - row[1] * column[0],
  ]
  const depths = positions.map((position) => position.reduce((sum, at, i) => sum + at * normal[i], 0))
  const order = depths.map((_, f) => f).sort((a, b) => depths[a] - depths[b])
  const gaps = order.slice(1).map((f, i) => depths[f] - depths[order[i]])
  const apart = gaps.filter((gap) => gap > 0.01)
  const [measures] = items(items(dataSet, 'x52009229')[0], 'x00289110')
  const said = measures ? firstDecimal(measures, 'x00180088') : null
  const usual = apart.length > 0 ? apart.reduce((a, b) => Math.min(a, b)) : (said ?? thickness ?? 1)
  const step = said !== null && said > 0 && said <= usual * 1.01 ? said : usual
  const [first, last] = [order[0], order[order.length - 1]]
  const slices = depths.map((depth) => Math.round((depth - depths[first]) / step))
  const exact = slices[last] > 0 ? (depths[last] - depths[first]) / slices[last] : step
  if (depths.some((depth, f) => Math.abs(depth - depths[first] - slices[f] * exact) > 0.1 * exact)) {
    throw refuse('Its slices are not evenly spaced.')
  }
  const along = positions[last].map((at, i) => at - positions[first][i])
  const direction: Vec3 = slices[last] > 0 ? unit(along) : normal
  const stretch = slices[last] > 0 ? Math.hypot(...along) / slices[last] : exact
  return {
    geometry: {
      size: [header.image?.columns ?? 0, header.image?.rows ?? 0, slices[last] + 1],
      spacing: [spacing[0], spacing[1], stretch],
      origin: positions[first],
      direction: [row, column, direction],
      frameOfReference: header.frameOfReference,
    },
    slices,
  }
}

function unit(vector: number[]): Vec3 {
  const length = Math.hypot(...vector)
  return [vector[0] / length, vector[1] / length, vector[2] / length]
}

function alike(frame: Frame, orientation: [Vec3, Vec3]): boolean {
  return (
    frame.orientation?.every((axis, a) => axis.every((v, i) => Math.abs(v - orientation[a][i]) < 1e-3)) ??
    false
  )
}
