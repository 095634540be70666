import { z } from 'zod'
import { defineJob } from '../compute/tensorflow/process/protocol'
import { isManifest, type WeightEntry } from './weightCheck'

// What crosses to where networks compute and no file can be read. Typed arrays pass as they are.

export const floatsSchema = z.custom<Float32Array>(
  (value) => value instanceof Float32Array,
  'an array of float32',
)
const bytesSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'an array of bytes')
const shapesSchema = z.array(z.array(z.number().int().nullable()))
const count = z.number().int().positive()

/** A `NetworkOutline`. */
export const outlineSchema = z.object({
  inputs: shapesSchema,
  outputs: shapesSchema,
  parameters: z.number().int().nonnegative(),
})

/** `NetworkParts`. */
export const partsSchema = z.object({
  modelTopology: z.custom<object>((value) => typeof value === 'object' && value !== null, 'layers'),
  weightSpecs: z.custom<WeightEntry[]>(isManifest, 'weights with names, shapes and types'),
  weights: bytesSchema,
})

/** `Images`. */
export const imagesSchema = z
  .object({ images: count, rows: count, columns: count, input: floatsSchema })
  .refine(({ images, rows, columns, input }) => input.length % (images * rows * columns) === 0, {
    error: 'whole images',
  })

/** Opens a network that was read from `where`. */
export const openNetworkJob = defineJob({
  name: 'open-network',
  input: z.object({ parts: partsSchema, where: z.string() }),
  event: z.never(),
  output: outlineSchema,
})

/** Puts images through the network that was opened last. */
export const inferJob = defineJob({
  name: 'infer',
  input: imagesSchema,
  event: z.never(),
  output: z.object({ maps: floatsSchema }),
})
