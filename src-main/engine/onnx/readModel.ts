import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, normalize, resolve } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import { UmbraError } from '@contract'
import type { ModelSpec } from '../networks'
import { readDescription } from './description'
import { MODEL_KEY, WEIGHTS_KEY, weightsDigest } from './metadata'
import {
  ModelProtoSchema,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type GraphProto,
  type ModelProto,
} from './onnx_pb'
import { graphInterface, type GraphInterface } from './graphInterface'

/** An ONNX model that was found fit to make maps; its numbers are as they lie in the file. */
export interface OnnxModel {
  path: string
  spec: ModelSpec
  interface: GraphInterface
  bytes: Uint8Array
  /** Numbers that the model keeps in files beside it, by the name it calls them. */
  numbersBeside: { path: string; data: Uint8Array }[]
}

/** True of a path that ends in .onnx. */
export function isOnnxFile(path: string): boolean {
  return /\.onnx$/i.test(path)
}

/**
 * Reads an ONNX file and compares it with its description: the one that Umbra wrote into it, else `<name>.umbra-model.json`
 * or `umbra-model.json` beside it. Nothing is computed.
 *
 * Throws `not-a-model` where there is no description, `damaged-model` where the file cannot be read or its numbers are
 * not those that were written, `unsuited-model` where it has other inputs or outputs than the description says.
 */
export async function readOnnxModel(path: string): Promise<OnnxModel> {
  const bytes = await readFile(path).catch((thrown: Error) => {
    throw damaged(`The model cannot be read: ${thrown.message}`, path)
  })
  return examineOnnxModel(bytes, path)
}

/** readOnnxModel of a file whose bytes are at hand; `path` is where it lies, or will lie. */
export async function examineOnnxModel(bytes: Uint8Array, path: string): Promise<OnnxModel> {
  const model = decoded(bytes, path)
  const { graph, metadataProps } = model
  const properties = new Map(metadataProps.map(({ key, value }) => [key, value]))
  const digest = properties.get(WEIGHTS_KEY)
  if (digest !== undefined && digest !== weightsDigest(graph.initializer)) {
    throw damaged('The weights of the model are not those that were written.', path)
  }
  const description = await readDescription(path, properties.get(MODEL_KEY))
  const { input, outputs, network } = description
  const found = graphInterface(graph, {
    timePoints: input.timePoints,
    outputs: outputs.length,
    network,
    path,
  })
  const numbersBeside = await readNumbersBeside(graph, path)
  const hash = createHash('sha256').update(bytes)
  for (const { data } of numbersBeside) hash.update(data)
  const { size: _, ...rest } = description
  return {
    path,
    spec: {
      parameters: countNumbers(graph),
      ...rest,
      ...(found.size ? { size: found.size } : {}),
      weightsSha256: hash.digest('hex'),
    },
    interface: found,
    bytes,
    numbersBeside,
  }
}

type WholeModel = ModelProto & { graph: GraphProto }

function decoded(bytes: Uint8Array, path: string): WholeModel {
  let model: ModelProto
  try {
    model = fromBinary(ModelProtoSchema, bytes)
  } catch {
    throw damaged('The file is no ONNX model, or a part of it is missing.', path)
  }
  if (!model.graph || model.graph.node.length === 0) {
    throw damaged('The file holds no ONNX network.', path)
  }
  return model as WholeModel
}

function countNumbers({ initializer }: GraphProto): number {
  return initializer
    .filter(({ dataType }) => dataType === DataType.FLOAT)
    .reduce((sum, { dims }) => sum + dims.reduce((product, length) => product * Number(length), 1), 0)
}

/** Large models keep their numbers in other files; only files beside the model are read. */
async function readNumbersBeside(graph: GraphProto, model: string): Promise<OnnxModel['numbersBeside']> {
  const named = graph.initializer
    .filter(({ dataLocation }) => dataLocation === DataLocation.EXTERNAL)
    .map(({ externalData }) => externalData.find(({ key }) => key === 'location')?.value ?? '')
  return Promise.all(
    [...new Set(named)].sort().map(async (path) => {
      if (path === '' || isAbsolute(path) || normalize(path).startsWith('..')) {
        throw damaged(`The model wants its numbers from a place outside its folder: ${path}`, model)
      }
      const data = await readFile(resolve(join(dirname(model), path))).catch(() => {
        throw damaged(`A file that belongs to the model is missing: ${path}.`, model)
      })
      return { path, data }
    }),
  )
}

export function damaged(message: string, where: string): UmbraError {
  return new UmbraError({
    code: 'damaged-model',
    message,
    hint: 'Copy the model again, or export it again.',
    where,
  })
}
