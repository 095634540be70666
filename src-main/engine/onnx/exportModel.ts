import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { UmbraError } from '@contract'
import type { LayersModel, ModelSpec, SymbolicTensor } from '../networks'
import { createGraph, type GraphBuilder } from './graph'
import { writeLayer } from './layers'
import { MODEL_KEY, WEIGHTS_KEY, weightsDigest } from './metadata'
import { ModelProtoSchema, TensorProto_DataType, type ValueInfoProtoSchema } from './onnx_pb'

/** The oldest that has all we write, so that as many programs as possible read it (2020). */
const OPERATOR_SET = 13
const FORMAT_VERSION = 7

/**
 * A network as an ONNX model in its bytes. Input and output stay as they are in Umbra, [batch, row, column, channel] of
 * float32, under the names of their layers; rows and columns are free where the network leaves them free. Batch
 * normalisation is that of use, not of training. The description travels along, so that Umbra takes the file as a model
 * without being told more; the model card is the documentation that viewers show.
 *
 * Throws `cannot-export`, naming a layer that ONNX, or this function, does not know.
 */
export function onnxModel(network: LayersModel, spec: ModelSpec, card = ''): Uint8Array {
  if (network.inputs.length !== 1 || network.outputs.length !== 1) {
    throw new UmbraError({
      code: 'cannot-export',
      message: `The network has ${network.inputs.length} inputs and ${network.outputs.length} outputs; Umbra writes networks with one of each.`,
    })
  }
  const [[input], [output]] = [network.inputs, network.outputs]
  const graph = createGraph()
  const [inputName, outputName] = [input.sourceLayer.name, output.sourceLayer.name]
  const planes = graph.operation('Transpose', [inputName], `${inputName}/planes`, { perm: [0, 3, 1, 2] })
  const maps = writeInOrder(graph, output, new Map([[input.id, planes]]))
  graph.operation('Transpose', [maps], outputName, { perm: [0, 2, 3, 1] })
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: BigInt(FORMAT_VERSION),
      opsetImport: [{ domain: '', version: BigInt(OPERATOR_SET) }],
      producerName: 'Umbra',
      producerVersion: spec.version,
      docString: card,
      graph: {
        name: network.name,
        node: graph.nodes,
        initializer: graph.constants,
        input: [value(inputName, input)],
        output: [value(outputName, output)],
      },
      metadataProps: [
        { key: MODEL_KEY, value: JSON.stringify(spec) },
        { key: WEIGHTS_KEY, value: weightsDigest(graph.constants) },
      ],
    }),
  )
}

/** Adds every layer that `tensor` needs, those that it needs first before it; `known` are the values already there. */
function writeInOrder(graph: GraphBuilder, tensor: SymbolicTensor, known: Map<number, string>): string {
  const made = known.get(tensor.id)
  if (made !== undefined) return made
  const layer = tensor.sourceLayer
  const node = layer.inboundNodes[tensor.nodeIndex]
  const inputs = node.inputTensors.map((each) => writeInOrder(graph, each, known))
  const output = `${layer.name}/out${tensor.nodeIndex > 0 ? tensor.nodeIndex : ''}`
  writeLayer(layer, graph, inputs, output)
  known.set(tensor.id, output)
  return output
}

function value(name: string, { shape }: SymbolicTensor): MessageInitShape<typeof ValueInfoProtoSchema> {
  const free = ['batch', 'rows', 'columns', 'channels']
  const dim = shape.map((length, i) => ({
    value:
      length === null
        ? { case: 'dimParam' as const, value: free[i] }
        : { case: 'dimValue' as const, value: BigInt(length) },
  }))
  const tensorType = { elemType: TensorProto_DataType.FLOAT, shape: { dim } }
  return { name, type: { value: { case: 'tensorType', value: tensorType } } }
}
