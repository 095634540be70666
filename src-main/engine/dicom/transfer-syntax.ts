/** Transfer syntaxes by what Umbra does with them (DICOM PS3.6 Annex A). */
export const transferSyntaxes = {
  implicitLittle: '1.2.840.10008.1.2',
  explicitLittle: '1.2.840.10008.1.2.1',
  explicitBig: '1.2.840.10008.1.2.2',
  deflated: '1.2.840.10008.1.2.1.99',
  rle: '1.2.840.10008.1.2.5',
  jpegBaseline: '1.2.840.10008.1.2.4.50',
  jpegExtended: '1.2.840.10008.1.2.4.51',
  jpegLossless: '1.2.840.10008.1.2.4.57',
  jpegLosslessFirstOrder: '1.2.840.10008.1.2.4.70',
  jpegLs: '1.2.840.10008.1.2.4.80',
  jpegLsNearLossless: '1.2.840.10008.1.2.4.81',
  jpeg2000Lossless: '1.2.840.10008.1.2.4.90',
  jpeg2000: '1.2.840.10008.1.2.4.91',
  htj2kLossless: '1.2.840.10008.1.2.4.201',
  htj2kLosslessRpcl: '1.2.840.10008.1.2.4.202',
  htj2k: '1.2.840.10008.1.2.4.203',
} as const

const native = new Set<string>([
  transferSyntaxes.implicitLittle,
  transferSyntaxes.explicitLittle,
  transferSyntaxes.explicitBig,
  transferSyntaxes.deflated,
])
const known = new Set<string>(Object.values(transferSyntaxes))

export type PixelEncoding = 'native' | 'encapsulated' | 'unknown'

/** How the pixels of a transfer syntax are stored; private and unknown syntaxes are refused by name, not guessed. */
export function pixelEncodingOf(transferSyntax: string): PixelEncoding {
  if (native.has(transferSyntax)) return 'native'
  return known.has(transferSyntax) ? 'encapsulated' : 'unknown'
}
