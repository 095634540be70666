/** What a TensorFlow.js manifest says of one weight, as far as its bytes are concerned. */
export interface WeightEntry {
  name: string
  shape: number[]
  dtype: string
  quantization?: { dtype: string }
}

const BYTES: Record<string, number> = { float32: 4, int32: 4, uint16: 2, float16: 2, uint8: 1, bool: 1 }

const bytesOf = ({ shape, dtype, quantization }: WeightEntry): number =>
  shape.reduce((product, length) => product * length, 1) * (BYTES[quantization?.dtype ?? dtype] ?? NaN)

/** Whether a manifest's entries can be read at all. */
export function isManifest(entries: unknown): entries is WeightEntry[] {
  return (
    Array.isArray(entries) &&
    entries.every(
      (entry: Partial<WeightEntry> | null) =>
        typeof entry?.name === 'string' && typeof entry.dtype === 'string' && Array.isArray(entry.shape),
    )
  )
}

/** What is wrong with the size of a file of weights, in words; null when its manifest accounts for every byte. */
export function sizeFault(entries: readonly WeightEntry[], bytes: Uint8Array): string | null {
  const wanted = entries.reduce((sum, entry) => sum + bytesOf(entry), 0)
  if (Number.isNaN(wanted)) return 'model.json names weights of a kind that is not known.'
  if (bytes.byteLength < wanted) {
    return `The weights are cut short: ${bytes.byteLength} of ${wanted} bytes are there.`
  }
  if (bytes.byteLength > wanted) {
    return `The weights have ${bytes.byteLength} bytes, model.json accounts for ${wanted}.`
  }
  return null
}

/** The first weight that holds NaN or an infinity; null when all are numbers. Quantised weights cannot hold either. */
export function notFinite(entries: readonly WeightEntry[], bytes: Uint8Array): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  for (const entry of entries) {
    const end = at + bytesOf(entry)
    if (entry.dtype === 'float32' && !entry.quantization) {
      for (; at < end; at += 4) if (!Number.isFinite(view.getFloat32(at, true))) return entry.name
    }
    at = end
  }
  return null
}
