import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-web'
import { expect } from 'vitest'
import type { TensorFlow } from '../../../src-main/engine/compute/tensorflow'
import {
  buildNetwork,
  inputSpecSchema,
  networkSchema,
  type LayersModel,
  type ModelSpec,
  type Tensor4D,
} from '../../../src-main/engine/networks'
import { onnxModel } from '../../../src-main/engine/onnx'

export interface UnetOptions {
  depth?: number
  width?: number
  widest?: number | null
  batchNormalisation?: boolean
  timePoints?: number
  maps?: ModelSpec['outputs']
  size?: [number, number] | null
}

export const twoMaps: ModelSpec['outputs'] = [
  { map: 'cbv', scale: 8 },
  { map: 'cbf', scale: 110 },
]

export function specOf(network: LayersModel, options: UnetOptions = {}): ModelSpec {
  const { depth = 2, width = 5, widest = null, batchNormalisation = true, timePoints = 6 } = options
  return {
    format: 1,
    name: 'under-test',
    network: networkSchema.parse({ name: 'perfusion-unet', depth, width, widest, batchNormalisation }),
    input: inputSpecSchema.parse({ timePoints }),
    outputs: options.maps ?? twoMaps,
    weightsSha256: 'of the layers model',
    parameters: network.countParams(),
    created: '2026-01-01T00:00:00.000Z',
    version: '0.0.0-test',
  }
}

/** A network as training leaves it: biases, and the means and variances of batch normalisation, are not 0 and 1. */
export function trainedUnet(tf: TensorFlow, options: UnetOptions = {}): LayersModel {
  const { depth = 2, width = 5, widest = null, batchNormalisation = true, timePoints = 6 } = options
  const choice = networkSchema.parse({ name: 'perfusion-unet', depth, width, widest, batchNormalisation })
  const outputs = (options.maps ?? twoMaps).length
  const network = buildNetwork(tf, choice, { size: options.size ?? null, timePoints, outputs, seed: 3 })
  return stirred(tf, network)
}

/** Moves every weight a little from where it began; variances stay positive. */
export function stirred(tf: TensorFlow, network: LayersModel): LayersModel {
  let at = 0
  const values = network.getWeights()
  const moved = network.weights.map(({ originalName }, index) => {
    const variance = originalName.endsWith('variance')
    const move = (value: number): number => value + (variance ? Math.sin(++at) ** 2 : 0.1 * Math.sin(++at))
    return tf.tensor(Float32Array.from(values[index].dataSync() as Float32Array, move), values[index].shape)
  })
  network.setWeights(moved)
  return network
}

/** Numbers like those of a prepared slice, the same in every run. */
export function noise(length: number): Float32Array {
  let state = 12345
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state / 2 ** 32) * 3 - 1
  })
}

export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Infinity
  let largest = 0
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i])
    if (!(difference <= largest)) largest = difference
  }
  return largest
}

export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'umbra-onnx-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The largest difference between a network by TensorFlow.js and the file made of it by ONNX Runtime. */
export async function differenceOf(
  tf: TensorFlow,
  network: LayersModel,
  spec: ModelSpec,
  [rows, columns]: [number, number],
): Promise<number> {
  const input = noise(rows * columns * spec.input.timePoints)
  const frames = tf.tensor4d(input, [1, rows, columns, spec.input.timePoints])
  const ours = network.predict(frames) as Tensor4D
  env.wasm.numThreads = 1
  const session = await InferenceSession.create(onnxModel(network, spec))
  const feeds = { [session.inputNames[0]]: new OnnxTensor('float32', input, frames.shape) }
  const theirs = (await session.run(feeds))[session.outputNames[0]]
  await session.release()
  expect(theirs.dims).toEqual(ours.shape)
  const values = (await ours.data()) as Float32Array
  // A network whose output hardly varies would agree with a wrong file.
  expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.02)
  return largestDifference(values, (await theirs.getData()) as Float32Array)
}
