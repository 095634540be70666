import type { Geometry, Vec3 } from '@contract'
import { stopIfCancelled, type Run } from '../compute/run'
import { blurred, sampleField, variation, type Field } from './fields'
import { headPlacement, individualSchema, type Individual, type Placement } from './individual'
import { markLesion, type LesionDepth } from './lesion'
import { visitMni } from './mni'
import { parseLesion, type PhantomOptions } from './options'
import { mixSeeds } from '../compute/random'
import { FLUID_LIMIT, headTemplate, type HeadTemplate } from './template'
import {
  emptyVoxels,
  lesionLabels,
  perfusionStates,
  tissueBaseline,
  tissueLabels,
  type PhantomVoxels,
  type TissueBaseline,
} from './tissue'
import { addVessel, cerebralArteries, duralSinuses } from './vessels'

/** Standard deviation of the scanner's in-plane point spread, mm. */
const POINT_SPREAD = 0.5
const standard = individualSchema.parse({})
/** Of a voxel; above it a voxel counts as vessel. */
const VESSEL_SHARE = 0.25

/** Seeded variation between heads: texture, folds of the cortex, thickness of the skull, perfusion. */
interface Variations {
  texture: Field
  folds: Field
  marrow: Field
  skull: Field
  flow: Field
  volume: Field
  arrival: Field
}

function variations(seed: number): Variations {
  const at = (index: number, wavelength: number): Field =>
    variation(mixSeeds(seed, 0x4ead, index), wavelength, [-130, -170, -130], [130, 130, 150])
  return {
    texture: at(0, 5),
    folds: at(1, 9),
    marrow: at(2, 3),
    skull: at(3, 28),
    flow: at(4, 22),
    volume: at(5, 22),
    arrival: at(6, 30),
  }
}

/**
 * A head on the given grid: scalp, skull, fluid in sulci and ventricles, grey and white matter with smoothly varying
 * perfusion, arteries and sinuses with partial volume, and the asked lesion. `margin` slices at either end are there
 * for motion only.
 */
export async function headVoxels(
  options: PhantomOptions,
  geometry: Geometry,
  margin: number,
  run: Run = {},
): Promise<PhantomVoxels> {
  const template = await headTemplate()
  const [nx, ny, nz] = geometry.size
  const voxels = emptyVoxels(nx * ny * nz)
  const vary = variations(options.seed)
  const placement = options.individual ? headPlacement(options.individual.head) : null
  for (let slice = 0; slice < nz; slice++) {
    stopIfCancelled(run)
    run.onProgress?.((0.8 * slice) / nz, 'Anatomy')
    fillSlice(voxels, geometry, slice, template, vary, tissueBaseline[options.modality], placement)
    await new Promise(setImmediate)
  }
  const request = parseLesion(options.lesion) ?? null
  for (const vessel of cerebralArteries(request?.territory ?? null)) {
    addVessel(voxels.artery, geometry, vessel, placement)
  }
  for (const vessel of duralSinuses(template.brain, template.hull)) {
    addVessel(voxels.vein, geometry, vessel, placement)
  }
  for (const values of [voxels.artery, voxels.vein, voxels.baseline]) {
    values.set(blurred(values, geometry.size, POINT_SPREAD / geometry.spacing[0], 2))
  }
  placeVessels(voxels)
  const lesion = request && { ...request, shrink: options.shrinkLesion }
  const depth = lesion ? markLesion(lesion, voxels, geometry, margin, options.seed, placement) : null
  setPerfusion(voxels, geometry, vary, depth, placement, (options.individual ?? standard).perfusion)
  return voxels
}

function fillSlice(
  voxels: PhantomVoxels,
  geometry: Geometry,
  slice: number,
  template: HeadTemplate,
  vary: Variations,
  baseline: TissueBaseline,
  placement: Placement | null,
): void {
  const fill = (at: number, x: number, y: number, z: number): void => {
    const hull = sampleField(template.hull, x, y, z)
    if (hull > SKULL_GAP) fillOutside(voxels, at, hull - SKULL_GAP, [x, y, z], vary, baseline)
    else fillInside(voxels, at, hull, [x, y, z], template, vary, baseline)
  }
  visitMni(geometry, slice, slice + 1, fill, placement)
}

/** Between the hull of the brain and the inner table of the skull, mm. */
const SKULL_GAP = 1.5
const SCALP = 5.5

