import { perfusionSettingsSchema, type Geometry, type MapName, type VascularInput } from '@contract'
import type { PerfusionMaps } from '../../../src-main/engine/perfusion'
import type { VolumeSeries } from '../../../src-main/engine/volume'
import { sourceOf } from './fixtures'

/** A gamma-variate bolus (t − t0)^3 · exp(−(t − t0) / b), peak 1 at t0 + 3b. */
function bolus(time: number, start: number, b: number): number {
  const x = (time - start) / (3 * b)
  return x > 0 ? (x * Math.exp(1 - x)) ** 3 : 0
}

function vascular(
  voxels: VascularInput['voxels'],
  times: number[],
  start: number,
  height: number,
): VascularInput {
  const curve = times.map((time) => height * bolus(time, start, 1.5))
  const area = curve.reduce((sum, value) => sum + value, 0) * (times[1] - times[0])
  return {
    voxels,
    times,
    curve,
    scale: 1,
    quality: {
      grade: 'good',
      score: 0.86,
      peak: height,
      timeToPeak: start + 4.5,
      fullWidthHalfMaximum: 6.1,
      area,
      reasons: [],
    },
  }
}

/** A head-like ellipsoid on a grid, with a lesion on the patient's left, and vascular curves, written as formulas. */
export function headResult(geometry: Geometry): PerfusionMaps {
  const [nx, ny, nz] = geometry.size
  const length = nx * ny * nz
  const mask = new Uint8Array(length)
  const map = (): Float32Array => new Float32Array(length)
  const maps: Record<MapName, Float32Array> = {
    cbf: map(),
    cbv: map(),
    mtt: map(),
    ttp: map(),
    tmax: map(),
    delay: map(),
  }
  for (let z = 0, i = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, i++) {
        const [u, v] = [(2 * x) / (nx - 1) - 1, (2 * y) / (ny - 1) - 1]
        const radius = Math.hypot(u / 0.7, v / 0.85)
        if (radius > 1) continue
        mask[i] = 1
        const lesion = Math.exp(-((u - 0.35) ** 2 + v ** 2) / 0.04)
        const grey = 0.5 + 0.5 * Math.cos(6 * radius + z)
        maps.cbv[i] = (2 + 2 * grey) * (1 - 0.6 * lesion)
        maps.mtt[i] = 4 + 1.5 * (1 - grey) + 9 * lesion
        maps.cbf[i] = (60 * maps.cbv[i]) / maps.mtt[i]
        maps.delay[i] = 0.6 + 5 * lesion
        maps.tmax[i] = maps.delay[i] + maps.mtt[i] / 2
        maps.ttp[i] = 6 + maps.tmax[i]
      }
    }
  }
  const times = Array.from({ length: 60 }, (_, i) => i)
  const settings = perfusionSettingsSchema.parse({})
  return {
    geometry,
    method: settings.method,
    settings,
    maps,
    mask,
    aif: {
      ...vascular([[1, 2, 0]], times, 10, 210),
      scale: 1.4,
    },
    vof: vascular([[5, 5, 1]], times, 15, 290),
    baselineFrames: 8,
    arrival: 10.3,
    timeStep: 1,
    warnings: [],
    timings: { read: 0.1, fit: 0.4 },
  }
}

/** The series such a result comes from; its voxels are one constant, which no export reads. */
export function headSeries(geometry: Geometry, frames = 30): VolumeSeries {
  const [nx, ny, nz] = geometry.size
  const times = new Float64Array(frames * nz)
  for (let frame = 0; frame < frames; frame++) {
    for (let slice = 0; slice < nz; slice++) times[frame * nz + slice] = frame * 2 + slice * 0.1
  }
  return {
    key: 'series-1',
    kind: 'ct-perfusion',
    modality: 'CT',
    description: 'CTP 5.0',
    geometry,
    frames,
    voxels: new Int16Array(nx * ny * nz * frames).fill(40),
    slope: 1,
    intercept: 0,
    unit: 'HU',
    times,
    echoTime: null,
    window: null,
    source: sourceOf(geometry),
    warnings: [],
  }
}
