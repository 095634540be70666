import { describe, expect, it } from 'vitest'
import { surveyContrast } from '../../../src-main/engine/perfusion'
import { makePhantom, phantomOptions, phantomSeries } from '../../../src-main/engine/phantom'
import type { VolumeSeries } from '../../../src-main/engine/volume'

/** The bolus reaches the phantom's arteries at 8 s. */
const ARRIVAL = 8
const scan = { size: 192, slices: 4, volumes: 45, interval: 1, noise: 3 } as const

/** Some frames softer than others, again every `period` s, as shifts by parts of a pixel leave them. */
function softened(series: VolumeSeries, period: number): VolumeSeries {
  const [nx, ny, nz] = series.geometry.size
  const frame = nx * ny * nz
  const voxels = new Int16Array(new SharedArrayBuffer(2 * series.voxels.length))
  for (let at = 0; at < voxels.length; at++) {
    const number = Math.floor(at / frame)
    const share = 0.9 * Math.sin((Math.PI * number) / period) ** 2
    const [x, y] = [at % nx, Math.floor(at / nx) % ny]
    const inside = x > 0 && x + 1 < nx && y > 0 && y + 1 < ny
    const { voxels: own } = series
    const beside = inside ? (own[at - 1] + own[at + 1] + own[at - nx] + own[at + nx]) / 4 : own[at]
    voxels[at] = Math.round((1 - share) * own[at] + share * beside)
  }
  return { ...series, voxels }
}

describe('the arrival of the bolus in the artery', () => {
  it('is found, and stays where resampling takes contrast from the artery in some frames', async () => {
    const series = await phantomSeries(await makePhantom(phantomOptions(scan)))
    const { arrival } = await surveyContrast(series)
    expect(Math.abs(arrival - ARRIVAL)).toBeLessThan(0.08)
    for (const period of [5, 8, 30]) {
      // The artery alone is off by up to 0.22 s.
      const soft = await surveyContrast(softened(series, period))
      expect(Math.abs(soft.arrival - arrival)).toBeLessThan(0.05)
    }
  }, 120_000)
})
