import { spawnSync } from 'node:child_process'
import { perfusionSettingsSchema, type MapName } from '../../src-main/contract'
import { openPool } from '../../src-main/engine/compute/pool'
import { computePerfusion } from '../../src-main/engine/perfusion'
import {
  ARTERIAL_REACH,
  tabulateArterial,
  type ArterialFunction,
} from '../../src-main/engine/perfusion/arterialFunction'
import { LANES, createVectorUnit } from '../../src-main/engine/compute/vectorUnit'
import { createBoxFitter } from '../../src-main/engine/perfusion/boxFit'
import { deconvolveRows } from '../../src-main/engine/perfusion/deconvolution'
import { findInputs } from '../../src-main/engine/perfusion/inputs'
import { boxLimits, prepareDeconvolution, residueDeconvolution } from '../../src-main/engine/perfusion/job'
import { finishMask } from '../../src-main/engine/perfusion/maskSelection'
import { residueMaps } from '../../src-main/engine/perfusion/residueMaps'
import { areaWeights } from '../../src-main/engine/perfusion/volumeWeights'
import { surveySeries } from '../../src-main/engine/perfusion/surveySeries'
import { makePhantom, phantomOptions, phantomSeries } from '../../src-main/engine/phantom'
import type { VolumeSeries } from '../../src-main/engine/volume'
import { gammaVariate, gaussianNoise, tissueCurve } from '../unit/perfusion/kudo'
import type { BenchRow } from './row'

const FRAMES = 89
const STEP = 0.5
const VOXELS = 16_384
const SIDE = 512
const SLICES = 8
const REPEATS = 5

const times = Float64Array.from({ length: FRAMES }, (_, i) => i * STEP)

function artery(t: number): number {
  return 400 * gammaVariate(t, 8)
}

function arterialFunction(): ArterialFunction {
  return tabulateArterial([{ times, values: times.map(artery), weight: 1 }], ARTERIAL_REACH)
}

/** [voxel × frame] enhancement of healthy and ischaemic tissue with 3 HU of noise. */
function noisyCurves(): Float64Array {
  const shapes = [2, 3, 4, 6, 8, 12].flatMap((mtt) =>
    [0, 1.3, 3.7].map((delay) => tissueCurve(artery, 'box', { cbv: 3, mtt, delay }, times)),
  )
  const random = gaussianNoise(11)
  const curves = new Float64Array(VOXELS * FRAMES)
  for (let i = 0; i < curves.length; i++) {
    curves[i] = shapes[Math.floor(i / FRAMES) % shapes.length][i % FRAMES] + 3 * random()
  }
  return curves
}

/** Processor time, so that what else runs on the machine does not count. */
function fastestSeconds(work: () => void): number {
  let fastest = Infinity
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    fastest = Math.min(fastest, user + system)
  }
  return fastest / 1e6
}

/** All six maps by cSVD from enhancement curves, [block × frame × LANES], on one core; ns a voxel. */
function circulantNanoseconds(curves: Float64Array): number {
  const arterial = arterialFunction()
  const settings = perfusionSettingsSchema.parse({ method: 'csvd' })
  const deconvolution = residueDeconvolution(arterial, times, STEP, settings)
  const unit = createVectorUnit()
  const columns = unit.reserve(FRAMES * LANES)
  const bloodVolume = areaWeights(arterial, times)
  const analysis = {
    ...deconvolution,
    times,
    bloodVolume,
    arrival: 8,
    tissueFactor: 69.84,
    baselineFrames: 8,
  }
  const fit = residueMaps(unit, analysis, columns, null)
  const names: MapName[] = ['cbf', 'cbv', 'mtt', 'ttp', 'tmax', 'delay']
  const maps = Object.fromEntries(names.map((name) => [name, new Float32Array(VOXELS)])) as Record<
    MapName,
    Float32Array
  >
  const voxels = Int32Array.from({ length: VOXELS }, (_, i) => i)
  const planar = Float32Array.from({ length: curves.length }, (_, i) => {
    const block = Math.floor(i / (FRAMES * LANES))
    return curves[(block * LANES + (i % LANES)) * FRAMES + (Math.floor(i / LANES) % FRAMES)]
  })
  const input = columns.floats
  const seconds = fastestSeconds(() => {
    for (let from = 0; from < VOXELS; from += LANES) {
      input.set(planar.subarray(from * FRAMES, (from + LANES) * FRAMES))
      fit(voxels.subarray(from, from + LANES), maps)
    }
  })
  return (seconds / VOXELS) * 1e9
}

