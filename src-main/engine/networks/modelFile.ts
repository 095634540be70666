import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { UmbraError } from '@contract'
import { writeFileAtomically } from '../files/atomic'
import { networkFrom, outlineOf, type NetworkOutline, type NetworkParts } from './artifacts'
import { inputSpecSchema, outputSpecSchema } from './modelSpec'
import { networkSchema, otherNetworkSchema } from './registry'
import type { LayersModel, TensorFlow } from './tensorflow'
import { isManifest, notFinite, sizeFault } from './weightCheck'

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
 * Writes a network as a folder: `model.json` and `weights.bin` in the TensorFlow.js layers format, `umbra-model.json` and,
 * where given, the model card as `README.md`. The spec is written last: a folder without it is no model yet.
 */
export async function writeModel(
  { modelTopology, weightSpecs, weights }: NetworkParts,
  { inputs, parameters }: NetworkOutline,
  about: Pick<ModelSpec, 'name' | 'network' | 'input' | 'outputs' | 'created' | 'version'>,
  directory: string,
  card?: string,
): Promise<ModelSpec> {
  const model = {
    format: 'layers-model',
    generatedBy: 'Umbra',
    modelTopology,
    weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
    // What the weights were trained with, beside them: a description edited later is told by it.
    userDefinedMetadata: { umbra: { input: about.input, outputs: about.outputs } },
  }
  await writeFileAtomically(join(directory, 'weights.bin'), weights)
  await writeFileAtomically(join(directory, 'model.json'), JSON.stringify(model))
  const [, rows, columns] = inputs[0]
  const spec: ModelSpec = {
    format: FORMAT,
    ...about,
    ...(rows && columns ? { size: [rows, columns] } : {}),
    weightsSha256: createHash('sha256').update(weights).digest('hex'),
    parameters,
  }
  if (card !== undefined) await writeFileAtomically(join(directory, 'README.md'), card)
  await writeFileAtomically(join(directory, 'umbra-model.json'), `${JSON.stringify(spec, null, 2)}\n`)
  return spec
}

/**
 * Reads a model's description only. Throws `not-a-model`, `foreign-model` (of TensorFlow.js, but not described as Umbra
 * needs it), `newer-model`, `damaged-model`.
 */
