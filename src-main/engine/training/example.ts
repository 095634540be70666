import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { mapNames, UmbraError } from '@contract'
import { writeFileAtomically } from '../files/atomic'
import type { Learner } from '../networks'
import { wholeSlice, type SliceChoice } from './batches'
import type { DatasetCache } from './cache'
import { examplePicture } from './examplePicture'
import { imageEvents } from './tensorboard'

const headerSchema = z.object({
  epoch: z.number().int(),
  patient: z.string(),
  /** From 1, of the slices that are in the data set. */
  slice: z.number().int(),
  rows: z.number().int().positive(),
  columns: z.number().int().positive(),
  /** mm; null: that of the series. */
  spacing: z.number().nullable(),
  maps: z.array(z.enum(mapNames)).min(1),
})

/**
 * One validation slice as a network sees it after an epoch. `images` [image][row × column]: the baseline in HU, then for
 * each map its truth and its prediction in the map's unit; NaN where the truth is unknown.
 */
export interface Example extends z.output<typeof headerSchema> {
  images: Float32Array
}

/** The slice of the validation part with most known pixels: the same one after every epoch. */
export async function chooseExample(
  data: DatasetCache,
  validation: readonly SliceChoice[],
): Promise<SliceChoice | null> {
  const patient = validation[0]?.study.patient
  let best: { choice: SliceChoice; known: number } | null = null
  for (const choice of validation.filter(({ study }) => study.patient === patient)) {
    const { target } = await data.read(choice.study, choice.slice)
    const known = target.reduce((count, value) => count + (value >= 0 ? 1 : 0), 0)
    if (best === null || known > best.known) best = { choice, known }
  }
  return best?.choice ?? null
}

/** Predicts the example slice with the network as it is. */
export async function predictExample(
  learner: Pick<Learner, 'predict'>,
  data: DatasetCache,
  choice: SliceChoice,
  { epoch, stride }: { epoch: number; stride: number },
): Promise<Example> {
  const { input: spec, outputs } = data
  const { target, ...slice } = await wholeSlice(data, choice, stride)
  const { columns: wide, input } = slice
  const predicted = await learner.predict(slice)
  const { rows, columns } = choice.study
  const area = rows * columns
  const images = new Float32Array((1 + 2 * outputs.length) * area)
  const [origin, step] = spec.values === 'window' ? [spec.lower, spec.upper - spec.lower] : [30, 20]
  for (let i = 0; i < area; i++) {
    // What the network's stride has added at the right and below is not shown.
    const from = Math.floor(i / columns) * wide + (i % columns)
    images[i] = origin + step * input[from * spec.timePoints]
    outputs.forEach(({ scale }, map) => {
      const truth = target[from * outputs.length + map]
      const known = truth >= 0
      images[(1 + 2 * map) * area + i] = known ? truth * scale : NaN
      images[(2 + 2 * map) * area + i] = known ? predicted[from * outputs.length + map] * scale : NaN
    })
  }
  const maps = outputs.map(({ map }) => map)
  return {
    epoch,
    patient: choice.study.patient,
    slice: choice.slice + 1,
    rows,
    columns,
    spacing: spec.spacing,
    maps,
    images,
  }
}

const FILE = 'example.maps'
/** Pictures are kept of the first epochs, then of every so many. */
const FIRST = 10
const EVERY = 10

/**
 * Writes an example into a run's folder: `example.maps` (the latest, for the window), and of the first ten epochs and
 * every tenth a picture `examples/epoch-0001.png` and its TensorBoard image.
 */
export async function writeExample(directory: string, example: Example, time: number): Promise<void> {
  const { images, ...header } = example
  const line = Buffer.from(`${JSON.stringify(header)}\n`)
  const values = Buffer.from(images.buffer, images.byteOffset, images.byteLength)
  await writeFileAtomically(join(directory, FILE), Buffer.concat([line, values]))
  if (example.epoch > FIRST && example.epoch % EVERY !== 0) return
  const number = String(example.epoch).padStart(4, '0')
  const picture = await examplePicture(example)
  await writeFileAtomically(join(directory, 'examples', `epoch-${number}.png`), picture.png)
  const events = imageEvents({ tag: 'example', step: example.epoch, time, ...picture })
  await writeFileAtomically(join(directory, 'examples', `events.out.tfevents.${number}.umbra`), events)
}

/** The latest example of a run; null where there is none yet. Throws `damaged-example`. */
export async function readExample(directory: string): Promise<Example | null> {
  const path = join(directory, FILE)
  const content = await readFile(path).catch(() => null)
  if (content === null) return null
  const end = content.indexOf(0x0a)
  try {
    const header = headerSchema.parse(JSON.parse(content.subarray(0, end).toString()))
    const values = content.subarray(end + 1)
    const images = new Float32Array(values.length / 4)
    if (images.length !== (1 + 2 * header.maps.length) * header.rows * header.columns) {
      throw new Error('length')
    }
    new Uint8Array(images.buffer).set(values)
    return { ...header, images }
  } catch {
    throw new UmbraError({
      code: 'damaged-example',
      message: 'The example maps of this run are damaged.',
      hint: 'They are made again with the next epoch.',
      where: path,
    })
  }
}
