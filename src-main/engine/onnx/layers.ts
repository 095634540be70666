import { z } from 'zod'
import { UmbraError } from '@contract'
import type { Layer } from '../networks'
import type { Attribute, GraphBuilder } from './graph'

/** One layer to be written: planes are [batch, channel, row, column], as ONNX has them. */
interface LayerContext<Config> {
  config: Config
  graph: GraphBuilder
  /** The layer's own numbers by their names: `kernel`, `bias`, `gamma` … */
  weights: Map<string, LayerWeight>
  inputs: readonly string[]
  /** The name to give to the value that the layer makes. */
  output: string
  /** Of the layer. */
  name: string
}

interface LayerWeight {
  shape: readonly number[]
  values: Float32Array
}

type LayerWriter = (layer: Layer, context: Omit<LayerContext<unknown>, 'config'>) => void

const pair = z.tuple([z.number().int().positive(), z.number().int().positive()])
const padding = z.enum(['same', 'valid'])
const channelsLast = z.literal('channelsLast', 'the channels must come last')
/** What may stand at the end of a layer, and the operation that computes it. */
const activations = { linear: null, relu: 'Relu', sigmoid: 'Sigmoid', tanh: 'Tanh' } as const
const activation = z.enum(Object.keys(activations) as (keyof typeof activations)[])

/** [batch, row, column, channel] of TensorFlow as [batch, channel, row, column] of ONNX. */
const axes: Record<number, number> = { [-1]: 1, 1: 2, 2: 3, 3: 1 }
const axis = z
  .number()
  .refine((value) => value in axes, 'no axis of an image')
  .transform((value) => axes[value])

/**
 * Every kind of layer that can be written, by its class in TensorFlow.js. A network with another kind needs only its
 * entry here. Operations are those of operator set 13.
 */
const writers: Record<string, LayerWriter> = {
  Conv2D: writer(
    z.object({
      kernelSize: pair,
      strides: pair,
      dilationRate: pair,
      padding,
      activation,
      dataFormat: channelsLast,
    }),
    ({ config, graph, weights, inputs, output, name }) => {
      const { kernelSize, strides, dilationRate } = config
      const kernel = weights.get('kernel') as LayerWeight
      const bias = weights.get('bias')
      const [rows, columns, channels, filters] = kernel.shape
      const dims = [filters, channels, rows, columns]
      const numbers = [graph.constant(`${name}/kernel`, dims, filtersFirst(kernel))]
      if (bias) numbers.push(graph.constant(`${name}/bias`, bias.shape, bias.values))
      activated(graph, config.activation, output, (result) =>
        graph.operation('Conv', [...inputs, ...numbers], result, {
          kernel_shape: kernelSize,
          strides,
          dilations: dilationRate,
          ...pads(config.padding, kernelSize, strides, dilationRate),
        }),
      )
    },
  ),

  BatchNormalization: writer(
    z.object({ axis, epsilon: z.number() }),
    ({ config, graph, weights, inputs, output, name }) => {
      if (config.axis !== axes[3]) throw new Error('it does not normalise by channels')
      const mean = weights.get('moving_mean') as LayerWeight
      const ones = { shape: mean.shape, values: mean.values.map(() => 1) }
      const zeros = { shape: mean.shape, values: mean.values.map(() => 0) }
      const numbers = Object.entries({
        gamma: weights.get('gamma') ?? ones,
        beta: weights.get('beta') ?? zeros,
        moving_mean: mean,
        moving_variance: weights.get('moving_variance') as LayerWeight,
      }).map(([weight, { shape, values }]) => graph.constant(`${name}/${weight}`, shape, values))
      const attributes = { epsilon: { float: config.epsilon } }
      graph.operation('BatchNormalization', [...inputs, ...numbers], output, attributes)
    },
  ),

  ReLU: writer(
    z.object({ maxValue: z.number().nullish() }),
    ({ config: { maxValue }, graph, inputs, output, name }) => {
      if (maxValue === null || maxValue === undefined) return graph.operation('Relu', inputs, output)
      const limits = [
        graph.constant(`${name}/least`, [], [0]),
        graph.constant(`${name}/most`, [], [maxValue]),
      ]
      return graph.operation('Clip', [...inputs, ...limits], output)
    },
  ),

  LeakyReLU: writer(z.object({ alpha: z.number() }), ({ config, graph, inputs, output }) =>
    graph.operation('LeakyRelu', inputs, output, { alpha: { float: config.alpha } }),
  ),

  Activation: writer(z.object({ activation }), ({ config, graph, inputs, output }) =>
    graph.operation(activations[config.activation] ?? 'Identity', inputs, output),
  ),

  AveragePooling2D: pooling('AveragePool'),
  MaxPooling2D: pooling('MaxPool'),

  UpSampling2D: writer(
    z.object({ size: pair, interpolation: z.literal('nearest'), dataFormat: channelsLast }),
    ({ config: { size }, graph, inputs, output, name }) => {
      const scales = graph.constant(`${name}/scales`, [4], [1, 1, ...size])
      // The second input, a region, is left out.
      graph.operation('Resize', [...inputs, '', scales], output, {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      })
    },
  ),

  Concatenate: writer(z.object({ axis }), ({ config, graph, inputs, output }) =>
    graph.operation('Concat', inputs, output, { axis: config.axis }),
  ),

  Add: writer(z.object({}), ({ graph, inputs, output }) =>
    graph.operation(inputs.length === 2 ? 'Add' : 'Sum', inputs, output),
  ),

  Dropout: passing(),
  SpatialDropout2D: passing(),
}

