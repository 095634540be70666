import { describe, expect, it } from 'vitest'
import { surveyContrast } from '../../../src-main/engine/perfusion'
import { makePhantom, phantomOptions, phantomSeries } from '../../../src-main/engine/phantom'

/** Standard head, 2 slices of 8 mm with pixels of 0.9 mm: 0.3 ml are 46 voxels. */
const scan = { size: 256, slices: 2, thickness: 8, volumes: 45, interval: 1 }

async function vesselArea(noise: number): Promise<{ measured: number; blood: number }> {
  const phantom = await makePhantom(phantomOptions({ ...scan, noise }))
  const { vesselArea: measured } = await surveyContrast(await phantomSeries(phantom))
  return { measured, blood: firstPass(phantom.venous) }
}

/** Height × full width at half height of the curve in pure blood, as the phantom draws it. */
function firstPass({ curve, step }: { curve: Float64Array; step: number }): number {
  const peak = curve.reduce((highest, value) => Math.max(highest, value), 0)
  const above = curve.reduce((count, value) => count + (value > peak / 2 ? 1 : 0), 0)
  return peak * above * step
}

describe('the size of an injection', () => {
  it('is nearly that of pure blood, and hardly grows with noise', async () => {
    const [quiet, noisy] = [await vesselArea(0.1), await vesselArea(15)]
    // The sinuses of two slices hardly fill 0.3 ml whole, so it is a little less.
    expect(quiet.measured / quiet.blood).toBeGreaterThan(0.82)
    expect(quiet.measured / quiet.blood).toBeLessThan(1)
    // The largest of thousands of voxels are the noisiest ones: a mean of three of them is 6 % too large.
    expect(Math.abs(noisy.measured / quiet.measured - 1)).toBeLessThan(0.04)
  }, 120_000)
})
