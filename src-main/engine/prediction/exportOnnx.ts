import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UmbraError } from '@contract'
import { writeFileAtomically } from '../files/atomic'
import { loadModel, networkStride, type ModelSpec, type TensorFlow } from '../networks'
import { examineOnnxModel, isOnnxFile, onnxModel, openOnnxSession } from '../onnx'
import { openFolderModel } from './openModel'

/** Maps are 0..1; more than this is not rounding. */
const LARGEST_DIFFERENCE = 1e-4

export interface ExportedModel {
  path: string
  bytes: number
  name: string
  parameters: number
  /** Between the maps (0..1) of the model and those of the file by ONNX Runtime; null where it was not checked. */
  largestDifference: number | null
}

/**
 * Writes the model in `folder` as the ONNX file `to`, its description and its card with it. With `check`, model and file
 * predict the same noise before anything is written. Throws `usage`, `not-a-model`, `damaged-model`, `cannot-export`,
 * `export-differs`, `write-failed`.
 */
export async function exportOnnx(
  tf: TensorFlow,
  folder: string,
  to: string,
  { check = false } = {},
): Promise<ExportedModel> {
  if (isOnnxFile(folder)) {
    throw new UmbraError({ code: 'usage', message: 'This model is an ONNX file already.', where: folder })
  }
  if (!isOnnxFile(to)) {
    throw new UmbraError({
      code: 'usage',
      message: 'The name of the file must end in .onnx: by that it is known as a model.',
      where: to,
    })
  }
  const { network, spec } = await loadModel(tf, folder)
  let bytes: Uint8Array
  try {
    const card = await readFile(join(folder, 'README.md'), 'utf8').catch(() => '')
    bytes = onnxModel(network, spec, card)
  } finally {
    network.dispose()
  }
  const largestDifference = check ? await compare(tf, folder, bytes, to) : null
  await writeFileAtomically(to, bytes)
  const { name, parameters } = spec
  return { path: to, bytes: bytes.length, name, parameters, largestDifference }
}

async function compare(tf: TensorFlow, folder: string, bytes: Uint8Array, path: string): Promise<number> {
  const session = await openOnnxSession(await examineOnnxModel(bytes, path))
  const ours = await openFolderModel(folder, tf)
  try {
    const [rows, columns] = sizeFor(ours.spec)
    const input = noise(rows * columns * ours.spec.input.timePoints)
    const expected = await ours.infer(input, rows, columns)
    const found = await session.infer(input, rows, columns)
    const largest = found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0)
    if (largest <= LARGEST_DIFFERENCE) return largest
    throw new UmbraError({
      code: 'export-differs',
      message: `The maps by ONNX Runtime differ from those of the model by up to ${largest.toPrecision(3)}; nothing was written.`,
      hint: 'This is a fault in Umbra, or weights that are no numbers.',
      where: path,
    })
  } finally {
    await ours.close()
    await session.close()
  }
}

/** Small, but with a middle that borders do not reach, and not square, so that no axis can stand for another. */
function sizeFor({ size, network }: ModelSpec): [number, number] {
  const stride = networkStride(network)
  const strides = Math.max(3, Math.ceil(48 / stride))
  return size ?? [strides * stride, (strides + 1) * stride]
}

/** Between -1 and 3, as prepared slices are, and the same every time. */
function noise(length: number): Float32Array {
  let state = 1
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (4 * state) / 2 ** 32 - 1
  })
}
