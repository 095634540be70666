import { z } from 'zod'
import { UmbraError } from '@contract'
import { perfusionUnet, perfusionUnetSchema, type NetworkShape } from './perfusionUnet'
import type { LayersModel, TensorFlow } from './tensorflow'

/** A network that can be asked for by name. */
interface Architecture<Options> {
  label: string
  source: string
  schema: z.ZodType<Options>
  /** Rows and columns must be multiples of this. */
  stride(options: Options): number
  build(tf: TensorFlow, options: Options, shape: NetworkShape): LayersModel
}

const architectures = {
  'perfusion-unet': {
    label: 'Perfusion U-Net (Gava et al.)',
    source: 'doi:10.3389/fninf.2023.852105',
    schema: perfusionUnetSchema,
    stride: ({ depth }) => 2 ** depth,
    build: perfusionUnet,
  } satisfies Architecture<z.output<typeof perfusionUnetSchema>>,
} as const

export const architectureNames = Object.keys(architectures) as (keyof typeof architectures)[]

/** A network by its name and options; the options left out get their defaults. */
export const networkSchema = z
  .discriminatedUnion('name', [
    z.strictObject({ name: z.literal('perfusion-unet'), ...perfusionUnetSchema.shape }),
  ])
  .describe('A network of the registry')
export type NetworkChoice = z.output<typeof networkSchema>

/** A network that was made elsewhere and is known only as a file in the ONNX format. */
export const otherNetworkSchema = z.strictObject({
  name: z.literal('onnx'),
  /** Rows and columns must be multiples of this; without meaning where they are fixed. */
  stride: z.number().int().min(1).max(1024).default(1),
  /** Where the file itself does not tell: channels after rows and columns, or before them. */
  layout: z.enum(['channels-last', 'channels-first']).optional(),
})
export type OtherNetwork = z.output<typeof otherNetworkSchema>

/** Rows and columns of a network's input must be multiples of this. */
export function networkStride(network: NetworkChoice | OtherNetwork): number {
  if (network.name === 'onnx') return network.stride
  const { name, ...options } = network
  return architectures[name].stride(options)
}

/** Where an architecture comes from, for a model card. */
export function networkSource({ name }: NetworkChoice): { label: string; source: string } {
  const { label, source } = architectures[name]
  return { label, source }
}

/** Builds a network with fresh weights. Throws `network-shape` where the size does not suit it. */
export function buildNetwork(tf: TensorFlow, choice: NetworkChoice, shape: NetworkShape): LayersModel {
  const stride = networkStride(choice)
  if (shape.size?.some((length) => length % stride !== 0)) {
    throw new UmbraError({
      code: 'network-shape',
      message: `A ${choice.name} of this depth takes rows and columns that are multiples of ${stride}, not ${shape.size.join(' × ')}.`,
      hint: 'Change the size, or the depth of the network.',
    })
  }
  const { name, ...options } = choice
  return architectures[name].build(tf, options, shape)
}
