import type { Batch } from '../networks'
import { mixSeeds, normalQuantiles, randomStream, uniform, type RandomStream } from '../phantom'
import type { CachedStudy, DatasetCache, TrainingSlice } from './cache'

/** What is changed at random in what a network learns from; fresh in every epoch. */
export interface Augmentation {
  /** Left and right exchanged in half of the cases. */
  mirror: boolean
  /** Every channel but the baseline times 1 ± this. */
  gain: number
  /** Largest standard deviation of noise added to every value. */
  noise: number
}

/** A slice of a study. */
export interface SliceChoice {
  study: CachedStudy
  slice: number
}

export function allSlices(studies: readonly CachedStudy[]): SliceChoice[] {
  return studies.flatMap((study) => Array.from({ length: study.slices }, (_, slice) => ({ study, slice })))
}

/** The order of an epoch: every slice once, shuffled by seed and epoch alone. */
export function epochOrder(slices: readonly SliceChoice[], seed: number, epoch: number): SliceChoice[] {
  const order = [...slices]
  const random = randomStream(mixSeeds(seed, 0x07de7, epoch))
  for (let i = order.length - 1; i > 0; i--) {
    const other = Math.floor((random() / 2 ** 32) * (i + 1))
    ;[order[i], order[other]] = [order[other], order[i]]
  }
  return order
}

/**
 * Reads slices into one batch of windows of `size`; each window's place, mirroring, gain and noise come from `random`.
 * A slice smaller than the window is surrounded by empty input and unknown targets.
 */
export async function windowBatch(
  data: DatasetCache,
  chosen: readonly SliceChoice[],
  [rows, columns]: readonly [number, number],
  augmentation: Augmentation,
  seeds: readonly number[],
): Promise<Batch> {
  const [channels, maps] = [data.input.timePoints, data.outputs.length]
  const batch: Batch = {
    images: chosen.length,
    rows,
    columns,
    input: new Float32Array(chosen.length * rows * columns * channels),
    target: new Float32Array(chosen.length * rows * columns * maps).fill(-1),
  }
  for (const [image, { study, slice }] of chosen.entries()) {
    const random = randomStream(mixSeeds(...seeds, image))
    const source = await data.read(study, slice)
    placeWindow(batch, image, source, random, augmentation, channels, maps)
  }
  return batch
}

function placeWindow(
  batch: Batch,
  image: number,
  source: TrainingSlice,
  random: RandomStream,
  augmentation: Augmentation,
  channels: number,
  maps: number,
): void {
  const { rows, columns } = batch
  const offset = (have: number, want: number): number => Math.round(uniform(random) * (have - want))
  const [top, left] = [offset(source.rows, rows), offset(source.columns, columns)]
  const mirrored = uniform(random) < 0.5 && augmentation.mirror
  const gain = 1 + augmentation.gain * uniform(random, -1, 1)
  const deviation = augmentation.noise * uniform(random)
  for (let row = 0; row < rows; row++) {
    const y = row + top
    if (y < 0 || y >= source.rows) continue
    for (let column = 0; column < columns; column++) {
      const x = (mirrored ? columns - 1 - column : column) + left
      if (x < 0 || x >= source.columns) continue
      const from = y * source.columns + x
      const to = (image * rows + row) * columns + column
      batch.input[to * channels] = source.input[from * channels]
      for (let t = 1; t < channels; t++) {
        batch.input[to * channels + t] = gain * source.input[from * channels + t]
      }
      for (let m = 0; m < maps; m++) batch.target[to * maps + m] = source.target[from * maps + m]
    }
  }
  if (deviation > 0) {
    const start = image * rows * columns * channels
    for (let i = start; i < start + rows * columns * channels; i++) {
      batch.input[i] += deviation * normalQuantiles[random() >>> 16]
    }
  }
}

/** One whole slice as a batch, surrounded up to multiples of the network's stride. */
export async function wholeSlice(data: DatasetCache, chosen: SliceChoice, stride: number): Promise<Batch> {
  const { study, slice } = chosen
  const source = await data.read(study, slice)
  const [channels, maps] = [data.input.timePoints, data.outputs.length]
  const [rows, columns] = [source.rows, source.columns].map((n) => Math.ceil(n / stride) * stride)
  const input = new Float32Array(rows * columns * channels)
  const target = new Float32Array(rows * columns * maps).fill(-1)
  for (let row = 0; row < source.rows; row++) {
    const from = row * source.columns
    const until = from + source.columns
    input.set(source.input.subarray(from * channels, until * channels), row * columns * channels)
    target.set(source.target.subarray(from * maps, until * maps), row * columns * maps)
  }
  return { images: 1, rows, columns, input, target }
}
