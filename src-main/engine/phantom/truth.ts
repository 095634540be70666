import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { MapName } from '@contract'
import { stopIfCancelled, type Run } from '../compute/run'
import { writeFileAtomically } from '../files/atomic'
import { affineRas, writeNifti, type Voxels } from '../volume'
import { sampleAt, type Bolus } from './bolus'
import { maskWhere } from './fields'
import { voxelVolume } from './lesion'
import { poseMatrix } from './motion'
import { frameTimes } from './options'
import type { Phantom } from './phantom'
import { timeToPeak } from './residue'
import { lesionLabels, ML_PER_100G, tissueLabels } from './tissue'

const MARGIN_OF_VESSEL = 0.01
/** Of the largest share in the phantom; above it a voxel is taken as pure artery or vein. */
const PURE_SHARE = 0.9

/** Perfusion maps as they would be without noise, and where they are known: grey and white matter free of vessels. */
export interface PhantomTruth {
  maps: Record<MapName, Float32Array>
  mask: Uint8Array
  /** Everything inside the skull. */
  brain: Uint8Array
  aif: Uint8Array
  vof: Uint8Array
  lesion: { coreMl: number; penumbraMl: number }
}

export const truthDefinitions: Record<MapName, { unit: string; definition: string }> = {
  cbf: { unit: 'ml/100 g/min', definition: '60 · CBV / MTT' },
  cbv: { unit: 'ml/100 g', definition: '100 · (κ/ρ) · ∫C / ∫AIF with κ = 0.55/0.75, ρ = 1.05 g/ml' },
  mtt: { unit: 's', definition: 'mean transit time: the area under the residue function' },
  ttp: {
    unit: 's',
    definition:
      'peak of the noiseless tissue curve, from the arrival of the bolus in the artery (aif.arrival)',
  },
  tmax: {
    unit: 's',
    definition:
      'delay + MTT/2, the middle of a box residue; for a deconvolved residue the peak is at the delay',
  },
  delay: { unit: 's', definition: 'arrival of contrast in the tissue after the artery' },
}

export function phantomTruth(phantom: Phantom): PhantomTruth {
  const { voxels, response } = phantom
  const length = voxels.tissue.length
  const maps = {
    cbf: new Float32Array(length),
    cbv: new Float32Array(length),
    mtt: new Float32Array(length),
    ttp: new Float32Array(length),
    tmax: new Float32Array(length),
    delay: new Float32Array(length),
  }
  const mask = new Uint8Array(length)
  for (let i = 0; i < length; i++) {
    if (voxels.mtt[i] === 0 || voxels.artery[i] + voxels.vein[i] > MARGIN_OF_VESSEL) continue
    mask[i] = 1
    maps.cbf[i] = voxels.cbf[i]
    maps.cbv[i] = voxels.cbv[i]
    maps.mtt[i] = voxels.mtt[i]
    maps.delay[i] = voxels.delay[i]
    maps.ttp[i] = voxels.delay[i] + timeToPeak(response, voxels.mtt[i])
    maps.tmax[i] = voxels.delay[i] + voxels.mtt[i] / 2
  }
  return {
    maps,
    mask,
    brain: maskWhere(voxels.tissue, (label) => label >= tissueLabels.fluid),
    aif: pureVoxels(voxels.artery),
    vof: pureVoxels(voxels.vein),
    lesion: lesionVolumes(phantom),
  }
}

/** Volumes of the lesion as drawn on the grid, ml. */
export function lesionVolumes({ voxels, geometry }: Phantom): PhantomTruth['lesion'] {
  const counts = [0, 0, 0]
  for (const label of voxels.lesion) counts[label]++
  const voxelMl = voxelVolume(geometry)
  return {
    coreMl: counts[lesionLabels.core] * voxelMl,
    penumbraMl: counts[lesionLabels.penumbra] * voxelMl,
  }
}

function pureVoxels(share: Float32Array): Uint8Array {
  let largest = 0
  for (const value of share) if (value > largest) largest = value
  return maskWhere(share, (value) => value > 0 && value >= PURE_SHARE * largest)
}

/** Writes maps, masks and labels as NIfTI on the grid of the DICOM images, and truth.json. */
export async function writeTruth(phantom: Phantom, directory: string, run: Run = {}): Promise<void> {
  await mkdir(directory, { recursive: true })
  const truth = phantomTruth(phantom)
  const images: Record<string, Voxels> = {
    ...truth.maps,
    mask: truth.mask,
    brain: truth.brain,
    tissue: phantom.voxels.tissue,
    lesion: phantom.voxels.lesion,
    aif: truth.aif,
    vof: truth.vof,
  }
  const names = Object.keys(images)
  for (const [index, name] of names.entries()) {
    stopIfCancelled(run)
    run.onProgress?.(index / names.length, 'Truth')
    const description = name in truthDefinitions ? `${name}, ${truthDefinitions[name as MapName].unit}` : name
    await writeNifti(join(directory, `${name}.nii.gz`), phantom.geometry, images[name], { description })
  }
  await writeFileAtomically(
    join(directory, 'truth.json'),
    JSON.stringify(truthSummary(phantom, truth), null, 2) + '\n',
  )
}

/** What truth.json says. */
export function truthSummary(phantom: Phantom, truth: PhantomTruth): Record<string, unknown> {
  const { options, geometry, frames, arterial, venous, poses } = phantom
  const nz = geometry.size[2]
  const times = Array.from(phantom.times)
  return {
    description: 'Digital perfusion phantom: what its images were computed from. Research use only.',
    options,
    geometry: { ...geometry, affineRas: affineRas(geometry), voxelMl: voxelVolume(geometry) },
    frames,
    /** Mean over the slices. */
    times: Array.from({ length: frames }, (_, f) => mean(times.slice(f * nz, (f + 1) * nz))),
    nominalTimes: Array.from(frameTimes(options)),
    sliceTimes: options.shuttle
      ? Array.from({ length: frames }, (_, f) => times.slice(f * nz, (f + 1) * nz))
      : null,
    maps: truthDefinitions,
    masks: {
      mask: 'tissue where the maps are known: grey and white matter with less than 1 % of vessel in the voxel',
      brain: 'everything inside the skull',
      tissue: tissueLabels,
      lesion: lesionLabels,
      aif: 'the purest arterial voxels',
      vof: 'the purest venous voxels',
    },
    constants: {
      hematocritLarge: 0.45,
      hematocritSmall: 0.25,
      brainDensity: 1.05,
      mlPer100gOfBlood: ML_PER_100G,
    },
    aif: vesselSummary(phantom, arterial, truth.aif, phantom.voxels.artery),
    vof: vesselSummary(phantom, venous, truth.vof, phantom.voxels.vein),
    lesion: truth.lesion,
    motion: poses?.map((pose, frame) => ({ frame, ...pose, matrix: poseMatrix(pose) })) ?? null,
  }
}

/** The curve in pure blood at the frames' times (first slice), HU above baseline, and how pure the marked voxels are. */
function vesselSummary(
  phantom: Phantom,
  bolus: Bolus,
  marked: Uint8Array,
  share: Float32Array,
): Record<string, unknown> {
  const nz = phantom.geometry.size[2]
  const shares: number[] = []
  for (let i = 0; i < marked.length; i++) if (marked[i]) shares.push(share[i])
  return {
    arrival: bolus.arrival,
    curve: Array.from({ length: phantom.frames }, (_, f) =>
      sampleAt(bolus.curve, bolus.step, phantom.times[f * nz]),
    ),
    voxels: shares.length,
    meanShareOfVessel: shares.length > 0 ? mean(shares) : null,
  }
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
