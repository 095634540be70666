import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { UmbraError } from '@contract'
import { writeFileAtomically } from '../files/atomic'
import { inputSpecSchema, outputSpecSchema } from './modelSpec'
import { networkSchema, otherNetworkSchema } from './registry'
import type { LayersModel, TensorFlow } from './tensorflow'

const FORMAT = 1

export const modelSpecSchema = z.strictObject({
  format: z.literal(FORMAT),
  name: z.string().min(1),
  network: z.union([networkSchema, otherNetworkSchema]),
  input: inputSpecSchema,
  /** Rows and columns, where the network takes no others. */
  size: z.tuple([z.number().int().positive(), z.number().int().positive()]).optional(),
  outputs: outputSpecSchema,
  /** Of weights.bin, or of the .onnx file. */
  weightsSha256: z.string(),
  parameters: z.number().int(),
  created: z.string(),
  version: z.string(),
})
/** What a model folder's umbra-model.json says: how to feed the network and what its outputs are. */
export type ModelSpec = z.output<typeof modelSpecSchema>

export interface PerfusionModel {
  network: LayersModel
  spec: ModelSpec
  directory: string
}

/**
 * Writes a model as a folder: `model.json` and `weights.bin` in the TensorFlow.js layers format, `umbra-model.json` and,
 * where given, the model card as `README.md`. The spec is written last: a folder without it is no model yet.
 */
export async function writeModel(
  tf: TensorFlow,
  network: LayersModel,
  about: Pick<ModelSpec, 'name' | 'network' | 'input' | 'outputs' | 'created' | 'version'>,
  directory: string,
  card?: string,
): Promise<ModelSpec> {
  let weightsSha256 = ''
  await network.save(
    tf.io.withSaveHandler(async (artifacts) => {
      const weights = new Uint8Array(joinBuffers(artifacts.weightData))
      weightsSha256 = createHash('sha256').update(weights).digest('hex')
      const model = {
        format: 'layers-model',
        generatedBy: 'Umbra',
        modelTopology: artifacts.modelTopology,
        weightsManifest: [{ paths: ['weights.bin'], weights: artifacts.weightSpecs }],
      }
      await writeFileAtomically(join(directory, 'weights.bin'), weights)
      await writeFileAtomically(join(directory, 'model.json'), JSON.stringify(model))
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } }
    }),
  )
  const [, rows, columns] = network.inputs[0].shape
  const spec: ModelSpec = {
    format: FORMAT,
    ...about,
    ...(rows && columns ? { size: [rows, columns] } : {}),
    weightsSha256,
    parameters: network.countParams(),
  }
  if (card !== undefined) await writeFileAtomically(join(directory, 'README.md'), card)
  await writeFileAtomically(join(directory, 'umbra-model.json'), `${JSON.stringify(spec, null, 2)}\n`)
  return spec
}

/** Reads a model's description only. Throws `not-a-model`, `damaged-model`. */
export async function readModelSpec(directory: string): Promise<ModelSpec> {
  const path = join(directory, 'umbra-model.json')
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UmbraError({
      code: 'not-a-model',
      message: 'This folder holds no model of Umbra.',
      hint: 'Give the folder that has umbra-model.json in it, such as the `model` folder of a training run.',
      where: directory,
    })
  })
  const parsed = modelSpecSchema.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw damaged(`The description of the model cannot be used: ${issue.path.join('.')} ${issue.message}`, path)
}

/**
 * Loads a model. Throws `not-a-model`; `damaged-model` where the weights are not those that were written, or do not suit
 * the time points and maps that the description names.
 */
export async function loadModel(tf: TensorFlow, directory: string): Promise<PerfusionModel> {
  const spec = await readModelSpec(directory)
  const [modelPath, weightsPath] = [join(directory, 'model.json'), join(directory, 'weights.bin')]
  const files = await Promise.all([readFile(modelPath, 'utf8'), readFile(weightsPath)]).catch(
    (thrown: Error) => {
      throw damaged(`A file of the model cannot be read: ${thrown.message}`, directory)
    },
  )
  const [text, weights] = files
  if (createHash('sha256').update(weights).digest('hex') !== spec.weightsSha256) {
    throw damaged('The weights of the model are not those that were written.', weightsPath)
  }
  const model = parseJson(text) as { modelTopology?: object; weightsManifest?: { weights: [] }[] } | null
  if (!model?.modelTopology || !model.weightsManifest) throw damaged('model.json cannot be read.', modelPath)
  const network = await tf.loadLayersModel(
    tf.io.fromMemory({
      modelTopology: model.modelTopology,
      weightSpecs: model.weightsManifest[0].weights,
      weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength),
    }),
  )
  const [timePoints, maps] = [network.inputs[0].shape[3], network.outputs[0].shape[3]]
  if (timePoints !== spec.input.timePoints || maps !== spec.outputs.length) {
    throw damaged(
      `The network takes ${timePoints} time points and makes ${maps} maps; its description says ${spec.input.timePoints} and ${spec.outputs.length}.`,
      directory,
    )
  }
  return { network, spec, directory }
}

function damaged(message: string, where: string): UmbraError {
  return new UmbraError({
    code: 'damaged-model',
    message,
    hint: 'Copy the model again, or train it again.',
    where,
  })
}

function joinBuffers(data: ArrayBuffer | ArrayBuffer[] | undefined): ArrayBuffer {
  if (data === undefined) return new ArrayBuffer(0)
  if (!Array.isArray(data)) return data
  const joined = new Uint8Array(data.reduce((sum, part) => sum + part.byteLength, 0))
  let at = 0
  for (const part of data) {
    joined.set(new Uint8Array(part), at)
    at += part.byteLength
  }
  return joined.buffer
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
