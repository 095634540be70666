import type { Vec3 } from '@contract'
import { resourcePath } from '../files/resources'
import { readNifti, voxelToWorld } from '../volume'
import { blurred, distanceTo, maskWhere, type Field } from './fields'

/**
 * Anatomy in MNI space (RAS, mm), from the average of real head CTs (resources/phantom/README.md). The template is
 * skull-stripped; what lies outside the brain follows its hull.
 */
export interface HeadTemplate {
  /** Share of brain, 0..1; its surface is at one half. */
  brain: Field
  /** Hounsfield units of the brain, continued beyond its surface. */
  density: Field
  /** Density that parts grey from white matter here: the local mean without cerebrospinal fluid. */
  threshold: Field
  /** Signed distance from the hull of the brain, mm; negative inside. */
  hull: Field
}

/** Below this, HU, the averaged template is cerebrospinal fluid. */
export const FLUID_LIMIT = 22
/** Clefts up to twice this, mm, between lobes lie inside the hull. */
const HULL_CLOSING = 18

let loaded: Promise<HeadTemplate> | null = null

/** The template, prepared once and kept (about 15 MB). Throws `resource-missing`. */
export function headTemplate(): Promise<HeadTemplate> {
  loaded ??= prepareTemplate().catch((thrown: unknown) => {
    loaded = null
    throw thrown
  })
  return loaded
}

async function prepareTemplate(): Promise<HeadTemplate> {
  const template = await readNifti(resourcePath('phantom', 'brain-ct-template.nii.gz'))
  const { size } = template.geometry
  const [originL, originP, originS] = voxelToWorld(template.geometry, [0, 0, 0])
  const [nextL, nextP, nextS] = voxelToWorld(template.geometry, [1, 1, 1])
  const first: Vec3 = [-originL, -originP, originS]
  const step: Vec3 = [originL - nextL, originP - nextP, nextS - originS]
  const field = (values: Float32Array): Field => ({ size, first, step, values })

  const inside = wellInside(template.voxels, size)
  const density = continued(template.voxels, inside, size)
  const tissue = maskWhere(inside, (value, i) => value === 1 && density[i] > FLUID_LIMIT + 2)
  return {
    brain: field(blurred(new Float32Array(inside), size, 0.8)),
    density: field(density),
    threshold: field(localMean(density, tissue, size, 6)),
    hull: hullDistance(inside, size, first, step),
  }
}

/** Template voxels that are brain all through: not the rim, which is averaged with air. */
function wellInside(voxels: Float32Array, size: Vec3): Uint8Array {
  const strides = [1, size[0], size[0] * size[1]]
  return maskWhere(voxels, (density, i) => {
    if (density === 0 || density > 28) return density > 0
    return strides.every((stride) => voxels[i - stride] > 0 && voxels[i + stride] > 0)
  })
}

/** The densities inside, and beyond them the weighted mean of the nearest ones. */
function continued(voxels: Float32Array, inside: Uint8Array, size: Vec3): Float32Array {
  const mean = localMean(voxels, inside, size, 1.5)
  return voxels.map((density, i) => (inside[i] ? density : mean[i]))
}

function localMean(voxels: Float32Array, weight: Uint8Array, size: Vec3, sigma: number): Float32Array {
  const sum = blurred(
    voxels.map((density, i) => density * weight[i]),
    size,
    sigma,
  )
  const total = blurred(new Float32Array(weight), size, sigma)
  return sum.map((value, i) => (total[i] > 1e-4 ? value / total[i] : 0))
}

/** Signed distance from the closed brain, on a lattice twice as coarse with a margin for skull and scalp. */
function hullDistance(inside: Uint8Array, size: Vec3, first: Vec3, step: Vec3): Field {
  const margin = 12
  const coarse = size.map((length) => Math.ceil(length / 2) + 2 * margin) as Vec3
  const spacing = 2 * Math.abs(step[0])
  const mask = new Uint8Array(coarse[0] * coarse[1] * coarse[2])
  for (let i = 0; i < inside.length; i++) {
    if (!inside[i]) continue
    const x = (i % size[0]) >> 1
    const y = (Math.floor(i / size[0]) % size[1]) >> 1
    const z = Math.floor(i / (size[0] * size[1])) >> 1
    mask[((z + margin) * coarse[1] + y + margin) * coarse[0] + x + margin] = 1
  }
  const reach = HULL_CLOSING / spacing
  const outsideDilated = maskWhere(distanceTo(mask, coarse), (distance) => distance > reach)
  const closed = maskWhere(distanceTo(outsideDilated, coarse), (distance) => distance > reach)
  const outwards = distanceTo(closed, coarse)
  const inwards = distanceTo(
    maskWhere(closed, (inside) => inside === 0),
    coarse,
  )
  const values = outwards.map((distance, i) => spacing * (closed[i] ? 0.5 - inwards[i] : distance - 0.5))
  const axis = (a: 0 | 1 | 2): number => first[a] + step[a] * (0.5 - 2 * margin)
  return {
    size: coarse,
    first: [axis(0), axis(1), axis(2)],
    step: [2 * step[0], 2 * step[1], 2 * step[2]],
    values: blurred(values, coarse, 0.7),
  }
}
