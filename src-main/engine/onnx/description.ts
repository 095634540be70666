import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { z } from 'zod'
import { UmbraError } from '@contract'
import { modelSpecSchema, otherNetworkSchema, type ModelSpec } from '../networks'

/** As umbra-model.json, but what only a file from Umbra can know may be left out. */
const descriptionSchema = modelSpecSchema.extend({
  network: modelSpecSchema.shape.network.default(otherNetworkSchema.parse({ name: 'onnx' })),
  weightsSha256: modelSpecSchema.shape.weightsSha256.optional(),
  parameters: modelSpecSchema.shape.parameters.optional(),
  created: modelSpecSchema.shape.created.optional(),
  version: modelSpecSchema.shape.version.default(''),
})

type Description = Omit<ModelSpec, 'weightsSha256' | 'parameters'> & Partial<Pick<ModelSpec, 'parameters'>>

/** Where the description of an ONNX file may lie beside it. */
export function descriptionPlaces(path: string): string[] {
  return [path.replace(/\.onnx$/i, '.umbra-model.json'), join(dirname(path), 'umbra-model.json')]
}

/**
 * What an ONNX file takes and makes: as it stands in the file itself (`inside`, from Umbra), else in
 * `<name>.umbra-model.json` beside it, else in `umbra-model.json` in its folder. Throws `not-a-model` where it stands
 * nowhere, `damaged-model` where it cannot be used.
 */
export async function readDescription(path: string, inside: string | undefined): Promise<Description> {
  const places = descriptionPlaces(path)
  let [text, where] = [inside, path]
  for (const place of places) {
    if (text !== undefined) break
    text = await readFile(place, 'utf8').catch(() => undefined)
    where = place
  }
  if (text === undefined) {
    throw new UmbraError({
      code: 'not-a-model',
      message: 'This ONNX file does not say how Umbra is to feed it, nor what its outputs are.',
      hint: `Put ${basename(places[0])}, or umbra-model.json, beside it; docs/training.md shows what it holds.`,
      where: path,
    })
  }
  const { weightsSha256: _, created, ...description } = parse(text, where)
  return { ...description, created: created ?? (await stat(path)).mtime.toISOString() }
}

function parse(text: string, where: string): z.output<typeof descriptionSchema> {
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch {
    given = null
  }
  const parsed = descriptionSchema.safeParse(given)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new UmbraError({
    code: 'damaged-model',
    message: `The description of the model cannot be used: ${issue.path.join('.')} ${issue.message}`,
    hint: 'docs/training.md shows what it holds.',
    where,
  })
}
