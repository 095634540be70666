/**
 * A colour "#rrggbb" (sRGB) as DICOM's CIELab value (PS3.3 C.10.7.1.1): L* 0..100, a* and b* −128..127, each over
 * 0..65535, under the white D50 of the profile connection space.
 */
export function cieLab(colour: string): [number, number, number] {
  const [r, g, b] = [1, 3, 5].map((at) => linear(parseInt(colour.slice(at, at + 2), 16) / 255))
  // sRGB to XYZ, adapted to D50 by Bradford's method (ICC sRGB profile).
  const x = f((0.4360747 * r + 0.3850649 * g + 0.1430804 * b) / 0.96422)
  const y = f(0.2225045 * r + 0.7168786 * g + 0.0606169 * b)
  const z = f((0.0139322 * r + 0.0971045 * g + 0.7141733 * b) / 0.82521)
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
  const [cx, cy, cz] = [0.96422 * inverse(x), inverse(y), 0.82521 * inverse(z)]
  const channels = [
    3.1338561 * cx - 1.6168667 * cy - 0.4906146 * cz,
    -0.9787684 * cx + 1.9161415 * cy + 0.033454 * cz,
    0.0719453 * cx - 0.2289914 * cy + 1.4052427 * cz,
  ]
  const byte = (value: number): number => Math.round(255 * Math.min(1, Math.max(0, companded(value))))
  return `#${channels.map((value) => byte(value).toString(16).padStart(2, '0')).join('')}`
}

const scaled = (share: number): number => Math.round(65535 * Math.min(1, Math.max(0, share)))
const linear = (value: number): number =>
  value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
const companded = (value: number): number =>
  value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055
const f = (t: number): number => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116)
const inverse = (t: number): number => (t ** 3 > 216 / 24389 ? t ** 3 : (116 * t - 16) / (24389 / 27))
