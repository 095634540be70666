/**
 * A colour "#rrggbb" (sRGB, IEC 61966-2-1) as DICOM's CIELab value (PS3.3 C.10.7.1.1): L* 0..100, a* and b* −128..127,
 * each over 0..65535, under the white D65 of sRGB, which DCMTK, dcmqi and highdicom use.
 */
export function cieLab(colour: string): [number, number, number] {
  const [r, g, b] = [1, 3, 5].map((at) => linear(parseInt(colour.slice(at, at + 2), 16) / 255))
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / whiteX)
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b)
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / whiteZ)
  return [
    scaled((116 * y - 16) / 100),
    scaled((500 * (x - y) + 128) / 255),
    scaled((200 * (y - z) + 128) / 255),
  ]
}

/** The sRGB colour of DICOM's CIELab value, the other way round. */
export function colourOfCieLab([l, a, b]: readonly number[]): string {
  const y = ((l / 65535) * 100 + 16) / 116
  const x = y + ((a / 65535) * 255 - 128) / 500
  const z = y - ((b / 65535) * 255 - 128) / 200
  const [cx, cy, cz] = [whiteX * inverse(x), inverse(y), whiteZ * inverse(z)]
  const channels = [
    3.2404542 * cx - 1.5371385 * cy - 0.4985314 * cz,
    -0.969266 * cx + 1.8760108 * cy + 0.041556 * cz,
    0.0556434 * cx - 0.2040259 * cy + 1.0572252 * cz,
  ]
  const byte = (value: number): number => Math.round(255 * Math.min(1, Math.max(0, companded(value))))
  return `#${channels.map((value) => byte(value).toString(16).padStart(2, '0')).join('')}`
}

const [whiteX, whiteZ] = [0.95047, 1.08883]
const scaled = (share: number): number => Math.round(65535 * Math.min(1, Math.max(0, share)))
const linear = (value: number): number =>
  value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
const companded = (value: number): number =>
  value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055
const f = (t: number): number => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116)
const inverse = (t: number): number => (t ** 3 > 216 / 24389 ? t ** 3 : (116 * t - 16) / (24389 / 27))
