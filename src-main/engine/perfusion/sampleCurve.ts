import { UmbraError, type CurveSample, type Vec3 } from '@contract'
import { echoTimeOf, type VolumeSeries } from '../volume'
import { ARTERIAL_REACH, bolusOnly, tabulateArterial, type ArterialFunction } from './arterialFunction'
import { BOX_DELAY, BOX_FLOW, BOX_TRANSIT, createBoxFitter } from './boxFit'
import { boxModel, createBoxModel } from './boxModel'
import type { PerfusionMaps } from './compute'
import { toEnhancement } from './enhancement'
import { fitGammaVariate } from './gammaVariate'
import { boxLimits, residueDeconvolution } from './job'
import { multiply, transpose } from './matrices'
import { chooseComponents, componentCounts } from './oscillation'
import { splineMatrix } from './spline'

/** Fits one enhancement curve sampled at `times` by the method of a set of maps. */
interface CurveFitter {
  fittedTimes: Float64Array
  fit(enhancement: Float64Array, times: Float64Array): Float64Array
}

const fitters = new WeakMap<PerfusionMaps, CurveFitter>()

/**
 * The mean time curve over voxels ([x, y, z] indices) of a series, in its unit, at the mean of their slices' real
 * acquisition times. With maps also the curve their method fits to this mean, as enhancement: for the box regression
 * the box model, for the SVD methods the arterial input re-convolved with the deconvolved residue. Throws
 * `voxel-outside`.
 */
export function sampleCurve(
  series: VolumeSeries,
  voxels: readonly Vec3[],
  maps: PerfusionMaps | null,
): CurveSample {
  const { geometry, frames, slope, intercept, voxels: stored } = series
  const [nx, ny, nz] = geometry.size
  const volume = nx * ny * nz
  const times = new Float64Array(frames)
  const mean = new Float64Array(frames)
  const squares = new Float64Array(frames)
  for (const voxel of voxels) {
    if (voxel.some((v, axis) => !Number.isInteger(v) || v < 0 || v >= geometry.size[axis])) {
      throw new UmbraError({
        code: 'voxel-outside',
        message: `The voxel ${voxel.join(', ')} is outside the series, whose size is ${nx} × ${ny} × ${nz}.`,
        hint: 'Voxels are column, row, slice, counted from 0.',
      })
    }
    const [x, y, z] = voxel
    for (let frame = 0, at = (z * ny + y) * nx + x; frame < frames; frame++, at += volume) {
      const value = stored[at] * slope + intercept
      mean[frame] += value
      squares[frame] += value * value
      times[frame] += series.times[frame * nz + z]
    }
  }
  const count = voxels.length
  const deviation = squares.map((sum, frame) =>
    Math.sqrt(Math.max(0, sum / count - (mean[frame] / count) ** 2)),
  )
  for (let frame = 0; frame < frames; frame++) {
    mean[frame] /= count
    times[frame] /= count
  }
  const enhancement = Float64Array.from(mean)
  const baselineFrames = maps?.baselineFrames ?? 1
  const baseline = toEnhancement(enhancement, 0, frames, baselineFrames, echoTimeOf(series))
  const fitter = maps === null ? null : fitterOf(maps)
  return {
    times: Array.from(times),
    values: Array.from(mean),
    deviation: count > 1 ? Array.from(deviation) : new Array<number>(frames).fill(0),
    voxels: count,
    fitted: fitter === null ? null : Array.from(fitter.fit(enhancement, times)),
    fittedTimes: fitter === null ? null : Array.from(fitter.fittedTimes),
    baseline,
  }
}

function fitterOf(maps: PerfusionMaps): CurveFitter {
  const known = fitters.get(maps)
  if (known !== undefined) return known
  const fitter = maps.method === 'bennink' ? boxCurveFitter(maps) : residueCurveFitter(maps)
  fitters.set(maps, fitter)
  return fitter
}

function boxCurveFitter(maps: PerfusionMaps): CurveFitter {
  const arterial = arterialOf(maps)
  const { times } = maps.aif
  const end = times[times.length - 1]
  const step = Math.min(maps.timeStep, 0.5)
  const fittedTimes = Float64Array.from({ length: Math.floor(end / step + 1e-6) + 1 }, (_, i) => i * step)
  const model = createBoxModel(arterial, fittedTimes, false)
  const result = new Float64Array(4)
  return {
    fittedTimes,
    fit: (enhancement, at) => {
      createBoxFitter(arterial, at, boxLimits(end), maps.settings.smoothInTime).fit(enhancement, result)
      boxModel(model, result[BOX_DELAY], Math.max(result[BOX_TRANSIT], 1e-3))
      return model.shape.map((value) => value * result[BOX_FLOW])
    },
  }
}

function residueCurveFitter(maps: PerfusionMaps): CurveFitter {
  const grid = Float64Array.from(maps.aif.times)
  const { inverse, judged, oscillationLimit } = residueDeconvolution(
    arterialOf(maps),
    grid,
    maps.timeStep,
    maps.settings,
  )
  const { rank, fitted, fittedSamples, fittedStep } = inverse
  return {
    fittedTimes: Float64Array.from({ length: fittedSamples }, (_, i) => grid[0] + i * fittedStep),
    fit: (enhancement, at) => {
      const onGrid = multiply(splineMatrix(at, grid), enhancement, grid.length, at.length, 1)
      const coordinates = multiply(inverse.input, onGrid, rank, grid.length, 1)
      if (judged !== null) {
        const output = transpose(judged.output, judged.residueSamples, rank)
        const scratch = new Float64Array(judged.residueSamples)
        const counts = componentCounts(judged)
        coordinates.fill(
          0,
          chooseComponents(judged, output, counts, coordinates, 0, oscillationLimit, scratch),
        )
      }
      return multiply(fitted, coordinates, fittedSamples, rank, 1)
    },
  }
}

function arterialOf({ aif, arrival }: PerfusionMaps): ArterialFunction {
  const { times, curve, scale } = aif
  const variate = fitGammaVariate(times, curve)
  const continuous = tabulateArterial([{ times, values: curve, weight: 1 }], ARTERIAL_REACH, variate)
  return bolusOnly(continuous, arrival, scale)
}
