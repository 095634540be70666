import { z } from 'zod'
import { epochRecordSchema, type EpochRecord } from '@contract'
import { defineJob, describeRuntime, handleJob } from '../compute/tensorflow'
import { trainingConfigSchema } from './config'
import { trainNetwork } from './train'

/** A training run in the process of the networks: it tells every epoch, and resumes where its folder holds a run. */
export const trainJob = defineJob({
  name: 'train',
  input: z.object({ config: trainingConfigSchema, directory: z.string(), datasets: z.string() }),
  event: z.object({ record: epochRecordSchema, timeLeft: z.number().nullable() }),
  output: z.object({
    directory: z.string(),
    model: z.string(),
    epochs: z.number().int(),
    bestEpoch: z.number().int(),
    best: epochRecordSchema,
    ended: z.string(),
    parameters: z.number().int(),
  }),
})

/** The work of `trainJob`, for the program of that process. */
export const handleTraining = handleJob(trainJob, (runtime, request, context) => {
  const computedBy = describeRuntime(runtime)
  const onEpoch = (record: EpochRecord, timeLeft: number | null): void => context.tell({ record, timeLeft })
  return trainNetwork(runtime.tf, { ...request, computedBy, onEpoch }, context)
})
