import { describe, expect, it } from 'vitest'
import { SEARCH } from '../../../src-main/engine/masks'
import { BASELINE, FEATURE_COUNT, MEAN, PEAK } from '../../../src-main/engine/perfusion/curveFeatures'
import { finishMask } from '../../../src-main/engine/perfusion/maskSelection'

const aif = { voxels: [[0, 0, 0]], scale: 1, quality: { peak: 300 } } as unknown as Parameters<
  typeof finishMask
>[1]['aif']

describe('the voxels that get maps', () => {
  const { veinsOnly: besideBone, everything: further } = SEARCH
  /** Baseline and peak of enhancement, HU, and where the voxel lies. */
  const voxels: [name: string, baseline: number, peak: number, place: number, mapped: boolean][] = [
    ['white matter', 28, 9, further, true],
    ['cortex under the skull', 45, 20, besideBone, true],
    ['a dense artery within the brain', 70, 60, further, true],
    ['fluid that is partly bone', 68, 1, besideBone, false],
    ['a sulcus', 12, 2, further, false],
    ['a sinus', 45, 250, besideBone, false],
    ['white matter', 30, 8, further, true],
    ['grey matter', 38, 15, further, true],
  ]
  const features = new Float32Array(FEATURE_COUNT * voxels.length)
  voxels.forEach(([, baseline, peak], i) => {
    features[BASELINE * voxels.length + i] = baseline
    features[MEAN * voxels.length + i] = baseline + peak / 5
    features[PEAK * voxels.length + i] = peak
  })
  const survey = {
    brain: new Uint8Array(voxels.length).fill(1),
    search: Uint8Array.from(voxels, ([, , , place]) => place),
    features,
    noise: 3,
    baselineFrames: [8],
  }

  it.each(voxels.map((voxel, i) => [...voxel, i] as const))(
    '%s of %d HU that enhances by %d HU',
    (_name, _baseline, _peak, _place, mapped, i) => {
      expect(finishMask({ ...survey, view: { echoTime: null } }, { aif })[i]).toBe(mapped ? 1 : 0)
    },
  )

  it('are not chosen by HU where signals have none: DSC-MRI, whose fluid is bright', () => {
    const mask = finishMask({ ...survey, view: { echoTime: 0.03 } }, { aif })
    expect(mask[3]).toBe(0)
    expect(mask[4]).toBe(1)
  })
})
