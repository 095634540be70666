import { beforeAll, describe, expect, it } from 'vitest'
import {
  startTensorFlowProcess,
  type BackendName,
  type ProcessOptions,
} from '../../../src-main/engine/compute/tensorflow'
import { findNativeRuntime } from '../../../src-main/engine/compute/tensorflow/native/location'
import { networkSchema } from '../../../src-main/engine/networks'
import { makePhantom, phantomOptions, phantomSeries } from '../../../src-main/engine/phantom'
import {
  DEFAULT_MODEL,
  findModel,
  openRemotePredictor,
  predictMaps,
} from '../../../src-main/engine/prediction'
import { softwareGpu } from '../../softwareGpu'
import { numbers } from './finiteDifferences'
import { gradientsJob } from './probeJobs'

/** Of maps in 0..1: what another order of additions may change in float32. */
const SAME = 1e-4

/** A GPU in software is slow, above all beside other tests. */
const WITHIN_MS = 180_000

const gpu = softwareGpu()
const others: [BackendName, boolean, ProcessOptions][] = [
  ['native', findNativeRuntime('cpu') !== null, { backend: 'native' }],
  ['webgpu', gpu !== null, { backend: 'webgpu', environment: gpu ?? {} }],
]
const differenceOf = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), a.length === b.length ? 0 : Infinity)

/** The middle of a slice [row, column, time point]. */
function middleOf(input: Float32Array, rows: number, columns: number, side: number): Float32Array {
  const timePoints = input.length / rows / columns
  const [top, left] = [Math.floor((rows - side) / 2), Math.floor((columns - side) / 2)]
  const middle = new Float32Array(side * side * timePoints)
  for (let row = 0; row < side; row++) {
    const from = ((top + row) * columns + left) * timePoints
    middle.set(input.subarray(from, from + side * timePoints), row * side * timePoints)
  }
  return middle
}

describe('the network that comes with Umbra, on a slice of a phantom', () => {
  /** Enough of the slice, and little enough for a GPU in software. */
  const side = 48
  let slice: Float32Array
  let reference: Float32Array

  beforeAll(async () => {
    const options = phantomOptions({ size: 64, slices: 1, thickness: 10, interval: 2, volumes: 26, seed: 4 })
    const series = await phantomSeries(await makePhantom(options))
    const predictor = await openRemotePredictor(await findModel(DEFAULT_MODEL), { backend: 'wasm' })
    const recording = {
      spec: predictor.spec,
      infer: async (input: Float32Array, rows: number, columns: number) => {
        slice = middleOf(input, rows, columns, side)
        return predictor.infer(input, rows, columns)
      },
    }
    try {
      await predictMaps(recording, series)
      reference = await predictor.infer(slice, side, side)
    } finally {
      predictor.close()
    }
  })

  it('has maps with something in them on wasm', () => {
    expect(reference).toHaveLength(side * side * 4)
    const sorted = Float32Array.from(reference).sort()
    expect(sorted[Math.floor(0.98 * sorted.length)] - sorted[0]).toBeGreaterThan(0.2)
  })

  for (const [backend, present, options] of others) {
    it.skipIf(!present)(
      `has the same maps on ${backend}, within ${SAME} of 0..1`,
      async () => {
        const predictor = await openRemotePredictor(await findModel(DEFAULT_MODEL), options)
        try {
          expect(differenceOf(await predictor.infer(slice, side, side), reference)).toBeLessThan(SAME)
        } finally {
          predictor.close()
        }
      },
      WITHIN_MS,
    )
  }
})

describe('a training step of the network', () => {
  const network = networkSchema.parse({ name: 'perfusion-unet', depth: 2, width: 4 })
  const shape: [number, number, number, number] = [2, 16, 16, 6]
  const input = Float32Array.from(numbers(2 * 16 * 16 * 6, 5))
  // A third of the pixels are unknown.
  const target = Float32Array.from(numbers(2 * 16 * 16 * 3, 6), (value, i) => (i % 3 ? Math.abs(value) : -1))

  async function step(options: ProcessOptions) {
    const child = await startTensorFlowProcess('probe', options)
    try {
      return await child.run(gradientsJob, { network, shape, outputs: 3, input, target })
    } finally {
      child.close()
    }
  }

  let reference: Awaited<ReturnType<typeof step>>
  beforeAll(async () => {
    reference = await step({ backend: 'wasm' })
  })

  it('has a gradient for the kernel, bias, scale and offset of every layer on wasm', () => {
    // Two convolutions a stage in 2 + 1 + 2 stages, each normalised; two on the way up; the last.
    expect(reference.gradients).toHaveLength(10 * 4 + 2 * 2 + 2)
    const dead = reference.gradients.filter(({ values }) => values.every((value) => value === 0))
    expect(dead.map(({ weight }) => weight)).toEqual([])
  })

  for (const [backend, present, options] of others) {
    it.skipIf(!present)(`has the same gradients of every layer on ${backend}`, async () => {
      const { loss, gradients } = await step(options)
      expect(Math.abs(loss - reference.loss)).toBeLessThan(1e-6)
      gradients.forEach(({ weight, values }, index) => {
        const expected = reference.gradients[index]
        expect(weight).toBe(expected.weight)
        const scale = Math.max(1e-3, ...expected.values.map(Math.abs))
        expect(differenceOf(values, expected.values) / scale, weight).toBeLessThan(1e-3)
      })
    })
  }
})
