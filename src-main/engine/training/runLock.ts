import { existsSync } from 'node:fs'
import { mkdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UmbraError } from '@contract'
import { writeFailure } from '../files/atomic'
import { ownerOf, takeOwnership, type OtherOwner } from '../files/ownership'

const ownerFile = (directory: string): string => join(directory, 'training.owner')

function inUse(directory: string, other: OtherOwner | null): UmbraError {
  return new UmbraError({
    code: 'run-in-use',
    message: other
      ? `Another process trains in this folder (${other.pid} on ${other.host}).`
      : 'Several processes contend for this folder.',
    hint: 'Wait until it ends, end it, or choose another folder. If none runs there any more, delete the file named here.',
    where: ownerFile(directory),
  })
}

/**
 * Takes the folder of a run, made where it is missing, for this process, until `release`. What a killed process left is
 * known for what it is. Throws `run-in-use`, naming the process that has it, and `write-failed`.
 */
export async function holdRun(directory: string): Promise<{ release(): Promise<void> }> {
  const made = !existsSync(directory)
  try {
    await mkdir(directory, { recursive: true })
    const ownership = takeOwnership(ownerFile(directory), (other) => inUse(directory, other))
    return {
      release: async () => {
        ownership.release()
        // A run that could not begin leaves no empty folder.
        if (made) await rmdir(directory).catch(() => undefined)
      },
    }
  } catch (thrown) {
    throw thrown instanceof UmbraError ? thrown : writeFailure(thrown, directory)
  }
}

/** Throws `run-in-use` while a process trains in the folder. */
export function refuseRunInUse(directory: string): void {
  const other = ownerOf(ownerFile(directory))
  if (other) throw inUse(directory, other)
}
