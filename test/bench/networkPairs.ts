import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { openTensorFlow, type TensorFlow } from '../../src-main/engine/compute/tensorflow'
import {
  buildNetwork,
  createOptimiser,
  inputSpecSchema,
  loadModel,
  maskedLoss,
  networkSchema,
  outlineOf,
  partsOf,
  writeModel,
  type LayersModel,
} from '../../src-main/engine/networks'
import { localPredictor } from '../../src-main/engine/prediction'
import { openKeras, type FramesFile, type KerasPeer } from './kerasPeer'
import type { BenchRow } from './row'

/** The network of the paper. */
const network = networkSchema.parse({ name: 'perfusion-unet', depth: 4, width: 64, batchNormalisation: true })
const sizes = [
  { side: 256, timePoints: 45, predictions: 5, steps: 4 },
  { side: 512, timePoints: 89, predictions: 3, steps: 2 },
]
/** The paper's text names no batch size; of one, a step at 512 × 512 × 89 stays under 10 GB on either side. */
const BATCH = 1
const LEARNING_RATE = 0.01
const LIMIT = 1.15
const AGREEMENT = 1e-4

const threads = Number(process.env.TF_NUM_INTRAOP_THREADS) || cpus().length

/** Shortest of some tries, ours and the peer's by turns so that what else the machine does hits both; the first do not count. */
async function byTurns(
  tries: number,
  ours: () => Promise<number>,
  peer: () => Promise<number>,
): Promise<{ ours: number; peer: number }> {
  const best = { ours: Infinity, peer: Infinity }
  for (let run = 0; run <= tries; run++) {
    const [our, its] = [await ours(), await peer()]
    if (run > 0) Object.assign(best, { ours: Math.min(best.ours, our), peer: Math.min(best.peer, its) })
  }
  return best
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

/** Stops the bench where both do not compute the same: a ratio would mean nothing. */
function agree(what: string, ours: number, its: number, tolerance = AGREEMENT): void {
  if (Math.abs(ours - its) <= tolerance) return
  throw new Error(`${what}: ours ${ours}, in Keras ${its}`)
}

function noise(length: number): Float32Array {
  let state = 1
  return Float32Array.from({ length }, () => (state = (state * 48271) % 0x7fffffff) / 0x7fffffff)
}

interface Pair {
  tf: TensorFlow
  keras: KerasPeer
  model: string
  folder: string
  frames: FramesFile
  input: Float32Array
}

/** Both in the same state, from the folder's weights, to be compared in what they compute and how long it takes. */
async function predictionPair(pair: Pair, tries: number): Promise<{ ours: number; peer: number }> {
  const { tf, keras, model, folder, frames, input } = pair
  const predictor = localPredictor(tf, await loadModel(tf, model))
  const output = join(folder, 'output.f32')
  let maps = new Float32Array()
  const best = await byTurns(
    tries,
    () =>
      seconds(async () => {
        maps = (await predictor.infer(input, frames.shape[1], frames.shape[2])) as typeof maps
      }),
    () => keras.predict(frames, output),
  )
  const its = new Float32Array(readFileSync(output).buffer)
  const difference = maps.reduce((largest, value, i) => Math.max(largest, Math.abs(value - its[i])), 0)
  agree('largest difference of the maps', difference, 0)
  agree('length of the maps', maps.length, its.length, 0)
  predictor.close()
  return best
}

async function trainingPair(
  { tf, keras, folder, frames, input }: Pair,
  built: LayersModel,
  tries: number,
): Promise<{ ours: number; peer: number }> {
  const shape = [...frames.shape.slice(0, 3), 1] as [number, number, number, number]
  const target = noise(shape.reduce((product, length) => product * length, 1))
  const file = join(folder, 'target.f32')
  writeFileSync(file, target)
  const optimizer = createOptimiser(tf, { name: 'sgd', learningRate: LEARNING_RATE, momentum: 0.9 })
  built.compile({ optimizer, loss: maskedLoss(tf, 'image') })
  let loss = 0
  const best = await byTurns(
    tries,
    () =>
      seconds(async () => {
        const x = tf.tensor4d(input, frames.shape as typeof shape)
        const y = tf.tensor4d(target, shape)
        loss = Number(await built.trainOnBatch(x, y))
        tf.dispose([x, y])
      }),
    async () => {
      const step = await keras.train(frames, file)
      agree('loss of a training step', loss, step.loss)
      return step.seconds
    },
  )
  optimizer.dispose()
  return best
}

/**
 * A prediction and a training step of the paper's network, in this process and in Keras, graph-compiled, on the same
 * library, with the same weights, images and number of threads; both must give the same maps and losses. Nothing where
 * either is not to be had, which is said.
 */
export async function benchNetworkPairs(): Promise<BenchRow[]> {
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threads)
  const { tf, version } = await openTensorFlow({ backend: 'native' })
  const folder = mkdtempSync(join(tmpdir(), 'umbra-bench-network-'))
  const rows: BenchRow[] = []
  try {
    for (const { side, timePoints, predictions, steps } of sizes) {
      const built = buildNetwork(tf, network, { size: null, timePoints, outputs: 1, seed: 1 })
      const model = join(folder, `model-${side}`)
      const about = { name: 'paper', network, outputs: [{ map: 'cbv' as const, scale: 8 }] }
      const input = inputSpecSchema.parse({ timePoints })
      await writeModel(
        await partsOf(tf, built),
        outlineOf(built),
        { ...about, input, created: '', version: '' },
        model,
      )
      const keras = await openKeras(model, threads)
      if (!keras || keras.version !== version) {
        console.error(`Left out against Python: TensorFlow ${version} with Keras is not to be had in Python.`)
        return rows
      }
      const values = noise(BATCH * side * side * timePoints)
      const frames = { input: join(folder, 'frames.f32'), shape: [BATCH, side, side, timePoints] }
      writeFileSync(frames.input, values)
      const pair = { tf, keras, model, folder, frames, input: values }
      const size = `${side}×${side}×${timePoints}`
      const peerName = `Keras, TensorFlow ${version}`
      const add = (name: string, best: { ours: number; peer: number }): void => {
        rows.push({ name: `${name} of the paper’s network, ${size}, s`, ...best, peerName, limit: LIMIT })
      }
      add('prediction', await predictionPair(pair, predictions))
      add(`training step (batch ${BATCH})`, await trainingPair(pair, built, steps))
      keras.close()
      built.dispose()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return rows
}