/**
 * The product of a [2N × N] inverse with [N × voxel] curves in numpy on one thread, ns a voxel; null without numpy. Our
 * own kernels compute in float32, numpy by habit in float64: both are measured.
 */
export function numpyNanoseconds(type: 'float64' | 'float32'): number | null {
  const program = `
import time, numpy as np
n, voxels = ${FRAMES}, ${VOXELS}
inverse, curves = (np.random.rand(*shape).astype(np.${type}) for shape in ((2 * n, n), (n, voxels)))
best = 1e9
for _ in range(${REPEATS}):
    start = time.process_time(); inverse @ curves; best = min(best, time.process_time() - start)
print(best / voxels * 1e9)`
  const one = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' }
  const { status, stdout } = spawnSync('python3', ['-c', program], {
    encoding: 'utf8',
    env: { ...process.env, ...one },
  })
  return status === 0 ? Number(stdout) : null
}

/** The box regression on one core, µs a voxel. */
function boxMicroseconds(curves: Float64Array): number {
  const end = times[FRAMES - 1]
  const fitter = createBoxFitter(arterialFunction(), times, boxLimits(end), true)
  const result = new Float64Array(4)
  const seconds = fastestSeconds(() => {
    for (let voxel = 0; voxel < VOXELS; voxel++) {
      fitter.fit(curves.subarray(voxel * FRAMES, (voxel + 1) * FRAMES), result)
    }
  })
  return (seconds / VOXELS) * 1e6
}

/** The cores of the goal. */
const CORES = 2

/**
 * The stage that fits a series by cSVD (reading its curves, averaging similar neighbours, deconvolution) in processor
 * time, divided by the goal's two cores; ns a masked voxel.
 */
async function fittingNanoseconds(series: VolumeSeries): Promise<number> {
  const settings = perfusionSettingsSchema.parse({ method: 'csvd' })
  const pool = openPool('perfusion')
  const survey = await surveySeries(pool, series, settings, {})
  await pool.close()
  const inputs = findInputs(survey, settings)
  const job = prepareDeconvolution(survey, inputs, finishMask(survey, inputs), settings)
  let voxels = 0
  const seconds = fastestSeconds(() => {
    voxels = 0
    for (let slice = 0; slice < SLICES; slice++) {
      const times = survey.timing.slices[slice]
      for (let row = 0; row < SIDE; row += 128) {
        voxels += deconvolveRows(job, slice, times, survey.baselineFrames[slice], row, row + 128)
      }
    }
  })
  return (seconds / voxels / CORES) * 1e9
}

/** Maps of the series in memory, all cores, s. */
async function jobSeconds(series: VolumeSeries, method: 'bennink' | 'csvd'): Promise<number> {
  const start = performance.now()
  await computePerfusion(series, perfusionSettingsSchema.parse({ method }))
  return (performance.now() - start) / 1000
}

/** Computing maps: the two kernels on one core, and whole jobs. */
export async function benchPerfusion(): Promise<BenchRow[]> {
  const curves = noisyCurves()
  const size = `${FRAMES}×${SLICES}×${SIDE}×${SIDE}`
  const kernel = circulantNanoseconds(curves)
  const box = boxMicroseconds(curves)
  const numpy = numpyNanoseconds('float64')
  const single = numpyNanoseconds('float32')
  const phantom = await makePhantom(
    phantomOptions({ kind: 'head', size: SIDE, slices: SLICES, volumes: FRAMES, interval: STEP }),
  )
  const series = await phantomSeries(phantom)
  const fitting = await fittingNanoseconds(series)
  const againstProduct = (name: string, ours: number, peer: number | null, type: string): BenchRow => ({
    name,
    ours,
    peer,
    peerName: peer === null ? null : `numpy’s matrix product alone, ${type}`,
    limit: peer === null || type === 'float32' ? null : 2,
  })
  const limited = (name: string, ours: number, limit: number): BenchRow => ({
    ...{ name, ours, limit, peer: null, peerName: null },
  })
  return [
    againstProduct('maps by cSVD from curves, one core, ns/voxel', kernel, numpy, 'float64'),
    againstProduct('maps by cSVD from curves, one core, ns/voxel', kernel, single, 'float32'),
    againstProduct(`fitting ${size} by cSVD, two cores, ns/voxel`, fitting, numpy, 'float64'),
    limited('box regression on one core, µs/voxel', box, 25),
    limited(`maps of ${size} by box regression, s`, await jobSeconds(series, 'bennink'), 60),
    limited(`maps of ${size} by cSVD, s`, await jobSeconds(series, 'csvd'), 60),
  ]
}
