import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { PNG } from 'pngjs'
import { colourAt, colourMaps } from '../../src-main/contract/colourMaps'
import { readNifti, typicalVoxels, type MapName } from './phantom'
import {
  answerDialogs,
  goToSlice,
  mapNames,
  mapsDrawn,
  openFolder,
  probed,
  probedMaps,
  probeVoxel,
  screenPoint,
} from './rooms'
import { expect, test } from './workstation'

/**
 * How far a map may be from the truth in the middle of a region without noise: what the sampling every 1.5 s, the mean
 * of partly filled arterial voxels and the smoothing over time leave (docs/perfusion-accuracy.md).
 */
const tolerance: Record<MapName, (truth: number) => number> = {
  cbv: (truth) => 0.1 + 0.15 * truth,
  cbf: (truth) => 2 + 0.3 * truth,
  mtt: (truth) => 0.6 + 0.15 * truth,
  tmax: () => 0.5,
  delay: () => 1.5,
  ttp: () => 1.5,
}

/** The colour at a point of the window, as it is on the screen. */
async function colourOnScreen(page: Page, [x, y]: [number, number]): Promise<number[]> {
  const clip = { x: Math.floor(x), y: Math.floor(y), width: 1, height: 1 }
  const { data } = PNG.sync.read(await page.screenshot({ clip }))
  return [...data.subarray(0, 3)]
}

test('what the probe says is true', async ({ workstation, phantom }) => {
  const { page } = workstation
  const slice = 1
  const voxels = typicalVoxels(phantom, slice)
  await openFolder(workstation, phantom.dicom)
  await mapsDrawn(page)
  await goToSlice(page, slice)

  await test.step('the phantom has healthy, threatened and lost tissue in this slice', () => {
    const lesions = new Set(voxels.map(({ name }) => name.split('/')[1]))
    expect([...lesions].sort()).toEqual(['0', '1', '2'])
  })

  for (const { name, voxel } of voxels) {
    await test.step(`every map at ${voxel.join(', ')} (tissue/lesion ${name})`, async () => {
      await probeVoxel(page, 'source', phantom.size, voxel)
      const values = await probedMaps(page)
      for (const map of mapNames) {
        const truth = phantom.truth(map).at(voxel)
        const error = Math.abs(values[map] - truth)
        expect(error, `${map}: ${values[map]} where ${truth} is true`).toBeLessThanOrEqual(
          tolerance[map](truth),
        )
      }
    })
  }

  await test.step('the source reads as its DICOM files, at several times', async () => {
    for (const frame of [0, 9, 25]) {
      await page.getByTestId('time-slider').fill(String(frame))
      await expect(page.getByTestId('pane-source')).toHaveAttribute('data-frame', String(frame))
      for (const { voxel } of voxels.slice(0, 2)) {
        await probeVoxel(page, 'cbf', phantom.size, voxel)
        expect(await probed(page, 'source')).toBeCloseTo(phantom.curve(voxel)[frame], 1)
      }
    }
  })

  await test.step('the colour of a map is the colour of its value', async () => {
    await page.getByTestId('interpolation').click()
    for (const { voxel } of voxels) {
      await probeVoxel(page, 'source', phantom.size, voxel)
      const values = { cbv: (await probed(page, 'cbv')) / 6, tmax: (await probed(page, 'tmax')) / 12 }
      await page.mouse.move(0, 0)
      for (const [map, position] of Object.entries(values)) {
        const point = await screenPoint(page.getByTestId(`pane-${map}`), phantom.size, voxel)
        const seen = await colourOnScreen(page, point)
        const meant = colourAt(colourMaps.asist, position)
        const apart = Math.max(...seen.map((value, channel) => Math.abs(value - meant[channel])))
        expect(
          apart,
          `${map} at ${voxel.join(', ')}: ${seen.join(' ')}, not ${meant.join(' ')}`,
        ).toBeLessThan(20)
      }
    }
  })

  await test.step('what is exported is what is on the screen', async () => {
    const folder = join(workstation.scratch, 'exported maps')
    await answerDialogs(workstation, [folder])
    await page.getByTestId('export').click()
    await page.getByTestId('export-directory').fill(folder)
    await page.getByTestId('export-run').click()
    await expect(page.getByTestId('export-written')).toContainText('files written', { timeout: 60_000 })
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toBeHidden()
    for (const file of ['mask.nii.gz', 'montage.png', 'curves.png', 'summary.json', 'dicom']) {
      expect(existsSync(join(folder, file)), file).toBe(true)
    }
    const summary = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'))
    expect(summary).toMatchObject({ method: 'bennink', times: phantom.times })
    for (const { voxel } of voxels) {
      await probeVoxel(page, 'source', phantom.size, voxel)
      const values = await probedMaps(page)
      for (const map of mapNames) {
        const exported = readNifti(join(folder, `${map}.nii.gz`)).at(voxel)
        expect(Math.abs(values[map] - exported), `${map} at ${voxel.join(', ')}`).toBeLessThanOrEqual(0.051)
      }
    }
  })
})