/** Writes a layer into the graph. Throws `cannot-export`, naming the layer and what about it is not supported. */
export function writeLayer(
  layer: Layer,
  graph: GraphBuilder,
  inputs: readonly string[],
  output: string,
): void {
  const kind = layer.getClassName()
  const writeKind = writers[kind]
  if (!writeKind) {
    throw cannotExport(
      layer,
      'is of a kind that Umbra cannot write as ONNX.',
      `Umbra writes ${Object.keys(writers).join(', ')}.`,
    )
  }
  const values = layer.getWeights()
  const weights = new Map(
    layer.weights.map((weight, index) => [
      weight.originalName.replace(/^.*\//, ''),
      { shape: values[index].shape, values: values[index].dataSync() as Float32Array },
    ]),
  )
  try {
    writeKind(layer, { graph, weights, inputs, output, name: layer.name })
  } catch (thrown) {
    throw cannotExport(layer, `cannot be written as ONNX: ${reason(thrown)}.`)
  }
}

function writer<Schema extends z.ZodType>(
  schema: Schema,
  write: (context: LayerContext<z.output<Schema>>) => unknown,
): LayerWriter {
  return (layer, context) => void write({ ...context, config: schema.parse(layer.getConfig()) })
}

function pooling(kind: string): LayerWriter {
  return writer(
    z.object({ poolSize: pair, strides: pair, padding, dataFormat: channelsLast }),
    ({ config: { poolSize, strides, padding }, graph, inputs, output }) =>
      graph.operation(kind, inputs, output, {
        kernel_shape: poolSize,
        strides,
        ...pads(padding, poolSize, strides, [1, 1]),
      }),
  )
}

/** A layer that does something in training only. */
function passing(): LayerWriter {
  return writer(z.object({}), ({ graph, inputs, output }) => graph.operation('Identity', inputs, output))
}

function activated(
  graph: GraphBuilder,
  name: keyof typeof activations,
  output: string,
  write: (result: string) => void,
): void {
  const operation = activations[name]
  if (operation === null) return write(output)
  write(`${output}/linear`)
  graph.operation(operation, [`${output}/linear`], output)
}

/**
 * The borders that TensorFlow adds for `same`: the larger half at the end. With a stride they depend on the size of the
 * image and are left to whoever runs the graph; what averages does not count them.
 */
function pads(
  kind: 'same' | 'valid',
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): Record<string, Attribute> {
  if (kind === 'valid') return { pads: [0, 0, 0, 0] }
  if (strides.some((stride) => stride !== 1)) return { auto_pad: 'SAME_UPPER' }
  const totals = kernel.map((length, i) => (length - 1) * dilations[i])
  const begins = totals.map((total) => Math.floor(total / 2))
  return { pads: [...begins, ...totals.map((total, i) => total - begins[i])] }
}

/** [row, column, channel, filter] as [filter, channel, row, column]. */
function filtersFirst({ shape, values }: LayerWeight): Float32Array {
  const [rows, columns, channels, filters] = shape
  const area = rows * columns
  const turned = new Float32Array(values.length)
  for (let at = 0; at < area; at++) {
    for (let channel = 0; channel < channels; channel++) {
      const from = (at * channels + channel) * filters
      for (let filter = 0; filter < filters; filter++) {
        turned[(filter * channels + channel) * area + at] = values[from + filter]
      }
    }
  }
  return turned
}

function reason(thrown: unknown): string {
  if (!(thrown instanceof z.ZodError)) return (thrown as Error).message
  const [{ path, message }] = thrown.issues
  return `${path.join('.')}: ${message}`
}

function cannotExport(layer: Layer, message: string, hint?: string): UmbraError {
  return new UmbraError({
    code: 'cannot-export',
    message: `The layer ${layer.name} (${layer.getClassName()}) ${message}`,
    hint,
    where: layer.name,
  })
}
