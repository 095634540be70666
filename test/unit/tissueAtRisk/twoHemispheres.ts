import { perfusionSettingsSchema, type Geometry, type MapName, type VascularInput } from '@contract'
import type { PerfusionMaps } from '../../../src-main/engine/perfusion'

/** Voxels of 2 × 2 × 5 mm: 0.02 ml. */
export const grid: Geometry = {
  size: [90, 100, 6],
  spacing: [2, 2, 5],
  origin: [-89, -99, 0],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  frameOfReference: '1.2.3',
}
export const VOXEL_ML = 0.02

export type Values = Partial<Record<MapName, number>>
const healthy: Record<MapName, number> = { cbf: 50, cbv: 4, mtt: 4.8, ttp: 8, tmax: 2.4, delay: 0.5 }

/** A block of voxels: from (included), to (excluded). */
export interface Block {
  from: [number, number, number]
  to: [number, number, number]
  values: Values
}

export const voxelsOf = ({ from, to }: Block): number =>
  (to[0] - from[0]) * (to[1] - from[1]) * (to[2] - from[2])

const noVessel: VascularInput = {
  voxels: [],
  times: [0],
  curve: [0],
  scale: 1,
  quality: { grade: 'good', score: 1, peak: 0, timeToPeak: 0, fullWidthHalfMaximum: 0, area: 0, reasons: [] },
}

/** A gamma variate and its second pass, every second from 0 to 59 s, as wide at half its height as asked, s. */
export function arteryOf(fullWidthHalfMaximum: number): VascularInput {
  const beta = fullWidthHalfMaximum / 4.13
  const pass = (t: number, arrival: number, slope: number): number =>
    t <= arrival ? 0 : ((t - arrival) / (3 * slope)) ** 3 * Math.exp(3 - (t - arrival) / slope)
  const times = Array.from({ length: 60 }, (_, i) => i)
  const curve = times.map((t) => 400 * (pass(t, 8, beta) + 0.07 * pass(t, 19, 3 * beta)))
  return {
    ...noVessel,
    voxels: [[45, 20, 3]],
    times,
    curve,
    quality: { ...noVessel.quality, peak: 400, timeToPeak: 8 + 3 * beta, fullWidthHalfMaximum },
  }
}

/**
 * An elliptic brain of one healthy tissue, its middle at x = 0 (columns 0–44 lie on the patient's right), with blocks of
 * other values; later blocks lie over earlier ones.
 */
export function brainWith(...blocks: Block[]): PerfusionMaps {
  const [nx, ny, nz] = grid.size
  const mask = new Uint8Array(nx * ny * nz)
  const names = Object.keys(healthy) as MapName[]
  const maps = Object.fromEntries(names.map((name) => [name, new Float32Array(mask.length)])) as Record<
    MapName,
    Float32Array
  >
  for (let z = 0, i = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, i++) {
        if (Math.hypot((x - 44.5) / 36, (y - 49.5) / 44) > 1) continue
        mask[i] = 1
        for (const name of names) maps[name][i] = healthy[name]
        for (const { from, to, values } of blocks) {
          const inside = [x, y, z].every((place, axis) => place >= from[axis] && place < to[axis])
          if (inside) for (const name of names) maps[name][i] = values[name] ?? maps[name][i]
        }
      }
    }
  }
  const settings = perfusionSettingsSchema.parse({})
  return {
    geometry: grid,
    method: settings.method,
    settings,
    maps,
    mask,
    aif: noVessel,
    vof: null,
    baselineFrames: 8,
    arrival: 8,
    timeStep: 1,
    warnings: [],
    timings: {},
  }
}