export async function readModelSpec(directory: string): Promise<ModelSpec> {
  const path = join(directory, 'umbra-model.json')
  const text = await readFile(path, 'utf8').catch(() => {
    throw existsSync(join(directory, 'model.json')) ? foreignModel(directory) : notAModel(directory)
  })
  const given = parseJson(text)
  if (given === null) {
    throw damaged('The description of the model is no JSON: it is damaged or cut short.', path)
  }
  const parsed = modelSpecSchema.safeParse(given)
  if (parsed.success) return parsed.data
  const { format } = given as { format?: unknown }
  if (typeof format === 'number' && format > FORMAT) {
    throw new UmbraError({
      code: 'newer-model',
      message: `The model is of format ${format}; this version of Umbra reads format ${FORMAT}.`,
      hint: 'Use the version of Umbra that wrote it, or a newer one.',
      where: path,
    })
  }
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`)
  throw damaged(`The description of the model cannot be used: ${faults.join('; ')}.`, path)
}

/**
 * Reads a model without building it. Throws what `readModelSpec` throws; `damaged-model` where the weights are cut short,
 * are not those that were written or hold values that are no numbers; `other-network` where they were trained with
 * another normalisation than the one that is described.
 */
export async function readModel(directory: string): Promise<{ spec: ModelSpec; parts: NetworkParts }> {
  const spec = await readModelSpec(directory)
  const [modelPath, weightsPath] = [join(directory, 'model.json'), join(directory, 'weights.bin')]
  const files = await Promise.all([readFile(modelPath, 'utf8'), readFile(weightsPath)]).catch(
    (thrown: Error) => {
      throw damaged(`A file of the model cannot be read: ${thrown.message}`, directory)
    },
  )
  const [text, weights] = files
  const model = parseJson(text) as Partial<StoredModel> | null
  const manifest = model?.weightsManifest?.[0]?.weights
  if (!model?.modelTopology || !isManifest(manifest)) {
    throw damaged('model.json cannot be read: it is damaged or cut short.', modelPath)
  }
  const fault = sizeFault(manifest, weights)
  if (fault !== null) throw damaged(fault, weightsPath)
  if (createHash('sha256').update(weights).digest('hex') !== spec.weightsSha256) {
    throw damaged(
      'The weights of the model are not those that were written: they are damaged, or those of another model.',
      weightsPath,
    )
  }
  const nan = notFinite(manifest, weights)
  if (nan !== null) {
    throw damaged(`The weights of the model hold values that are no numbers (${nan}).`, weightsPath)
  }
  checkTraining(spec, model, directory)
  const { modelTopology } = model
  return { spec, parts: { modelTopology, weightSpecs: manifest, weights: new Uint8Array(weights) } }
}

/** Loads a model. Throws what `readModel` and `checkNetwork` throw; `damaged-model` where it cannot be built. */
export async function loadModel(tf: TensorFlow, directory: string): Promise<PerfusionModel> {
  const { spec, parts } = await readModel(directory)
  const network = await networkFrom(tf, parts, join(directory, 'model.json'))
  try {
    checkNetwork(outlineOf(network), spec, directory)
  } catch (thrown) {
    network.dispose()
    throw thrown
  }
  return { network, spec, directory }
}

/** model.json as far as it is looked at here. */
interface StoredModel {
  modelTopology: object
  weightsManifest: { weights?: unknown }[]
  userDefinedMetadata?: { umbra?: { input?: unknown; outputs?: unknown } }
}

/** The description's normalisation against the one that the weights were trained with. */
function checkTraining(spec: ModelSpec, model: Partial<StoredModel>, directory: string): void {
  const trained = model.userDefinedMetadata?.umbra
  if (!trained) return
  const input = inputSpecSchema.safeParse(trained.input)
  const outputs = outputSpecSchema.safeParse(trained.outputs)
  const same =
    input.success &&
    outputs.success &&
    JSON.stringify([input.data, outputs.data]) === JSON.stringify([spec.input, spec.outputs])
  if (same) return
  throw otherNetwork(
    'umbra-model.json says another normalisation than the one the network was trained with: its maps would be wrong.',
    directory,
  )
}

/** Throws `other-network` where a network is not the one that is described. */
export function checkNetwork(network: NetworkOutline, spec: ModelSpec, directory: string): void {
  const { inputs, outputs, parameters } = network
  const [input, output] = [inputs[0], outputs[0]]
  if (inputs.length !== 1 || outputs.length !== 1 || input.length !== 4 || output.length !== 4) {
    throw otherNetwork('The network does not turn one image into one image.', directory)
  }
  const [timePoints, maps] = [input[3], output[3]]
  if (timePoints !== spec.input.timePoints || maps !== spec.outputs.length) {
    throw otherNetwork(
      `The network takes ${timePoints} time points and makes ${maps} maps; its description says ${spec.input.timePoints} and ${spec.outputs.length}.`,
      directory,
    )
  }
  if (parameters !== spec.parameters) {
    throw otherNetwork(
      `The network has ${parameters} parameters; its description says ${spec.parameters}.`,
      directory,
    )
  }
}

function notAModel(where: string): UmbraError {
  return new UmbraError({
    code: 'not-a-model',
    message: 'This folder holds no model of Umbra.',
    hint: 'Give the folder that has umbra-model.json in it, such as the `model` folder of a training run.',
    where,
  })
}

/** For a model of TensorFlow.js that nothing is known of but its weights. */
export function foreignModel(where: string): UmbraError {
  return new UmbraError({
    code: 'foreign-model',
    message:
      'This folder holds a TensorFlow.js model without umbra-model.json: its time points, normalisation and maps are not known.',
    hint: 'Write an umbra-model.json beside it (docs/training.md tells its fields), or train with `umbra train`.',
    where,
  })
}

function otherNetwork(message: string, where: string): UmbraError {
  return new UmbraError({
    code: 'other-network',
    message,
    hint: 'model.json, weights.bin and umbra-model.json must be of one model: copy all three again.',
    where,
  })
}

function damaged(message: string, where: string): UmbraError {
  return new UmbraError({
    code: 'damaged-model',
    message,
    hint: 'Copy the model again, or train it again.',
    where,
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
