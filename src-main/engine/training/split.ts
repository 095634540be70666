import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { UmbraError } from '@contract'
import { mixSeeds, randomStream } from '../phantom'
import type { CachedStudy } from './cache'
import { refusePatientInBoth } from './dataChecks'

/** Which patients teach and which judge. */
export const splitSchema = z.object({ training: z.array(z.string()), validation: z.array(z.string()) })
export type Split = z.output<typeof splitSchema>

/** In the folder of a run. */
export const SPLIT_FILE = 'split.json'

/** The split that a run began with; null where it is not to be read. */
export async function readSplit(directory: string): Promise<Split | null> {
  const text = await readFile(join(directory, SPLIT_FILE), 'utf8').catch(() => 'null')
  try {
    return splitSchema.nullable().parse(JSON.parse(text))
  } catch {
    return null
  }
}

/**
 * Splits patients, never slices: in an order that depends on the seed alone, `validation` of them judge. With `folds`
 * the patients are dealt into that many parts and part `fold` judges. Throws `too-few-patients`.
 */
export function splitPatients(
  patients: readonly string[],
  choice: { seed: number; validation: number; folds: number | null; fold: number },
): Split {
  const shuffled = [...new Set(patients)].sort()
  const random = randomStream(mixSeeds(choice.seed, 0x59117))
  for (let i = shuffled.length - 1; i > 0; i--) {
    const other = Math.floor((random() / 2 ** 32) * (i + 1))
    ;[shuffled[i], shuffled[other]] = [shuffled[other], shuffled[i]]
  }
  const { folds, fold, validation } = choice
  const judges = (_: string, index: number): boolean =>
    folds === null ? index < validation : index % folds === fold
  const split = {
    training: shuffled.filter((patient, index) => !judges(patient, index)),
    validation: shuffled.filter(judges),
  }
  if (split.training.length === 0 || split.validation.length === 0) {
    throw new UmbraError({
      code: 'too-few-patients',
      message: `${shuffled.length} ${shuffled.length === 1 ? 'patient' : 'patients'} cannot be split: ${split.training.length} would teach and ${split.validation.length} judge.`,
      hint: 'Add patients, or let fewer of them judge.',
    })
  }
  return split
}

/** Throws `patient-in-both` where a patient both teaches and judges, `unknown-patient` where a name is in no study. */
export function checkSplit(split: Split, studies: readonly Pick<CachedStudy, 'patient'>[]): void {
  refusePatientInBoth(split)
  const { training, validation } = split
  const known = new Set(studies.map(({ patient }) => patient))
  const unknown = [...training, ...validation].find((patient) => !known.has(patient))
  if (unknown !== undefined) {
    throw new UmbraError({
      code: 'unknown-patient',
      message: `The split names ${unknown}, of whom there is no study.`,
      hint: 'Correct the name, or take it out of split.patients.',
    })
  }
}
