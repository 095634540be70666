import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { UmbraError, type NetworkModel } from '@contract'
import { resourcePath } from '../files/resources'
import { foreignModel, readModelSpec } from '../networks'

/** The network that comes with Umbra. */
export const DEFAULT_MODEL = 'perfusion-unet-small'

/**
 * The folder of a model that is named by a person: a folder with a model, a training run's folder, or the name of one
 * that comes with Umbra. Throws `no-such-model`, naming those that there are; `foreign-model`, `no-epoch`.
 */
export async function modelFolder(named: string): Promise<string> {
  const candidates = [named, join(named, 'model')]
  if (/^[\w.-]+$/.test(named)) candidates.push(join(bundledModels(), named))
  const found = candidates.find((folder) => existsSync(join(folder, 'umbra-model.json')))
  if (found) return found
  const foreign = candidates.find((folder) => existsSync(join(folder, 'model.json')))
  if (foreign) throw foreignModel(foreign)
  if (existsSync(join(named, 'config.json')) && existsSync(join(named, 'split.json'))) {
    throw new UmbraError({
      code: 'no-epoch',
      message: 'This training run has no model yet: not one of its epochs is finished.',
      hint: 'Go on with it: `umbra train` with its config.json.',
      where: named,
    })
  }
  const names = await readdir(bundledModels()).catch(() => [])
  const bundled = names.filter((name) => existsSync(join(bundledModels(), name, 'umbra-model.json')))
  throw new UmbraError({
    code: 'no-such-model',
    message: `There is no model ${named}.`,
    hint: `Give the folder of a model or of a training run${bundled.length > 0 ? `, or one of ${bundled.join(', ')}` : ''}.`,
    where: named,
  })
}

/** The models that come with Umbra, then those of the training runs under `runs`, the newest first. */
export async function listModels(runs: string): Promise<NetworkModel[]> {
  const bundled = await modelsUnder(bundledModels(), (name) => name)
  const trained = await modelsUnder(runs, (name) => join(runs, name, 'model'))
  return [
    ...bundled.map((model) => ({ ...model, bundled: true })),
    ...trained.sort((a, b) => b.created.localeCompare(a.created)),
  ]
}

/** Folders without a whole model are left out: a run that has not finished, a damaged description. */
async function modelsUnder(folder: string, named: (name: string) => string): Promise<NetworkModel[]> {
  const names = (await readdir(folder).catch(() => [])).sort()
  const models = await Promise.all(
    names.map(async (name) => {
      const model = named(name)
      const spec = await readModelSpec(isAbsolute(model) ? model : join(folder, name)).catch(() => null)
      return spec && { spec, model }
    }),
  )
  return models.flatMap((each) => {
    if (each === null) return []
    const { name, outputs, created, weightsSha256 } = each.spec
    const maps = outputs.map(({ map }) => map)
    return [{ model: each.model, name, maps, bundled: false, created, weightsSha256 }]
  })
}

function bundledModels(): string {
  try {
    return resourcePath('models')
  } catch {
    return join(dirname(__dirname), 'resources', 'models')
  }
}
