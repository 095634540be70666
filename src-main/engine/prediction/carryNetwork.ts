import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { UmbraError } from '@contract'
import type { ModelSpec } from '../networks'
import { openNetworkJob } from './carriedNetwork'

/**
 * The files of a model as a message, for a process that reads none. Throws `damaged-model` where the weights are not
 * those that the description names, or the layers cannot be read.
 */
export async function carryNetwork(
  directory: string,
  { weightsSha256 }: ModelSpec,
): Promise<z.input<typeof openNetworkJob.input>> {
  const damaged = (message: string): UmbraError =>
    new UmbraError({
      code: 'damaged-model',
      message,
      hint: 'Copy the model again, or train it again.',
      where: directory,
    })
  const [text, weights] = await Promise.all([
    readFile(join(directory, 'model.json'), 'utf8'),
    readFile(join(directory, 'weights.bin')),
  ]).catch((thrown: Error) => {
    throw damaged(`A file of the model cannot be read: ${thrown.message}`)
  })
  if (createHash('sha256').update(weights).digest('hex') !== weightsSha256) {
    throw damaged('The weights of the model are not those that were written.')
  }
  try {
    const { modelTopology, weightsManifest } = JSON.parse(text) as {
      modelTopology: object
      weightsManifest: { weights: object[] }[]
    }
    const carried = {
      modelTopology,
      weightSpecs: weightsManifest[0].weights,
      weights: new Uint8Array(weights),
    }
    return openNetworkJob.input.parse(carried)
  } catch {
    throw damaged('model.json cannot be read.')
  }
}
