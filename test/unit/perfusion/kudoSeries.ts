import type { VolumeSeries } from '../../../src-main/engine/volume'
import {
  KUDO_DELAYS,
  KUDO_TRANSITS,
  gammaVariate,
  gaussianNoise,
  tissueCurve,
  type ResidueShape,
} from './kudo'

export interface TileOptions {
  shape?: ResidueShape
  /** ml/100 g, a slice each. */
  volumes?: number[]
  /** Seconds, [frame]; the same for every slice unless `sliceTime` adds to it. */
  times?: number[]
  sliceTime?: (slice: number, frame: number) => number
  /** HU */
  noise?: number
  /** Arterial block's height relative to the true input, as partial volume makes it. */
  arterialShare?: number
  tile?: number
  background?: number
  earliestBolus?: number
}

export interface TileSeries {
  series: VolumeSeries
  /** [voxel]; truth.cbv is 0 outside the tiles and at tile edges. */
  truth: { cbv: Float32Array; cbf: Float32Array; mtt: Float32Array; delay: Float32Array }
}

export const PEAK_HU = 455

/**
 * The tile phantom as a series in memory: columns of MTT, rows of delay, a CBV a slice, in slice 0 also an arterial
 * block (8 × 8) and a venous one (12 × 12, the same area, 4 s later and broader).
 */
export function tileSeries(options: TileOptions = {}): TileSeries {
  const {
    shape = 'box',
    volumes = [2, 4, 5],
    times = Array.from({ length: 30 }, (_, i) => 2 * i),
    sliceTime = () => 0,
    noise = 0,
    arterialShare = 1,
    tile = 8,
    background = -1000,
    earliestBolus = 12,
  } = options
  const margin = 24
  const nx = 7 * tile + 2 * margin
  const nz = volumes.length
  const area = nx * nx
  const frames = times.length
  const voxels = new Float32Array(new SharedArrayBuffer(4 * area * nz * frames)).fill(background)
  const allTimes = new Float64Array(frames * nz)
  const zeros = (): Float32Array => new Float32Array(area * nz)
  const truth = { cbv: zeros(), cbf: zeros(), mtt: zeros(), delay: zeros() }
  const random = gaussianNoise(7)
  const artery = (t: number): number => PEAK_HU * gammaVariate(t, earliestBolus)
  volumes.forEach((cbv, slice) => {
    const at = times.map((time, frame) => time + sliceTime(slice, frame))
    at.forEach((time, frame) => (allTimes[frame * nz + slice] = time))
    const paint = (x0: number, y0: number, width: number, level: number, curve: ArrayLike<number>): void => {
      for (let y = y0; y < y0 + width; y++) {
        for (let x = x0; x < x0 + width; x++) {
          for (let frame = 0; frame < frames; frame++) {
            voxels[(frame * nz + slice) * area + y * nx + x] = level + curve[frame] + noise * random()
          }
        }
      }
    }
    KUDO_TRANSITS.forEach((mtt, column) =>
      KUDO_DELAYS.forEach((delay, row) => {
        const x0 = margin + column * tile
        const y0 = margin + row * tile
        paint(x0, y0, tile, 35, tissueCurve(artery, shape, { cbv, mtt, delay }, at))
        for (let y = y0 + 1; y < y0 + tile - 1; y++) {
          for (let x = x0 + 1; x < x0 + tile - 1; x++) {
            const voxel = slice * area + y * nx + x
            truth.cbv[voxel] = cbv
            truth.cbf[voxel] = (60 * cbv) / mtt
            truth.mtt[voxel] = mtt
            truth.delay[voxel] = delay
          }
        }
      }),
    )
    if (slice === 0) {
      paint(
        4,
        4,
        8,
        40,
        at.map((time) => arterialShare * artery(time)),
      )
      const venous = at.map(
        (time) => 0.5 * artery(time - 3.5) + 0.3 * artery(time - 5) + 0.2 * artery(time - 7),
      )
      paint(nx - 18, 4, 12, 40, venous)
    }
  })
  const unit = (i: number): [number, number, number] =>
    [0, 1, 2].map((k) => (k === i ? 1 : 0)) as [number, number, number]
  const series: VolumeSeries = {
    key: 'tiles',
    kind: 'ct-perfusion',
    modality: 'CT',
    description: 'tile phantom',
    geometry: {
      size: [nx, nx, nz],
      spacing: [0.5, 0.5, 5],
      origin: [0, 0, 0],
      direction: [unit(0), unit(1), unit(2)],
      frameOfReference: '1.2.3',
    },
    frames,
    voxels,
    slope: 1,
    intercept: 0,
    unit: 'HU',
    times: allTimes,
    echoTime: null,
    window: null,
    source: {
      studyInstanceUid: '1.2',
      seriesInstanceUid: '1.2.3',
      frameOfReference: '1.2.3',
      patientId: '',
      patientName: '',
      patientBirthDate: '',
      patientSex: '',
      studyDate: '',
      studyTime: '',
      studyId: '',
      studyDescription: '',
      accessionNumber: '',
      referringPhysician: '',
      seriesDescription: '',
      instances: [],
    },
    warnings: [],
  }
  return { series, truth }
}
