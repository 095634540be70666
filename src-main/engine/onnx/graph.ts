import { create, type MessageInitShape } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType as Type,
  TensorProto_DataType as DataType,
  type AttributeProtoSchema,
  type NodeProtoSchema,
  TensorProtoSchema,
  type TensorProto,
} from './onnx_pb'

/** A list is of whole numbers; a plain number is a float where it stands for one (`{ float: 0.001 }`). */
export type Attribute = number | readonly number[] | string | { float: number }

/** The operations of an ONNX graph and the numbers they use, in the order in which they were added. */
export interface GraphBuilder {
  readonly nodes: MessageInitShape<typeof NodeProtoSchema>[]
  readonly constants: TensorProto[]
  /** Adds an operation that makes the value `output`, and gives its name back. */
  operation(
    kind: string,
    inputs: readonly string[],
    output: string,
    attributes?: Record<string, Attribute>,
  ): string
  /** A tensor of float32 under a name; a name that is there already stands for the same tensor. */
  constant(name: string, dims: readonly number[], values: ArrayLike<number>): string
}

export function createGraph(): GraphBuilder {
  const nodes: GraphBuilder['nodes'] = []
  const constants: TensorProto[] = []
  return {
    nodes,
    constants,
    operation: (kind, inputs, output, attributes = {}) => {
      nodes.push({
        name: output,
        opType: kind,
        input: [...inputs],
        output: [output],
        attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
      })
      return output
    },
    constant: (name, dims, values) => {
      if (constants.some((each) => each.name === name)) return name
      const rawData = littleEndianFloats(values)
      constants.push(
        create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType: DataType.FLOAT, rawData }),
      )
      return name
    },
  }
}

function attribute(name: string, value: Attribute): MessageInitShape<typeof AttributeProtoSchema> {
  if (typeof value === 'number') return { name, type: Type.INT, i: BigInt(value) }
  if (typeof value === 'string') return { name, type: Type.STRING, s: Buffer.from(value) }
  if ('float' in value) return { name, type: Type.FLOAT, f: value.float }
  return { name, type: Type.INTS, ints: value.map(BigInt) }
}

/** ONNX stores numbers little-endian, whatever the machine. */
function littleEndianFloats(values: ArrayLike<number>): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length))
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i], true)
  return new Uint8Array(view.buffer)
}
