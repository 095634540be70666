import { totalmem } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { UmbraError } from '@contract'

/** Below this the garbage of earlier series does not matter. */
const large = 64 * 1024 * 1024

/**
 * Shared memory for voxels. Throws `too-large` where the machine cannot give it. A series that nobody holds any more is
 * let go first: the runtime does not count shared memory when it decides to collect garbage, so opening one study after
 * another would otherwise fill the machine.
 */
export function allocateVoxels(bytes: number, where: string): SharedArrayBuffer {
  const tooLarge = new UmbraError({
    code: 'too-large',
    message: `The series needs ${(bytes / 2 ** 30).toFixed(1)} GB of memory, more than this machine can give.`,
    hint: 'Close other programs, or open it on a machine with more memory.',
    where,
  })
  if (bytes > 0.8 * totalmem()) throw tooLarge
  if (bytes >= large) collectGarbage()
  try {
    return new SharedArrayBuffer(bytes)
  } catch {
    throw tooLarge
  }
}

/** Gives back the memory of series, maps and workers' copies that nobody holds any more. Takes some hundredths of a second. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  if (typeof collect === 'function') collect()
}
