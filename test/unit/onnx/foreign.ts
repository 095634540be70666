import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { createGraph, type GraphBuilder } from '../../../src-main/engine/onnx/graph'
import {
  ModelProtoSchema,
  TensorProto_DataType as DataType,
  type ModelProto,
  type ValueInfoProtoSchema,
} from '../../../src-main/engine/onnx/onnx_pb'

export type Dims = (number | string | null)[]
type Value = [name: string, dims: Dims | null, type?: DataType]

/** A network as other programs write it, without a word about Umbra. */
export function foreignModel(
  inputs: Value[],
  outputs: Value[],
  build: (graph: GraphBuilder) => unknown,
  change: (model: ModelProto) => void = () => undefined,
): Uint8Array {
  const graph = createGraph()
  build(graph)
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 17n }],
    producerName: 'another program',
    graph: {
      name: 'network',
      node: graph.nodes,
      initializer: graph.constants,
      input: inputs.map(value),
      output: outputs.map(value),
    },
  })
  change(model)
  return toBinary(ModelProtoSchema, model)
}

function value([name, dims, elemType = DataType.FLOAT]: Value): MessageInitShape<
  typeof ValueInfoProtoSchema
> {
  const dim = dims?.map((length) => {
    if (typeof length === 'number') return { value: { case: 'dimValue' as const, value: BigInt(length) } }
    return length === null ? {} : { value: { case: 'dimParam' as const, value: length } }
  })
  return {
    name,
    type: { value: { case: 'tensorType', value: { elemType, shape: dim && { dim } } } },
  }
}

/** Weights of two maps of three time points: map = Σ weight · time point + bias. */
export const weights = [
  [0.5, -0.25, 0.125],
  [0.1, 0.2, 0.3],
]
export const biases = [0.25, 0.5]

/** The two maps of every pixel, channels first, of planes that are channels first. */
export function weigh(graph: GraphBuilder, input: string, output: string): string {
  const numbers = [
    graph.constant('weights', [2, 3, 1, 1], weights.flat()),
    graph.constant('biases', [2], biases),
  ]
  return graph.operation('Conv', [input, ...numbers], output)
}

/** What `weigh` makes of [pixel × time point], as [pixel × map]. */
export function weighed(input: Float32Array): Float32Array {
  const maps = new Float32Array((input.length / 3) * 2)
  for (let pixel = 0; pixel < input.length / 3; pixel++) {
    weights.forEach((row, map) => {
      maps[pixel * 2 + map] = row.reduce((sum, weight, t) => sum + weight * input[pixel * 3 + t], biases[map])
    })
  }
  return maps
}