function fillOutside(
  voxels: PhantomVoxels,
  at: number,
  depth: number,
  [x, y, z]: Vec3,
  vary: Variations,
  baseline: TissueBaseline,
): void {
  voxels.baseline[at] = baseline.air
  if (depth > 22) return
  const bone = 6 + 1.5 * sampleField(vary.skull, x, y, z)
  if (depth < bone) {
    voxels.tissue[at] = tissueLabels.skull
    const inTable = depth < 1.6 || depth > bone - 1.8
    voxels.baseline[at] = inTable
      ? baseline.table
      : baseline.marrow * (1 + 0.25 * sampleField(vary.marrow, x, y, z))
  } else if (depth < bone + SCALP) {
    voxels.tissue[at] = tissueLabels.scalp
    const under = depth - bone
    voxels.baseline[at] = under > 1 && under < 3.8 ? baseline.fat : baseline.skin
  } else if (depth > 18 && depth < 20 && y < -70) {
    voxels.baseline[at] = baseline.holder
  }
}

function fillInside(
  voxels: PhantomVoxels,
  at: number,
  hull: number,
  [x, y, z]: Vec3,
  template: HeadTemplate,
  vary: Variations,
  baseline: TissueBaseline,
): void {
  const density = sampleField(template.density, x, y, z)
  const fold = Math.abs(sampleField(vary.folds, x, y, z))
  const cleft = 0.14 * Math.max(0, 1 + hull / 17)
  if (sampleField(template.brain, x, y, z) < 0.5 || density < FLUID_LIMIT || fold < cleft) {
    voxels.tissue[at] = tissueLabels.fluid
    voxels.baseline[at] = baseline.fluid
    return
  }
  const grey = density >= sampleField(template.threshold, x, y, z)
  const texture = 1 + 0.05 * sampleField(vary.texture, x, y, z)
  voxels.tissue[at] = grey ? tissueLabels.grey : tissueLabels.white
  voxels.baseline[at] = (grey ? baseline.grey : baseline.white) * texture
}

/** A voxel that is mostly vessel is labelled so; arteries and veins never add up to more than the voxel. */
function placeVessels(voxels: PhantomVoxels): void {
  const { artery, vein, tissue } = voxels
  for (let i = 0; i < tissue.length; i++) {
    if (
      tissue[i] === tissueLabels.skull ||
      tissue[i] === tissueLabels.scalp ||
      tissue[i] === tissueLabels.air
    ) {
      artery[i] = 0
      vein[i] = tissue[i] === tissueLabels.skull ? 0 : vein[i]
    }
    if (artery[i] < 0.002) artery[i] = 0
    vein[i] = vein[i] < 0.002 ? 0 : Math.min(vein[i], 1 - artery[i])
    if (Math.max(artery[i], vein[i]) > VESSEL_SHARE) {
      tissue[i] = artery[i] >= vein[i] ? tissueLabels.artery : tissueLabels.vein
    }
  }
}

function setPerfusion(
  voxels: PhantomVoxels,
  geometry: Geometry,
  vary: Variations,
  depth: LesionDepth | null,
  placement: Placement | null,
  patient: Individual['perfusion'],
): void {
  const set = (at: number, x: number, y: number, z: number): void => {
    const label = voxels.tissue[at]
    if (label !== tissueLabels.grey && label !== tissueLabels.white) return
    const states = label === tissueLabels.grey ? perfusionStates.grey : perfusionStates.white
    const lesion = voxels.lesion[at]
    const state =
      lesion === lesionLabels.core
        ? states.core
        : lesion === lesionLabels.penumbra
          ? states.penumbra
          : states.normal
    const hit = lesion === lesionLabels.none ? 0 : 1
    const flow = patient.flow * (hit ? patient.lesionFlow : 1)
    const volume = patient.volume * (hit ? patient.lesionVolume : 1)
    const cbf = flow * state.cbf * (1 + 0.12 * sampleField(vary.flow, x, y, z))
    const cbv = volume * state.cbv * (1 + 0.1 * sampleField(vary.volume, x, y, z))
    voxels.cbf[at] = cbf
    voxels.cbv[at] = cbv
    voxels.mtt[at] = (60 * cbv) / cbf
    const arrival = 0.4 * sampleField(vary.arrival, x, y, z)
    const deeper = depth && lesion === lesionLabels.penumbra ? 1.5 - depth[at] : 0
    voxels.delay[at] = state.delay + arrival + 2.6 * deeper + hit * patient.lesionDelay
  }
  visitMni(geometry, 0, geometry.size[2], set, placement)
}
