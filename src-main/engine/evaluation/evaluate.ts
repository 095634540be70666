import {
  mapsMethods,
  perfusionSettingsSchema,
  UmbraError,
  type MapAgreement,
  type MapName,
  type MapsMethod,
} from '@contract'
import { compareMaps } from '../agreement'
import { partOfRun, stopIfCancelled, type Run } from '../compute/run'
import { bilateralFilter } from '../networks'
import { computePerfusion, type PerfusionMaps } from '../perfusion'
import { lesionLabels, makePhantom, phantomSeries, phantomTruth, type PhantomOptions } from '../phantom'
import { predictMaps, type Predictor } from '../prediction'
import { cohortPhantom, cohortRangesSchema, cohortSchema, heldOutRanges } from '../training'
import type { VolumeSeries } from '../volume'
import { experiments, type Condition, type ExperimentName } from './experiments'
import { diceCoefficient, thresholdLesions } from './lesions'

export const judgedMaps = ['cbv', 'cbf', 'ttp'] as const satisfies MapName[]

/** One method on one patient under one condition. */
export interface Finding {
  experiment: ExperimentName
  condition: string
  method: MapsMethod
  patient: number
  maps: Record<(typeof judgedMaps)[number], MapAgreement>
  /** Against the labels of the phantom; null where there is no such lesion, or no map that shows it. */
  dice: { core: number | null; hypoperfused: number | null }
  seconds: number
}

export interface EvaluationRequest {
  predictor: Predictor
  experiments: ExperimentName[]
  methods: MapsMethod[]
  patients: number
  size: number
  slices: number
  seed: number
}

/** The phantoms that judge: none of their settings is in the range of the cohort that a network learns from. */
export function heldOutPatient(
  request: Pick<EvaluationRequest, 'size' | 'slices' | 'seed'>,
  index: number,
): PhantomOptions {
  const { size, slices, seed } = request
  const ranges = cohortRangesSchema.parse({
    ...heldOutRanges,
    normals: 0,
    coreMl: [8, 30],
    penumbraMl: [30, 80],
  })
  const cohort = cohortSchema.parse({
    kind: 'cohort',
    patients: index + 1,
    seed,
    size,
    slices,
    thickness: 8,
    ranges,
  })
  return { ...cohortPhantom(cohort, index), motion: 0 }
}

/**
 * Measures a network and every deconvolution on held-out phantoms whose truth is known: the same patient scanned and
 * prepared in different ways. Maps are compared where both truth and mask of the method are.
 */
export async function evaluate(request: EvaluationRequest, run: Run = {}): Promise<Finding[]> {
  const work = request.experiments.flatMap((experiment) =>
    experiments[experiment].conditions.flatMap((condition) =>
      Array.from({ length: request.patients }, (_, patient) => ({ experiment, condition, patient })),
    ),
  )
  const findings: Finding[] = []
  for (const [index, { experiment, condition, patient }] of work.entries()) {
    stopIfCancelled(run)
    const part = partOfRun(run, index / work.length, (index + 1) / work.length)
    const told = (progress: number): void =>
      part.onProgress?.(progress, `${condition.label}, patient ${patient + 1}`)
    const { series, truth, lesion } = await scan(heldOutPatient(request, patient), condition)
    for (const [i, method] of request.methods.entries()) {
      stopIfCancelled(run)
      told(i / request.methods.length)
      const start = performance.now()
      const result = await mapsBy(method, request.predictor, series, { signal: run.signal })
      const seconds = (performance.now() - start) / 1000
      const judged = await judgeMaps(result, truth, lesion)
      findings.push({ experiment, condition: condition.label, method, patient, seconds, ...judged })
    }
  }
  return findings
}

interface Scan {
  series: VolumeSeries
  truth: ReturnType<typeof phantomTruth>
  lesion: Uint8Array
}

async function scan(patient: PhantomOptions, { change, filter }: Condition): Promise<Scan> {
  const phantom = await makePhantom({ ...patient, ...change })
  const series = await phantomSeries(phantom)
  return {
    series: filter ? filtered(series, filter.spatial, filter.range) : series,
    truth: phantomTruth(phantom),
    lesion: phantom.voxels.lesion,
  }
}

/** The series with every image filtered. */
function filtered(series: VolumeSeries, spatial: number, range: number): VolumeSeries {
  const [nx, ny] = series.geometry.size
  const area = nx * ny
  const voxels = new Int16Array(new SharedArrayBuffer(series.voxels.length * 2))
  for (let from = 0; from < voxels.length; from += area) {
    const image = Float32Array.from(series.voxels.subarray(from, from + area))
    const smooth = bilateralFilter(image, nx, ny, spatial / series.geometry.spacing[0], range)
    for (let i = 0; i < area; i++) voxels[from + i] = Math.round(smooth[i])
  }
  return { ...series, voxels }
}

function mapsBy(
  method: MapsMethod,
  predictor: Predictor,
  series: VolumeSeries,
  run: Run,
): Promise<PerfusionMaps> {
  if (method === 'cnn') return predictMaps(predictor, series, undefined, run)
  return computePerfusion(series, perfusionSettingsSchema.parse({ method }), run)
}

/**
 * Map errors and Dice coefficients of one result against the truth; those of a map that the method does not give (it is
 * 0 everywhere) have no value. Throws `no-common-voxels`.
 */
export async function judgeMaps(
  result: PerfusionMaps,
  truth: Pick<Scan['truth'], 'maps' | 'mask'>,
  lesion: Uint8Array,
): Promise<Pick<Finding, 'maps' | 'dice'>> {
  const mask = result.mask.map((inside, i) => inside & truth.mask[i])
  if (!mask.includes(1)) {
    throw new UmbraError({ code: 'no-common-voxels', message: 'Maps and truth share no voxel.' })
  }
  const within = (map: Float32Array): Float32Array => map.map((value, i) => (mask[i] ? value : 0))
  const given = (name: MapName): boolean => result.maps[name].some((value, i) => mask[i] !== 0 && value !== 0)
  const nowhere = new Uint8Array(mask.length)
  const maps = {} as Finding['maps']
  for (const name of judgedMaps) {
    const pair = { map: within(result.maps[name]), reference: within(truth.maps[name]) }
    const where = { mask: given(name) ? mask : nowhere, size: result.geometry.size }
    maps[name] = (await compareMaps({ ...pair, ...where })).study
  }
  const found = thresholdLesions(result.maps, mask)
  const core = lesion.map((label) => (label === lesionLabels.core ? 1 : 0))
  const atRisk = lesion.map((label) => (label === lesionLabels.none ? 0 : 1))
  const unlessNormal = (truthful: Uint8Array, shownBy: MapName, dice: number | null): number | null =>
    given(shownBy) && truthful.some((value, i) => value & mask[i]) ? dice : null
  return {
    maps,
    dice: {
      core: unlessNormal(core, 'cbf', diceCoefficient(found.core, core, mask)),
      hypoperfused: unlessNormal(atRisk, 'tmax', diceCoefficient(found.hypoperfused, atRisk, mask)),
    },
  }
}

export const allMethods: MapsMethod[] = ['cnn', ...mapsMethods.filter((method) => method !== 'cnn')]
