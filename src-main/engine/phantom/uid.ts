import { createHash } from 'node:crypto'

/**
 * A UID derived from a UUID (root 2.25, DICOM PS3.5 B.2) that depends only on the phantom's options and the object's
 * role in it, so that a phantom made twice is the same to the byte. Always 44 characters, so that one may be written
 * over another in an encoded header.
 */
export function deterministicUid(options: object, role: string, ...indices: number[]): string {
  const base = `${JSON.stringify(options)}|${role}|${indices.join(',')}`
  for (let attempt = 0; ; attempt++) {
    const bytes = createHash('sha256').update(`${base}|${attempt}`).digest()
    bytes[6] = (bytes[6] & 0x0f) | 0x80 // version 8: custom
    bytes[8] = (bytes[8] & 0x3f) | 0x80 // the variant of RFC 9562
    const number = BigInt(`0x${bytes.toString('hex', 0, 16)}`).toString()
    if (number.length === 39) return `2.25.${number}`
  }
}
