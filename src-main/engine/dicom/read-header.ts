import type { DataSet } from 'dicom-parser'
import { type ParsedHeader } from './elements'
import { framesOf } from './frames'
import type { Acquisition, Frame, Header, ImageLayout } from './header'
import { unfoldMosaic } from './mosaic'
import { Malformed } from './preface'
import { decoderOf, firstDecimal, firstString, items, strings, text, unsigned16 } from './values'

/** More frames than any scanner writes; a larger number is a damaged header. */
const frameLimit = 100_000

/** Turns a parsed data set into the plain header that leaves the worker. Throws Malformed. */
export function readHeader(parsed: ParsedHeader, bytes: number): Header {
  const { dataSet } = parsed
  const warnings = [...parsed.warnings]
  const decode = decoderOf(dataSet, warnings)
  const words = (tag: string): string => text(dataSet, tag, decode)
  const frameWarnings: string[] = []
  const { image, frames } = picturesOf(dataSet, parsed, warnings, frameWarnings)
  return {
    bytes,
    transferSyntax: parsed.transferSyntax,
    sopClass: firstString(dataSet, 'x00080016') || parsed.mediaStorageClass,
    sopInstance: firstString(dataSet, 'x00080018'),
    studyUid: firstString(dataSet, 'x0020000d'),
    seriesUid: firstString(dataSet, 'x0020000e'),
    frameOfReference: firstString(dataSet, 'x00200052'),
    modality: firstString(dataSet, 'x00080060'),
    manufacturer: words('x00080070'),
    patient: {
      id: words('x00100020'),
      name: words('x00100010'),
      birthDate: firstString(dataSet, 'x00100030'),
      sex: firstString(dataSet, 'x00100040'),
    },
    study: {
      date: firstString(dataSet, 'x00080020'),
      time: firstString(dataSet, 'x00080030'),
      id: words('x00200010'),
      description: words('x00081030'),
      accession: words('x00080050'),
      referringPhysician: words('x00080090'),
    },
    series: {
      number: firstDecimal(dataSet, 'x00200011'),
      description: words('x0008103e'),
      protocol: words('x00181030'),
    },
    instanceNumber: firstDecimal(dataSet, 'x00200013'),
    imageType: strings(dataSet, 'x00080008'),
    acquisition: acquisitionOf(dataSet, words),
    image,
    frames,
    warnings: [...new Set([...warnings, ...frameWarnings])],
  }
}

function picturesOf(
  dataSet: DataSet,
  parsed: ParsedHeader,
  warnings: string[],
  frameWarnings: string[],
): { image: ImageLayout | null; frames: Frame[] } {
  if (!parsed.pixels) return { image: null, frames: [] }
  const image = imageOf(dataSet, parsed, warnings)
  const frames = framesOf(dataSet, frameCount(dataSet, warnings), frameWarnings)
  if (!strings(dataSet, 'x00080008').includes('MOSAIC') || frames.length > 1) return { image, frames }
  const tiles = unsigned16(dataSet, 'x0019100a') ?? 0
  const unfolded = tiles > 0 ? unfoldMosaic(dataSet, image, frames[0], tiles) : null
  if (!unfolded) {
    warnings.push('A Siemens mosaic whose slices cannot be told apart; it is shown as one picture.')
  }
  return unfolded ?? { image, frames }
}

function acquisitionOf(dataSet: DataSet, words: (tag: string) => string): Acquisition {
  const resolution = firstDecimal(dataSet, 'x00200110')
  const shared = items(dataSet, 'x52009229')[0]
  const contrast = items(dataSet, 'x00180012')[0] ? 'coded' : ''
  const timing = items(shared, 'x00189112')[0] ?? dataSet
  return {
    kernel: words('x00181210'),
    tubeVoltage: firstDecimal(dataSet, 'x00180060'),
    contrastAgent: words('x00180010') || contrast,
    scanningSequence:
      firstString(dataSet, 'x00189018') === 'YES' ? 'EP' : strings(dataSet, 'x00180020').join('\\'),
    sequenceName: words('x00180024') || words('x00189005'),
    repetitionTime: firstDecimal(timing, 'x00180080'),
    temporalPositions: firstDecimal(dataSet, 'x00200105'),
    temporalResolution: resolution !== null && resolution > 0 ? resolution / 1000 : null,
  }
}

