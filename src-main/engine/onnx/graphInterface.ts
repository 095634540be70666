import { UmbraError } from '@contract'
import type { ModelSpec, OtherNetwork } from '../networks'
import { TensorProto_DataType as DataType, type GraphProto, type ValueInfoProto } from './onnx_pb'

export type Layout = NonNullable<OtherNetwork['layout']>

/** How a graph is fed: names of its input and output, and where their channels are. */
export interface GraphInterface {
  input: { name: string; layout: Layout }
  output: { name: string; layout: Layout }
  /** Rows and columns; null: free. */
  size: [number, number] | null
}

export interface Wanted {
  timePoints: number
  outputs: number
  network: ModelSpec['network']
  path: string
}

/** Lengths of [batch, …] of an image; null where it is free. */
type Shape = (number | null)[]

const channelAxis: Record<Layout, number> = { 'channels-last': 3, 'channels-first': 1 }
const layouts = Object.keys(channelAxis) as Layout[]

/**
 * Finds how a graph is fed, and refuses one that cannot make the wanted maps: it must take one batch of images of float32
 * with the time points as channels, first or last, and make one with the maps as channels. Throws `unsuited-model`, which
 * says what the file has and what was needed.
 */
export function graphInterface(
  graph: GraphProto,
  { timePoints, outputs, network, path }: Wanted,
): GraphInterface {
  const refuse = (has: string, needs: string): never => {
    throw new UmbraError({
      code: 'unsuited-model',
      message: `This ONNX file ${has}; ${needs}.`,
      hint: 'Correct the description of the model, or export the network again.',
      where: path,
    })
  }
  const constants = new Set(graph.initializer.map(({ name }) => name))
  const input = only(
    graph.input.filter(({ name }) => !constants.has(name)),
    'input',
  )
  const output = only(graph.output, 'output')
  const inputShape = imageShape(input, 'input')
  const outputShape = imageShape(output, 'output')

  function only(values: ValueInfoProto[], what: string): ValueInfoProto {
    if (values.length === 1) return values[0]
    const names = values.map(({ name }) => name).join(', ')
    return refuse(`has ${values.length} ${what}s (${names})`, `it must have one`)
  }

  function imageShape({ name, type }: ValueInfoProto, what: string): Shape {
    const tensor = type?.value.case === 'tensorType' ? type.value.value : undefined
    if (tensor?.elemType !== DataType.FLOAT) {
      const has = DataType[tensor?.elemType ?? 0] ?? 'UNDEFINED'
      return refuse(`has the ${what} ${name} of ${has.toLowerCase()}`, 'it must be of float32')
    }
    // A shape that is left out leaves all free.
    if (!tensor.shape && what === 'output') return [null, null, null, null]
    const shape = (tensor.shape?.dim ?? []).map(({ value }) =>
      value.case === 'dimValue' && value.value > 0n ? Number(value.value) : null,
    )
    if (shape.length !== 4) {
      return refuse(
        `has the ${what} ${name} of ${shape.length} dimensions (${inWords(shape)})`,
        'it must have four: batch, rows, columns and channels, or batch, channels, rows and columns',
      )
    }
    if ((shape[0] ?? 1) !== 1) {
      return refuse(`works on ${shape[0]} slices at once`, 'the first dimension must be 1 or free')
    }
    return shape
  }

  /** The layout that the shape states, else the preferred one where the shape admits it. */
  function layoutOf(shape: Shape, channels: number, what: string, preferred: Layout | undefined): Layout {
    const admitted = layouts.filter((layout) => [channels, null].includes(shape[channelAxis[layout]]))
    const stated = admitted.filter((layout) => shape[channelAxis[layout]] === channels)
    if (stated.length === 1) return stated[0]
    if (preferred && admitted.includes(preferred)) return preferred
    if (admitted.length > 1) {
      return refuse(
        `does not tell where the channels of its ${what} are (${inWords(shape)})`,
        'its description must say so: "network": {"name": "onnx", "layout": "channels-last"} or "channels-first"',
      )
    }
    const words = what === 'input' ? 'takes' : 'makes'
    const kind = what === 'input' ? 'time points' : 'maps'
    return refuse(
      `${words} ${inWords(shape)}`,
      `its description says ${channels} ${kind}, which must be the second or the last of these`,
    )
  }

  const described = network.name === 'onnx' ? network.layout : 'channels-last'
  const layout = layoutOf(inputShape, timePoints, 'input', described)
  const size = inputShape.filter((_, axis) => axis !== 0 && axis !== channelAxis[layout])
  const [rows, columns] = size
  if ((rows === null) !== (columns === null)) {
    return refuse(`takes ${inWords(inputShape)}`, 'rows and columns must both be fixed or both be free')
  }
  const outputLayout = layoutOf(outputShape, outputs, 'output', layout)
  return {
    input: { name: input.name, layout },
    output: { name: output.name, layout: outputLayout },
    size: rows !== null && columns !== null ? [rows, columns] : null,
  }
}

function inWords(shape: Shape): string {
  return shape.map((length) => length ?? 'free').join(' × ')
}
