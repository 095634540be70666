import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UmbraError, type NetworkModel } from '@contract'
import { resourcePath } from '../files/resources'
import { foreignModel, readModelSpec, type ModelSpec } from '../networks'
import { descriptionPlaces, isOnnxFile, readOnnxModel } from '../onnx'

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
  const folders = { umbra: bundledModels(), added: own, trained: runs } as const
  const listed = await Promise.all(
    (Object.keys(folders) as (keyof typeof folders)[]).map(async (origin) => {
      const found = await modelsIn(folders[origin])
      const models = await Promise.all(
        found.map(async ({ name, path }) => {
          const model = await summaryOf(path)
          return model && { ...model, origin, model: origin === 'umbra' ? name : path }
        }),
      )
      const usable = models.filter((model): model is NetworkModel => model !== null)
      return origin === 'umbra' ? usable : usable.sort((a, b) => b.created.localeCompare(a.created))
    }),
  )
  return listed.flat()
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

type Summary = Omit<NetworkModel, 'model' | 'origin'>

/** What is known of ONNX files, which must be read whole to be described, as long as nothing has changed. */
const known = new Map<string, { stamp: string; summary: Summary }>()

/** A model that cannot be used is null: a damaged file, one without a description. */
async function summaryOf(path: string): Promise<Summary | null> {
  const stamp = isOnnxFile(path) ? await stampOf([path, ...descriptionPlaces(path)]) : null
  const before = known.get(path)
  if (stamp !== null && before?.stamp === stamp) return before.summary
  const spec = await describeModel(path).catch(() => null)
  if (spec === null) return null
  const { name, outputs, created, weightsSha256 } = spec
  const summary = { name, maps: outputs.map(({ map }) => map), created, weightsSha256 }
  if (stamp !== null) known.set(path, { stamp, summary })
  return summary
}

/** Size and time of each file, and which are not there. */
async function stampOf(paths: string[]): Promise<string> {
  const files = await Promise.all(paths.map((path) => stat(path).catch(() => null)))
  return files.map((file) => (file === null ? '-' : `${file.size} ${file.mtimeMs}`)).join(', ')
}

function bundledModels(): string {
  try {
    return resourcePath('models')
  } catch {
    return join(dirname(__dirname), 'resources', 'models')
  }
}
