import { z } from 'zod'
import type { LayersModel, SymbolicTensor, TensorFlow } from './tensorflow'

export const perfusionUnetSchema = z.strictObject({
  /** Encoding stages before the bottleneck, each halving the image. */
  depth: z.number().int().min(1).max(6).default(4),
  /** Filters of the first stage; every further one has twice as many. */
  width: z.number().int().min(1).max(256).default(64),
  /** No stage has more filters than this; null: no limit. */
  widest: z.number().int().min(1).max(4096).nullable().default(null),
  /** After every convolution of the stages, as in the authors' public code. */
  batchNormalisation: z.boolean().default(true),
})
export type PerfusionUnetOptions = z.output<typeof perfusionUnetSchema>

/** What any network is built for. */
export interface NetworkShape {
  /** Rows and columns; null: any multiple of the network's stride. */
  size: [number, number] | null
  timePoints: number
  outputs: number
  /** Of the initial weights. */
  seed: number
}

/**
 * The network of Gava et al. 2023 (Front. Neuroinform. 17:852105, fig. 1): a U-Net over the time points of one slice as
 * channels, with AVERAGE pooling after each of four encoding stages and maps in [0, 1] through a sigmoid. Two 3 × 3
 * convolutions a stage; upwards nearest-neighbour enlargement and a 2 × 2 convolution, then the encoder's features
 * joined to it. With width 64, 89 time points and one map it has the 31,104,833 parameters of the authors' public code.
 *
 * Input [batch, row, column, time point], output [batch, row, column, map].
 */
export function perfusionUnet(
  tf: TensorFlow,
  options: PerfusionUnetOptions,
  shape: NetworkShape,
): LayersModel {
  const { depth, width, widest, batchNormalisation } = options
  let layers = 0
  const filtersOf = (stage: number): number => Math.min(widest ?? Infinity, width * 2 ** stage)
  const initial = (): ReturnType<TensorFlow['initializers']['heUniform']> =>
    tf.initializers.heUniform({ seed: shape.seed + 7919 * ++layers })
  const convolve = (input: SymbolicTensor, filters: number, name: string): SymbolicTensor => {
    const convolved = tf.layers
      .conv2d({ name, filters, kernelSize: 3, padding: 'same', kernelInitializer: initial() })
      .apply(input) as SymbolicTensor
    const scaled = batchNormalisation
      ? (tf.layers.batchNormalization({ name: `${name}_norm` }).apply(convolved) as SymbolicTensor)
      : convolved
    return tf.layers.reLU({ name: `${name}_relu` }).apply(scaled) as SymbolicTensor
  }
  const stage = (input: SymbolicTensor, filters: number, name: string): SymbolicTensor =>
    convolve(convolve(input, filters, `${name}_a`), filters, `${name}_b`)

  const [rows, columns] = shape.size ?? [null, null]
  const input = tf.input({ shape: [rows, columns, shape.timePoints], name: 'frames' })
  const skips: SymbolicTensor[] = []
  let features: SymbolicTensor = input
  for (let level = 0; level < depth; level++) {
    skips.push(stage(features, filtersOf(level), `down${level + 1}`))
    features = tf.layers
      .averagePooling2d({ name: `pool${level + 1}`, poolSize: 2, strides: 2 })
      .apply(skips[level]) as SymbolicTensor
  }
  features = stage(features, filtersOf(depth), 'bottleneck')
  for (let level = depth - 1; level >= 0; level--) {
    const name = `up${level + 1}`
    const enlarged = tf.layers
      .upSampling2d({ name: `${name}_enlarge`, size: [2, 2] })
      .apply(features) as SymbolicTensor
    const narrowed = tf.layers
      .conv2d({
        name: `${name}_narrow`,
        filters: filtersOf(level),
        kernelSize: 2,
        padding: 'same',
        kernelInitializer: initial(),
      })
      .apply(enlarged) as SymbolicTensor
    const joined = tf.layers.concatenate({ name: `${name}_join` }).apply([skips[level], narrowed])
    features = stage(joined as SymbolicTensor, filtersOf(level), name)
  }
  const maps = tf.layers
    .conv2d({
      name: 'maps',
      filters: shape.outputs,
      kernelSize: 1,
      activation: 'sigmoid',
      kernelInitializer: initial(),
    })
    .apply(features) as SymbolicTensor
  return tf.model({ inputs: input, outputs: maps, name: 'perfusion_unet' })
}