function frameCount(dataSet: DataSet, warnings: string[]): number {
  const values = strings(dataSet, 'x00280008')
  if (values.length === 0 || values[0] === '') return 1
  const count = Number(values[0])
  if (count === 0) {
    warnings.push('Number of Frames (0028,0008) is 0; one frame was read.')
    return 1
  }
  if (!Number.isInteger(count) || count < 0 || count > frameLimit) {
    throw new Malformed(`Number of Frames (0028,0008) is ${values[0]}, which cannot be.`)
  }
  return count
}

function imageOf(dataSet: DataSet, parsed: ParsedHeader, warnings: string[]): ImageLayout {
  const pixels = parsed.pixels
  if (!pixels) throw new Malformed('There is no pixel data.')
  const required = (tag: string, name: string): number => {
    const value = unsigned16(dataSet, tag)
    if (value === null) throw new Malformed(`${name} is missing: the pixels cannot be read without it.`)
    return value
  }
  const rows = required('x00280010', 'Rows (0028,0010)')
  const columns = required('x00280011', 'Columns (0028,0011)')
  if (rows === 0 || columns === 0) {
    throw new Malformed(`Rows × Columns (0028,0010/0011) is ${rows} × ${columns}.`)
  }
  const float = pixels.tag !== '(7FE0,0010)'
  const bitsAllocated = required('x00280100', 'Bits Allocated (0028,0100)')
  const photometric = firstString(dataSet, 'x00280004')
  if (photometric === '') {
    warnings.push('Photometric Interpretation (0028,0004) is missing; MONOCHROME2 was assumed.')
  }
  if (photometric === 'MONOCHROME1') {
    warnings.push('MONOCHROME1: made to be shown with high values dark; the values are kept.')
  }
  const samples = unsigned16(dataSet, 'x00280002')
  if (samples === null) warnings.push('Samples per Pixel (0028,0002) is missing; 1 was assumed.')
  const bitsStored = unsigned16(dataSet, 'x00280101') ?? bitsAllocated
  const highBit = unsigned16(dataSet, 'x00280102') ?? bitsStored - 1
  const allowed = float ? [32, 64] : [1, 8, 16, 32]
  if (!allowed.includes(bitsAllocated)) throw new Malformed(`Bits Allocated (0028,0100) is ${bitsAllocated}.`)
  if (!float && (bitsStored < 1 || bitsStored > bitsAllocated)) {
    throw new Malformed(`Bits Stored (0028,0101) is ${bitsStored} of ${bitsAllocated} allocated.`)
  }
  if (![1, 3, 4].includes(samples ?? 1)) throw new Malformed(`Samples per Pixel (0028,0002) is ${samples}.`)
  const signed = unsigned16(dataSet, 'x00280103') === 1
  return {
    rows,
    columns,
    tilesAcross: 1,
    samples: samples ?? 1,
    photometric: photometric || 'MONOCHROME2',
    bitsAllocated,
    bitsStored: float ? bitsAllocated : bitsStored,
    highBit: highBit >= bitsStored - 1 && highBit < bitsAllocated ? highBit : bitsStored - 1,
    signed,
    float,
    littleEndian: parsed.littleEndian,
    padding: paddingOf(dataSet, signed),
    pixels,
  }
}

function paddingOf(dataSet: DataSet, signed: boolean): number | null {
  const element = dataSet.elements.x00280120
  if (!element || element.length !== 2) return null
  return (signed ? dataSet.int16('x00280120') : dataSet.uint16('x00280120')) ?? null
}
