import { Inflate } from 'fflate'

/** A header, or the header and pixels of one file, never inflate beyond this: a bomb of 512 MB stops here. */
export const inflatedLimit = 512 * 1024 * 1024
/** One kilobyte of input gives at most a megabyte of output, so memory stays near the limit whatever the file holds. */
const inputStep = 4096

/**
 * Inflates a raw deflate stream (PS3.5 §A.5) from its start until at least `wanted` bytes are there, the input ends or
 * the stream is damaged. `complete` is true when the whole stream was inflated; `damage` says what was wrong.
 */
export function inflateStart(
  input: Uint8Array,
  wanted: number,
): { bytes: Uint8Array; complete: boolean; damage: string | null } {
  const limit = Math.min(wanted, inflatedLimit)
  const parts: Uint8Array[] = []
  let length = 0
  let complete = false
  let damage: string | null = null
  const inflate = new Inflate((part, final) => {
    parts.push(part)
    length += part.length
    complete ||= final
  })
  try {
    for (let at = 0; at < input.length && length < limit && !complete; at += inputStep) {
      inflate.push(input.subarray(at, at + inputStep), at + inputStep >= input.length)
    }
  } catch (thrown) {
    damage = thrown instanceof Error ? thrown.message : String(thrown)
  }
  const bytes = new Uint8Array(Math.min(length, limit))
  let at = 0
  for (const part of parts) {
    if (at >= bytes.length) break
    const piece = part.subarray(0, bytes.length - at)
    bytes.set(piece, at)
    at += piece.length
  }
  return { bytes, complete: complete && length <= limit, damage }
}
