import {
  mapNames,
  tissueAtRiskSchema,
  type Geometry,
  type MapName,
  type ModelIdentity,
  type MotionReport,
  type QualityLine,
  type TissueAtRisk,
  type VascularInput,
  type Warning,
} from '@contract'
import { ranked } from '../compute/ranked'
import { mapDefinitions, type PerfusionMaps } from '../perfusion'
import { voxelVolume, type VolumeSeries } from '../volume'
import type { Judgement } from './judgement'
import { methodNames, NOT_FOR_DIAGNOSIS } from './words'

export interface MapSummary {
  label: string
  definition: string
  unit: string
  ucum: string
  file: string
  /** Over the voxels of the mask, in the unit; null where the mask is empty. */
  minimum: number | null
  maximum: number | null
  mean: number | null
  median: number | null
}

/** What `summary.json` says: all that is needed to understand the maps, and to make them again. */
export interface ExportSummary {
  series: {
    uid: string
    key: string
    studyUid: string
    modality: string
    kind: VolumeSeries['kind']
    description: string
    frames: number
    unit: string
  }
  /** Seconds from the first frame, [frame]: the mean over the slices. */
  times: number[]
  geometry: Geometry
  method: PerfusionMaps['method']
  methodName: string
  settings: PerfusionMaps['settings']
  /** κ/ρ in ml/g: (1 − Hct large) / (1 − Hct small) / density; in every CBV, and in CBF of the SVD methods. */
  kappaOverRho: number
  /** The network that made the maps; absent for a deconvolution. */
  model?: ModelIdentity
  aif: VascularInput
  vof: VascularInput | null
  baselineFrames: number
  /** Bolus arrival in the artery, s from the first frame: the origin of TTP. */
  arrival: number
  timeStep: number
  /** Where the head lay in every frame, and what was done; absent where motion was not looked for. */
  motion?: MotionReport
  maskVoxels: number
  maskVolumeMl: number
  maps: Record<MapName, MapSummary>
  units: Record<MapName, string>
  tissueAtRisk: TissueAtRisk
  quality: QualityLine[]
  warnings: Warning[]
  /** Seconds per stage. */
  timings: Record<string, number>
  version: string
  created: string
  notice: string
}

/** The summary of a result; `created` is when its files were written. */
export function summarise(
  series: VolumeSeries,
  result: PerfusionMaps,
  { assessment, quality }: Judgement,
  created: Date,
): ExportSummary {
  const definitions = mapDefinitions(result.method)
  const { settings, geometry, mask } = result
  const maskVoxels = mask.reduce((count, inside) => count + (inside ? 1 : 0), 0)
  const units = Object.fromEntries(mapNames.map((name) => [name, definitions[name].unit]))
  const maps = Object.fromEntries(
    mapNames.map((name): [MapName, MapSummary] => {
      const { label, definition, unit, ucum } = definitions[name]
      const values = statistics(result.maps[name], mask, maskVoxels)
      return [name, { label, definition, unit, ucum, file: `${name}.nii.gz`, ...values }]
    }),
  )
  return {
    series: {
      uid: series.source.seriesInstanceUid,
      key: series.key,
      studyUid: series.source.studyInstanceUid,
      modality: series.modality,
      kind: series.kind,
      description: series.description,
      frames: series.frames,
      unit: series.unit,
    },
    times: frameTimes(series),
    geometry,
    method: result.method,
    methodName: methodNames[result.method],
    settings,
    kappaOverRho: (1 - settings.hematocritLarge) / (1 - settings.hematocritSmall) / settings.brainDensity,
    ...(result.model ? { model: result.model } : {}),
    aif: result.aif,
    vof: result.vof,
    baselineFrames: result.baselineFrames,
    arrival: result.arrival,
    timeStep: result.timeStep,
    ...(result.motion ? { motion: result.motion } : {}),
    maskVoxels,
    maskVolumeMl: (maskVoxels * voxelVolume(geometry)) / 1000,
    maps: maps as Record<MapName, MapSummary>,
    units: units as Record<MapName, string>,
    tissueAtRisk: tissueAtRiskSchema.parse(assessment),
    quality,
    warnings: [...series.warnings.map((message) => ({ code: 'series', message })), ...result.warnings],
    timings: result.timings,
    version: __UMBRA_VERSION__,
    created: created.toISOString(),
    notice: NOT_FOR_DIAGNOSIS,
  }
}

function frameTimes(series: VolumeSeries): number[] {
  const slices = series.geometry.size[2]
  return Array.from({ length: series.frames }, (_, frame) => {
    let sum = 0
    for (let slice = 0; slice < slices; slice++) sum += series.times[frame * slices + slice]
    return sum / slices
  })
}

function statistics(
  map: Float32Array,
  mask: Uint8Array,
  count: number,
): Pick<MapSummary, 'minimum' | 'maximum' | 'mean' | 'median'> {
  if (count === 0) return { minimum: null, maximum: null, mean: null, median: null }
  const values = new Float32Array(count)
  let sum = 0
  let [minimum, maximum] = [Infinity, -Infinity]
  for (let i = 0, n = 0; i < map.length; i++) {
    if (!mask[i]) continue
    const value = map[i]
    values[n++] = value
    sum += value
    if (value < minimum) minimum = value
    if (value > maximum) maximum = value
  }
  const upper = ranked(values, count >> 1)
  const median = count % 2 ? upper : (ranked(values, (count >> 1) - 1) + upper) / 2
  return { minimum, maximum, mean: sum / count, median }
}
