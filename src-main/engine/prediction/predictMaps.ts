import {
  mapNames,
  perfusionSettingsSchema,
  UmbraError,
  type MapName,
  type PerfusionSettings,
  type Warning,
} from '@contract'
import { nextTurn, partOfRun, unlessCancelled, type Run } from '../compute/run'
import {
  lineWeights,
  networkStride,
  prepareSeries,
  refuseNotNumbers,
  resampleImage,
  type LineWeights,
  type ModelSpec,
  type PreparedSeries,
} from '../networks'
import { surveyContrast, type PerfusionMaps } from '../perfusion'
import type { VolumeSeries } from '../volume'
import { inOwnTime, learnedTime, type LearnedTime } from './learnedTime'
import { judgePlausibility, judgeWindow } from './plausibility'

/** A network wherever it computes: in this process, or in one of its own. */
export interface Predictor {
  spec: ModelSpec
  /** Maps in 0..1 [row × column × map] of one prepared slice [row × column × time point]. */
  infer(input: Float32Array, rows: number, columns: number): Promise<Float32Array>
}

/** Of the head, beyond the brain, that the network still sees, mm; as in training. */
const MARGIN = 8
/** ml/100 g/min below which a transit time means nothing. */
const LEAST_FLOW = 0.5
const LONGEST_TRANSIT = 45
/** Slices given to the network at once: while it computes one, the next is prepared and sent. */
const IN_FLIGHT = 2

/**
 * Maps of a CT perfusion series by a network: brain, bolus arrival and the size of the injection are found, every slice
 * is put on the network's grid and predicted, and the maps come back on the series' own grid in their units, 0 outside
 * the mask. What the network does not predict follows from what it does (MTT from CBV and CBF, the delay from Tmax and
 * MTT); what cannot follow is 0 and named in a warning. The arterial input is looked for only to be shown.
 *
 * Throws `wrong-modality`, `nan-in-data`, `no-brain`, `too-few-time-points`, `no-acquisition-times`, `no-contrast`,
 * `network-shape`, `prediction-not-finite`.
 */
export async function predictMaps(
  predictor: Predictor,
  series: VolumeSeries,
  settings: PerfusionSettings = perfusionSettingsSchema.parse({}),
  run: Run = {},
): Promise<PerfusionMaps> {
  const { spec } = predictor
  const started = performance.now()
  refuseOtherModality(series)
  refuseNotNumbers(series)
  const survey = await surveyContrast(series, settings, partOfRun(run, 0, 0.3))
  const surveyed = performance.now()
  const time = learnedTime(survey, spec.input)
  const prepared = prepareSeries(series, time.survey, spec.input)
  const maps = await predictSlices(predictor, series, time, prepared, partOfRun(run, 0.3, 1))
  const warnings = [
    ...survey.warnings,
    ...time.warnings,
    ...shortScan(time, spec),
    ...judgeWindow(series, survey.mask, spec),
    ...judgePlausibility(maps, survey.mask, spec),
    ...completeMaps(maps, spec),
  ]
  return {
    geometry: series.geometry,
    method: 'cnn',
    settings,
    model: { name: spec.name, weightsSha256: spec.weightsSha256 },
    maps,
    mask: survey.mask,
    aif: survey.aif,
    vof: survey.vof,
    baselineFrames: Math.min(...survey.baselineFrames),
    arrival: survey.arrival,
    timeStep: survey.timeStep,
    warnings,
    timings: { survey: (surveyed - started) / 1000, network: (performance.now() - surveyed) / 1000 },
  }
}

function refuseOtherModality(series: VolumeSeries): void {
  if (series.kind === 'ct-perfusion') return
  throw new UmbraError({
    code: 'wrong-modality',
    message: `The networks are for CT perfusion; this series is ${series.modality}.`,
    hint: 'Use a deconvolution for DSC-MRI.',
  })
}

interface Window {
  row: number
  column: number
  rows: number
  columns: number
}

async function predictSlices(
  { spec, infer }: Predictor,
  series: VolumeSeries,
  time: LearnedTime,
  prepared: PreparedSeries,
  run: Run,
): Promise<Record<MapName, Float32Array>> {
  const [nx, ny, nz] = series.geometry.size
  const area = nx * ny
  const maps = Object.fromEntries(
    mapNames.map((name) => [name, new Float32Array(new SharedArrayBuffer(4 * area * nz))]),
  ) as Record<MapName, Float32Array>
  const { rows, columns } = prepared
  const margin = Math.round(MARGIN / (spec.input.spacing ?? series.geometry.spacing[0]))
  const window = brainWindow(time.survey.mask, [nx, ny, nz], prepared, margin, spec)
  const [across, down] = [lineWeights(columns, nx), lineWeights(rows, ny)]
  const insideOf = (slice: number): Uint8Array => time.survey.mask.subarray(slice * area, (slice + 1) * area)
  const slices = Array.from({ length: nz }, (_, slice) => slice).filter((slice) =>
    insideOf(slice).includes(1),
  )
  const inFlight: Promise<Float32Array>[] = []
  for (const [done, slice] of slices.entries()) {
    run.onProgress?.(done / slices.length, 'Predicting the maps')
    for (const ahead of slices.slice(done + inFlight.length, done + IN_FLIGHT)) {
      await nextTurn(run)
      const input = cut(prepared.slice(ahead), prepared, window)
      const predicted = infer(input, window.rows, window.columns)
      // A failure is thrown where the slice is waited for.
      predicted.catch(() => undefined)
      inFlight.push(predicted)
    }
    const output = await unlessCancelled(run, inFlight.shift() ?? Promise.resolve(new Float32Array(0)))
    const inside = insideOf(slice)
    spec.outputs.forEach(({ map, scale }, channel) => {
      const plane = placed(output, channel, spec.outputs.length, prepared, window, across, down)
      const into = maps[map].subarray(slice * area, (slice + 1) * area)
      const own = inOwnTime(map, time)
      for (let i = 0; i < area; i++) if (inside[i]) into[i] = own(plane[i] * scale)
    })
  }
  return maps
}

