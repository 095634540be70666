import { UmbraError, type Geometry, type Vec3 } from '@contract'
import { sampleField, variation } from './fields'
import type { Placement } from './individual'
import { visitMni } from './mni'
import type { LesionRequest, Territory } from './options'
import { mixSeeds } from '../compute/random'
import { lesionLabels, tissueLabels, type PhantomVoxels } from './tissue'

interface TerritoryShape {
  /** Right-sided centre and half-axes in MNI space, mm, of the ellipsoid along whose shells an infarct grows. */
  centre: Vec3
  reach: Vec3
  /** Distance from the midline, mm, within which tissue belongs to a neighbour. */
  spared: number
}

const shapes: Record<'mca' | 'aca' | 'pca', TerritoryShape> = {
  mca: { centre: [42, -8, 12], reach: [26, 46, 40], spared: 14 },
  aca: { centre: [6, 30, 34], reach: [13, 48, 36], spared: 1.5 },
  pca: { centre: [18, -74, 2], reach: [22, 30, 26], spared: 1.5 },
}

/** Share of the side's tissue in the slab that core and penumbra take when nobody asks for a volume. */
const usual = { core: { ml: 25, share: 0.12 }, penumbra: { ml: 60, share: 0.28 } }

/** How far into the lesion a voxel lies: core below 1, penumbra from 1 at the core to 2 at its outer border. */
export type LesionDepth = Float32Array

/**
 * Labels an infarct core and the penumbra around it in the grey and white matter of one territory. Both grow from the
 * centre of the territory along wavy shells until the asked volume is reached, to within one voxel. `margin` slices at
 * either end of the grid belong to the lesion, yet not to the volume.
 *
 * Returns the depth of every voxel, Infinity outside. Throws `usage` where the slab has too little tissue.
 */
export function markLesion(
  request: LesionRequest & { shrink?: boolean },
  voxels: PhantomVoxels,
  geometry: Geometry,
  margin: number,
  seed: number,
  placement: Placement | null = null,
): LesionDepth {
  const scores = territoryScores(request.territory, voxels, geometry, seed, placement)
  const [nx, ny, nz] = geometry.size
  const inside = scores.subarray(margin * nx * ny, (nz - margin) * nx * ny)
  const ranked = inside.filter(Number.isFinite).sort()
  const voxelMl = voxelVolume(geometry)
  const available = ranked.length * voxelMl
  const coreMl = request.coreMl ?? Math.min(usual.core.ml, usual.core.share * available)
  const penumbraMl = request.penumbraMl ?? Math.min(usual.penumbra.ml, usual.penumbra.share * available)
  const room = request.shrink ? Math.min(1, (0.9 * available) / Math.max(coreMl + penumbraMl, 1e-6)) : 1
  if (room * (coreMl + penumbraMl) > available + voxelMl) {
    throw new UmbraError({
      code: 'usage',
      where: 'lesion',
      message: `These slices hold ${available.toFixed(0)} ml of tissue of ${request.territory}, less than the lesion of ${coreMl + penumbraMl} ml.`,
      hint: 'Ask for a smaller lesion, or for more slices.',
    })
  }
  const limitOf = (ml: number): number => {
    const count = Math.min(Math.round(ml / voxelMl), ranked.length)
    return count < ranked.length ? ranked[count] : Infinity
  }
  const [core, outer] = [limitOf(room * coreMl), limitOf(room * (coreMl + penumbraMl))]
  const furthest = Math.min(outer, ranked[ranked.length - 1] ?? 0)
  const depth = new Float32Array(scores.length).fill(Infinity)
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] < core) {
      voxels.lesion[i] = lesionLabels.core
      depth[i] = scores[i] / core
    } else if (scores[i] < outer) {
      voxels.lesion[i] = lesionLabels.penumbra
      depth[i] = 1 + (scores[i] - core) / Math.max(furthest - core, 1e-6)
    }
  }
  return depth
}

/** Distance from the centre of the territory in its half-axes, made wavy; Infinity for what is no tissue of it. */
function territoryScores(
  territory: Territory,
  voxels: PhantomVoxels,
  geometry: Geometry,
  seed: number,
  placement: Placement | null,
): Float32Array {
  const [artery, side] = territory.split('-') as ['mca' | 'aca' | 'pca', 'left' | 'right']
  const { centre, reach, spared } = shapes[artery]
  const sign = side === 'right' ? 1 : -1
  const waves = variation(mixSeeds(seed, 0x1e51), 17, [-120, -160, -120], [120, 120, 140])
  const [nx, ny, nz] = geometry.size
  const scores = new Float32Array(nx * ny * nz).fill(Infinity)
  const score = (at: number, x: number, y: number, z: number): void => {
    const label = voxels.tissue[at]
    if ((label !== tissueLabels.grey && label !== tissueLabels.white) || sign * x < spared) return
    const distance = Math.hypot(
      (sign * x - centre[0]) / reach[0],
      (y - centre[1]) / reach[1],
      (z - centre[2]) / reach[2],
    )
    scores[at] = distance + 0.12 * (1 + sampleField(waves, x, y, z))
  }
  visitMni(geometry, 0, nz, score, placement)
  return scores
}

/** Volume of a voxel, ml: the area of a pixel times the distance between slice planes. */
export function voxelVolume({ spacing, direction }: Geometry): number {
  const [x, y, z] = direction
  const normal: Vec3 = [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]]
  const square = Math.abs(normal[0] * z[0] + normal[1] * z[1] + normal[2] * z[2])
  return (spacing[0] * spacing[1] * spacing[2] * square) / 1000
}
