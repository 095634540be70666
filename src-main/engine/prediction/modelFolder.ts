import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UmbraError, type NetworkModel } from '@contract'
import { resourcePath } from '../files/resources'
import { foreignModel, readModelSpec, type ModelSpec } from '../networks'
import { isOnnxFile, readOnnxModel } from '../onnx'

/** The network that comes with Umbra. */
export const DEFAULT_MODEL = 'perfusion-unet-small'

/**
 * The model that a person names: a folder with a model, an ONNX file, a training run's folder, or the name of one that
 * comes with Umbra. Gives the path of the folder or of the ONNX file. Throws `no-such-model`, naming those that there are;
 * `foreign-model`, `no-epoch`.
 */
export async function findModel(named: string): Promise<string> {
  const candidates = [named, join(named, 'model')]
  if (/^[\w.-]+$/.test(named)) {
    candidates.push(join(bundledModels(), named), join(bundledModels(), `${named}.onnx`))
  }
  for (const place of candidates) {
    const found = await modelAt(place)
    if (found !== null) return found
  }
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
  const bundled = (await modelsIn(bundledModels())).map(({ name }) => name)
  throw new UmbraError({
    code: 'no-such-model',
    message: `There is no model ${named}.`,
    hint: `Give the folder of a model or of a training run, or an ONNX file${bundled.length > 0 ? `, or one of ${bundled.join(', ')}` : ''}.`,
    where: named,
  })
}

/** What a model takes and makes. Throws what readModelSpec and readOnnxModel throw. */
export async function describeModel(path: string): Promise<ModelSpec> {
  return isOnnxFile(path) ? (await readOnnxModel(path)).spec : readModelSpec(path)
}

/**
 * The models that come with Umbra, then those that a person put into the folder `own`, then those of the training runs
 * under `runs`; of the last two the newest first.
 */
export async function listModels({ own, runs }: { own: string; runs: string }): Promise<NetworkModel[]> {
  const bundled = await modelsIn(bundledModels())
  const others = await Promise.all([own, runs].map(modelsIn))
  const described = async (found: Found[], whole: boolean): Promise<NetworkModel[]> => {
    const models = await Promise.all(found.map(({ name, path }) => listed(path, whole ? path : name)))
    return models.filter((model): model is NetworkModel => model !== null)
  }
  const newestFirst = (a: NetworkModel, b: NetworkModel): number => b.created.localeCompare(a.created)
  const [added, trained] = await Promise.all(others.map((found) => described(found, true)))
  return [
    ...(await described(bundled, false)).map((model) => ({ ...model, bundled: true })),
    ...added.sort(newestFirst),
    ...trained.sort(newestFirst),
  ]
}

interface Found {
  /** Of the file or folder, without .onnx. */
  name: string
  path: string
}

/** The models that lie in a folder: ONNX files, folders of models, folders of training runs. */
async function modelsIn(folder: string): Promise<Found[]> {
  const names = (await readdir(folder).catch(() => [])).sort()
  const found = await Promise.all(
    names.map(async (name) => {
      const path = (await modelAt(join(folder, name))) ?? (await modelAt(join(folder, name, 'model')))
      return path === null ? [] : [{ name: name.replace(/\.onnx$/i, ''), path }]
    }),
  )
  return found.flat()
}

/** An ONNX file or the folder of a model; a folder of an ONNX file and its description stands for that file. */
async function modelAt(place: string): Promise<string | null> {
  const about = await stat(place).catch(() => null)
  if (about?.isFile()) return isOnnxFile(place) ? place : null
  if (!existsSync(join(place, 'umbra-model.json'))) return null
  if (existsSync(join(place, 'model.json'))) return place
  const files = (await readdir(place)).filter(isOnnxFile)
  return files.length === 1 ? join(place, files[0]) : place
}

const kept = new Map<string, { stamp: string; model: NetworkModel }>()

/** A model that cannot be used is left out: a damaged file, one without a description. */
async function listed(path: string, model: string): Promise<NetworkModel | null> {
  const about = await stat(path).catch(() => null)
  if (about === null) return null
  // An ONNX file is read whole to be described: once, and again when it has changed.
  const stamp = `${about.size} ${about.mtimeMs}`
  const before = kept.get(path)
  if (isOnnxFile(path) && before?.stamp === stamp) return before.model
  const spec = await describeModel(path).catch(() => null)
  if (spec === null) return null
  const { name, outputs, created, weightsSha256 } = spec
  const maps = outputs.map(({ map }) => map)
  const found = { model, name, maps, bundled: false, created, weightsSha256 }
  kept.set(path, { stamp, model: found })
  return found
}

function bundledModels(): string {
  try {
    return resourcePath('models')
  } catch {
    return join(dirname(__dirname), 'resources', 'models')
  }
}