/**
 * The window of the network's grid that holds the brain of all slices: a multiple of the stride, or of the only size that
 * the network takes. It may overhang. Throws `network-shape` where the brain is larger than that size.
 */
function brainWindow(
  mask: Uint8Array,
  [nx, ny]: readonly [number, number, number],
  { rows, columns }: PreparedSeries,
  margin: number,
  { network, size }: ModelSpec,
): Window {
  const stride = networkStride(network)
  let [left, right, top, bottom] = [nx, -1, ny, -1]
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue
    const [x, y] = [i % nx, Math.floor(i / nx) % ny]
    if (x < left) left = x
    if (x > right) right = x
    if (y < top) top = y
    if (y > bottom) bottom = y
  }
  const span = (
    low: number,
    high: number,
    from: number,
    to: number,
    fixed: number | undefined,
  ): [start: number, length: number] => {
    const [first, last] = [Math.floor((low * to) / from), Math.ceil(((high + 1) * to) / from)]
    const start = Math.max(0, first - margin)
    const end = Math.min(to, last + margin)
    if (fixed === undefined) return [start, Math.ceil(Math.max(1, end - start) / stride) * stride]
    if (last - first > fixed) throw tooSmall(last - first, fixed)
    const centred = Math.round((start + end - fixed) / 2)
    return [Math.max(0, Math.min(centred, to - fixed)), fixed]
  }
  const [column, width] = span(left, right, nx, columns, size?.[1])
  const [row, height] = span(top, bottom, ny, rows, size?.[0])
  return { row, column, rows: height, columns: width }
}

function tooSmall(brain: number, fixed: number): UmbraError {
  return new UmbraError({
    code: 'network-shape',
    message: `The brain is ${brain} pixels long on the network's grid; the network takes ${fixed}.`,
    hint: 'Use a network that takes images of any size, or one for larger images.',
  })
}

/** The window's part of a prepared slice; what overhangs is empty. */
function cut(
  slice: Float32Array,
  { rows, columns, timePoints }: PreparedSeries,
  window: Window,
): Float32Array {
  const input = new Float32Array(window.rows * window.columns * timePoints)
  const width = Math.min(window.columns, columns - window.column)
  for (let row = 0; row < Math.min(window.rows, rows - window.row); row++) {
    const from = ((window.row + row) * columns + window.column) * timePoints
    input.set(slice.subarray(from, from + width * timePoints), row * window.columns * timePoints)
  }
  return input
}

/** One map of the window, put back into the whole plane, on the series' grid. */
function placed(
  output: Float32Array,
  channel: number,
  channels: number,
  { rows, columns }: PreparedSeries,
  window: Window,
  across: LineWeights,
  down: LineWeights,
): Float32Array {
  const plane = new Float32Array(rows * columns)
  const width = Math.min(window.columns, columns - window.column)
  for (let row = 0; row < Math.min(window.rows, rows - window.row); row++) {
    const to = (window.row + row) * columns + window.column
    for (let column = 0; column < width; column++) {
      plane[to + column] = output[(row * window.columns + column) * channels + channel]
    }
  }
  return resampleImage(plane, across, down)
}

/** Fills the maps that follow from predicted ones; warns of those that do not. */
function completeMaps(maps: Record<MapName, Float32Array>, { outputs }: ModelSpec): Warning[] {
  const known = new Set<MapName>(outputs.map(({ map }) => map))
  if (!known.has('mtt') && known.has('cbv') && known.has('cbf')) {
    maps.mtt = maps.cbv.map((cbv, i) =>
      cbv > 0 ? Math.min((60 * cbv) / Math.max(maps.cbf[i], LEAST_FLOW), LONGEST_TRANSIT) : 0,
    )
    known.add('mtt')
  }
  if (!known.has('delay') && known.has('tmax') && known.has('mtt')) {
    maps.delay = maps.tmax.map((tmax, i) => Math.max(0, tmax - maps.mtt[i] / 2))
    known.add('delay')
  }
  const missing = mapNames.filter((name) => !known.has(name))
  if (missing.length === 0) return []
  return [
    {
      code: 'maps-not-predicted',
      message: `The network does not predict ${missing.map((name) => name.toUpperCase()).join(', ')}; there these maps are 0.`,
      hint: 'Use a network with these maps, or a deconvolution.',
    },
  ]
}

/** The network sees the end of the scan held where its own time goes on. */
function shortScan({ survey, stretch }: LearnedTime, { input }: ModelSpec): Warning[] {
  const { times, arrival } = survey
  const samples = input.timePoints - (input.values === 'enhancement' ? 1 : 0)
  const start = input.origin === 'arrival' ? arrival - input.lead : 0
  const until = start + (samples - 1) * input.interval
  const end = Math.min(...times.map((slice) => slice[slice.length - 1]))
  const missing = until - end
  if (missing <= 0.2 * (until - start)) return []
  return [
    {
      code: 'network-scan-short',
      message: `The scan ends ${(missing * stretch).toFixed(0)} s before the network's last time point.`,
      hint: 'Late-filling tissue is judged with less; compare with a deconvolution.',
    },
  ]
}
