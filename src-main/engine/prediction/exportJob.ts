import { z } from 'zod'
import { defineJob, handleJob } from '../compute/tensorflow'
import { exportOnnx } from './exportOnnx'

/** A model as an ONNX file, compared with it before it is written. */
export const exportJob = defineJob({
  name: 'export-onnx',
  input: z.object({ folder: z.string(), to: z.string() }),
  event: z.never(),
  output: z.object({ path: z.string(), bytes: z.number().int(), largestDifference: z.number() }),
})

/** The work of `exportJob`, for the program of that process. */
export const handleExport = handleJob(exportJob, async ({ tf }, { folder, to }) => {
  const { path, bytes, largestDifference } = await exportOnnx(tf, folder, to, { check: true })
  return { path, bytes, largestDifference: largestDifference ?? 0 }
})
