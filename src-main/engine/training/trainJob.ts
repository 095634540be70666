import { z } from 'zod'
import { epochRecordSchema, warningSchema, type EpochRecord, type Warning } from '@contract'
import {
  defineJob,
  describeRuntime,
  handleJob,
  type JobHandler,
  type ServedRuntime,
} from '../compute/tensorflow'
import type { OpenLearner } from '../networks'
import { trainingConfigSchema } from './config'
import { caseFilesSchema } from './storedCases'
import { trainNetwork } from './train'

/** A training run in the process of the networks: it tells every epoch, and resumes where its folder holds a run. */
export const trainJob = defineJob({
  name: 'train',
  input: z.object({
    config: trainingConfigSchema,
    directory: z.string(),
    datasets: z.string(),
    files: caseFilesSchema.nullable().default(null),
  }),
  event: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('epoch'), record: epochRecordSchema, timeLeft: z.number().nullable() }),
    z.object({ kind: z.literal('warning'), warning: warningSchema }),
  ]),
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

/** The work of `trainJob`, for the program of a process: `learnerOf` tells what computes there. */
export const handleTraining = <Runtime extends ServedRuntime>(
  learnerOf: (runtime: Runtime) => OpenLearner,
): JobHandler<Runtime> =>
  handleJob(trainJob, (runtime: Runtime, request, context) => {
    const computedBy = describeRuntime(runtime)
    const onEpoch = (record: EpochRecord, timeLeft: number | null): void =>
      context.tell({ kind: 'epoch', record, timeLeft })
    const onWarning = (warning: Warning): void => context.tell({ kind: 'warning', warning })
    return trainNetwork(learnerOf(runtime), { ...request, computedBy, onEpoch, onWarning }, context)
  })
