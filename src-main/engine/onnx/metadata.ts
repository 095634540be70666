import { createHash } from 'node:crypto'
import type { TensorProto } from './onnx_pb'

/** Under these keys of metadata_props a file from Umbra holds its umbra-model.json and the hash of its numbers. */
export const MODEL_KEY = 'umbra-model'
export const WEIGHTS_KEY = 'umbra-weights-sha256'

/** Of the numbers as they lie in the file, one after the other. */
export function weightsDigest(constants: readonly TensorProto[]): string {
  const hash = createHash('sha256')
  for (const { name, rawData } of constants) hash.update(name).update('\0').update(rawData)
  return hash.digest('hex')
}
