import { z } from 'zod'
import { defineJob } from '../compute/tensorflow'

const array = z.custom<Float32Array>((value) => value instanceof Float32Array, 'an array of float32')

/** One prepared slice through a model, in a process of its own. */
export const predictJob = defineJob({
  name: 'predict-slice',
  input: z.object({
    /** Its folder, or its ONNX file. */
    model: z.string(),
    /** A model that was trained anew in the same place is loaded anew. */
    weightsSha256: z.string(),
    input: array,
    rows: z.number().int().positive(),
    columns: z.number().int().positive(),
  }),
  event: z.never(),
  output: z.object({ maps: array }),
})
