import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { UmbraError } from '@contract'
import { writeFileAtomically } from '../files/atomic'
import {
  readModel,
  type LearnerState,
  type ModelSpec,
  type NetworkParts,
  type StoredTensor,
} from '../networks'
import { isOnnxFile } from '../onnx'
import { findModel } from '../prediction'
import type { TrainingConfig } from './config'

const aboutSchema = z.object({ name: z.string(), created: z.string(), weightsSha256: z.string() })
/** Which model a run began from. */
export type StartModel = z.output<typeof aboutSchema>

type Choice = Pick<TrainingConfig, 'network' | 'input' | 'outputs'>

/**
 * The weights that a run begins from, of the model that `start` names: one that comes with Umbra, the folder of another, or
 * of a run. The optimiser begins anew. Throws `start-differs` where the model's network, input or outputs are not those of
 * the configuration, since its weights would then mean something else; `start-onnx`; what `findModel` and `readModel` throw.
 */
export async function readStart(
  start: string,
  wanted: Choice,
): Promise<{ about: StartModel; from: LearnerState }> {
  const directory = await findModel(start)
  if (isOnnxFile(directory)) {
    throw new UmbraError({
      code: 'start-onnx',
      message:
        'A training cannot begin from an ONNX file: it holds the network as it is used, not as it learns.',
      hint: 'Give the folder of a model or of a training run.',
      where: directory,
    })
  }
  const { spec, parts } = await readModel(directory)
  if (parts.weightSpecs.some(({ dtype, quantization }) => dtype !== 'float32' || quantization)) {
    throw new UmbraError({
      code: 'start-differs',
      message: `The weights of the model ${spec.name} are rounded to fewer bits: a training needs them whole.`,
      hint: 'Take the model from before it was made smaller.',
      where: directory,
    })
  }
  const other = differences(spec, wanted)
  if (other.length > 0) {
    throw new UmbraError({
      code: 'start-differs',
      message: `The model ${spec.name} does not fit this training: ${other.join('; ')}.`,
      hint: 'Write network, input and outputs into the configuration as umbra-model.json of that model has them, or leave `start` out.',
      where: directory,
    })
  }
  const { name, created, weightsSha256 } = spec
  return { about: { name, created, weightsSha256 }, from: { weights: tensorsOf(parts), optimiser: [] } }
}

/** "network.width is 16, not 64", of every field in which a model is another than the configuration. */
function differences(spec: ModelSpec, wanted: Choice): string[] {
  const fields = (choice: Choice | ModelSpec): Map<string, string> => {
    const outputs = choice.outputs.map(({ map, scale }) => [map, scale])
    const said = { network: choice.network, input: choice.input }
    const rows = Object.entries(said).flatMap(([part, values]) =>
      Object.entries(values).map(([key, value]): [string, string] => [
        `${part}.${key}`,
        JSON.stringify(value),
      ]),
    )
    return new Map([...rows, ['outputs', outputs.map(([map, scale]) => `${map} (1 is ${scale})`).join(', ')]])
  }
  const [have, want] = [fields(spec), fields(wanted)]
  const keys = new Set([...have.keys(), ...want.keys()])
  return [...keys]
    .filter((key) => have.get(key) !== want.get(key))
    .map((key) => `its ${key} is ${have.get(key) ?? 'not given'}, not ${want.get(key) ?? 'given'}`)
}

/** A model's weights one by one, in the order of its layers. */
function tensorsOf({ weightSpecs, weights }: NetworkParts): StoredTensor[] {
  let at = 0
  return weightSpecs.map(({ name, shape }) => {
    const length = shape.reduce((product, side) => product * side, 1)
    const values = new Float32Array(weights.slice(at, at + 4 * length).buffer)
    at += 4 * length
    return { name, shape, values }
  })
}

const FILE = 'start.json'

/** Keeps in a run's folder what it began from: it goes on, and is told of in its card, without that model. */
export async function writeStart(directory: string, about: StartModel): Promise<void> {
  await writeFileAtomically(join(directory, FILE), `${JSON.stringify(about, null, 2)}\n`)
}

/** What a run that goes on began from; null where that is not known. */
export async function startOf(directory: string): Promise<StartModel | null> {
  const text = await readFile(join(directory, FILE), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return aboutSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}
