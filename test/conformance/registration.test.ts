import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Vec3 } from '../../src-main/contract'
import { alignSeries } from '../../src-main/engine/registration'
import {
  apply,
  compose,
  displacement,
  inverse,
  rotate,
  rotationOf,
  type Rigid,
} from '../../src-main/engine/registration/rigid'
import { readNifti, voxelToWorld, type VolumeSeries } from '../../src-main/engine/volume'
import { about, headOf } from '../unit/registration/headOf'

const shared = resolve(__dirname, '../../../shared/data')
const ct = `${shared}/perfusion/ct_template/ct.nii`
const t1 = `${shared}/images/nilearn-mni152/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz`

async function volume(path: string, unit: string): Promise<VolumeSeries> {
  const { geometry, voxels } = await readNifti(path)
  const { series } = await headOf({ size: 32, slices: 2, volumes: 1, lesion: 'none' })
  return { ...series, kind: 'volume', geometry, voxels, frames: 1, slope: 1, intercept: 0, unit }
}

/** Slices [first, last] only: what a perfusion scan covers. */
function slab(series: VolumeSeries, first: number, last: number): VolumeSeries {
  const [nx, ny] = series.geometry.size
  const origin = voxelToWorld(series.geometry, [0, 0, first])
  return {
    ...series,
    geometry: { ...series.geometry, size: [nx, ny, last - first + 1], origin },
    voxels: series.voxels.slice(first * nx * ny, (last + 1) * nx * ny),
  }
}

describe.skipIf(!existsSync(ct) || !existsSync(t1))(
  'average heads from real patients, CT and T1, in one space',
  () => {
    it.runIf(process.env.UMBRA_LONG)(
      'are brought onto one another from 12 mm and 8° apart, by a slab of 40 mm',
      { timeout: 240_000 },
      async () => {
        const whole = await volume(ct, 'HU')
        const middle = Math.round(whole.geometry.size[2] * 0.55)
        const step = whole.geometry.spacing[2]
        const scanned = slab(whole, middle - Math.round(20 / step), middle + Math.round(20 / step))
        const head = await volume(t1, 'counts')
        const motion: Rigid = { rotation: rotationOf([3, 4, 6]), translation: [7, -6, 8], centre: [0, 0, 0] }
        const [x, y, z] = head.geometry.direction.map((axis) => rotate(motion.rotation, axis)) as [
          Vec3,
          Vec3,
          Vec3,
        ]
        const geometry = {
          ...head.geometry,
          origin: apply(motion, head.geometry.origin),
          direction: [x, y, z] as [Vec3, Vec3, Vec3],
        }
        const found = await alignSeries(scanned, { ...head, geometry })
        const filed = await alignSeries(scanned, head)
        const truth = about(found.motion.centre, motion.rotation, motion.translation, [0, 0, 0])
        // The two averages are of other people: they lie on one another to a few millimetres, wherever they are filed.
        expect(displacement(compose(found.motion, inverse(truth)))).toBeLessThan(6)
        expect(displacement(compose(found.motion, inverse(compose(truth, filed.motion))))).toBeLessThan(1.5)
        expect(found.warnings).toEqual([])
      },
    )
  },
)
