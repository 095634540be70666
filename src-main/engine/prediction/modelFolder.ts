import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UmbraError } from '@contract'
import { resourcePath } from '../files/resources'

/** The network that comes with Umbra. */
export const DEFAULT_MODEL = 'perfusion-unet-small'

/**
 * The folder of a model that is named by a person: a folder with a model, a training run's folder, or the name of one
 * that comes with Umbra. Throws `no-such-model`, naming those that there are.
 */
export async function modelFolder(named: string): Promise<string> {
  const candidates = [named, join(named, 'model')]
  if (/^[\w.-]+$/.test(named)) candidates.push(join(bundledModels(), named))
  const found = candidates.find((folder) => existsSync(join(folder, 'umbra-model.json')))
  if (found) return found
  const names = await readdir(bundledModels()).catch(() => [])
  const bundled = names.filter((name) => existsSync(join(bundledModels(), name, 'umbra-model.json')))
  throw new UmbraError({
    code: 'no-such-model',
    message: `There is no model ${named}.`,
    hint: `Give the folder of a model or of a training run${bundled.length > 0 ? `, or one of ${bundled.join(', ')}` : ''}.`,
    where: named,
  })
}

function bundledModels(): string {
  try {
    return resourcePath('models')
  } catch {
    return join(dirname(__dirname), 'resources', 'models')
  }
}
