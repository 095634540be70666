import type { Page } from '@playwright/test'
import { typicalVoxels, type Phantom, type Voxel } from './phantom'
import { goToSlice, mapNames, mapsDrawn, openFolder, probed, probedMaps, screenPoint } from './rooms'
import { downloaded, expect, test } from './workstation'

const slice = 1

/** The voxel of the slice that brightens most among those the phantom fills from an artery, or a vein. */
function brightest(phantom: Phantom, vessel: 'artery' | 'vein'): Voxel {
  const tissue = phantom.truth('tissue')
  const label = { artery: 6, vein: 7 }[vessel]
  const voxels: { voxel: Voxel; peak: number }[] = []
  for (let y = 0; y < phantom.size[1]; y++) {
    for (let x = 0; x < phantom.size[0]; x++) {
      const voxel: Voxel = [x, y, slice]
      if (tissue.at(voxel) === label) voxels.push({ voxel, peak: Math.max(...phantom.curve(voxel)) })
    }
  }
  return voxels.sort((a, b) => b.peak - a.peak)[0].voxel
}

async function clickVoxel(page: Page, phantom: Phantom, voxel: Voxel): Promise<void> {
  const point = await screenPoint(page.getByTestId('pane-source'), phantom.size, voxel)
  await page.mouse.click(...point)
}

test('curves, and the vessels they are taken from', async ({ workstation, phantom }) => {
  const { page } = workstation
  const { voxel } = typicalVoxels(phantom, slice)[0]
  const artery = brightest(phantom, 'artery')
  const vein = brightest(phantom, 'vein')
  const inVein = phantom.curve(vein)
  await openFolder(workstation, phantom.dicom)
  await mapsDrawn(page)
  await goToSlice(page, slice)

  await test.step('a click shows the curve of the voxel over those of artery and vein', async () => {
    await clickVoxel(page, phantom, vein)
    const panel = page.getByTestId('curve-panel')
    await expect(panel).toHaveAttribute('data-voxels', '1')
    await expect(panel).toHaveAttribute('data-samples', String(phantom.times.length))
    expect(Number(await panel.getAttribute('data-peak'))).toBeCloseTo(Math.max(...inVein), 1)
    await expect(panel.getByRole('img')).toHaveAccessibleName(new RegExp(vein.join(', ')))
  })

  await test.step('the curves can be saved as a table', async () => {
    const table = await downloaded(workstation, () => page.getByTestId('curve-csv').click())
    const lines = table.trim().split('\r\n')
    expect(lines[0]).toBe('curve,time_s,value,deviation,unit')
    const sample = lines
      .filter((line) => line.startsWith('sample,'))
      .map((line) => Number(line.split(',')[2]))
    expect(sample).toEqual(inVein)
    for (const curve of ['aif,', 'vof,', 'fitted,']) {
      expect(lines.filter((line) => line.startsWith(curve)).length).toBeGreaterThan(10)
    }
  })

  await test.step('a drawn region has the mean curve of its voxels', async () => {
    await page.getByTestId('tool-rectangle').click()
    const pane = page.getByTestId('pane-source')
    await page.mouse.move(...(await screenPoint(pane, phantom.size, [voxel[0] - 5, voxel[1] - 3, slice])))
    await page.mouse.down()
    await page.mouse.move(...(await screenPoint(pane, phantom.size, voxel)))
    await page.mouse.move(...(await screenPoint(pane, phantom.size, [voxel[0] + 5, voxel[1] + 3, slice])))
    await page.mouse.up()
    const voxels = page.getByTestId('curve-panel')
    await expect.poll(async () => Number(await voxels.getAttribute('data-voxels'))).toBeGreaterThan(40)
    await page.getByTestId('tool-probe').click()
  })

  await test.step('the maximum over time shows the vessels, the baseline does not', async () => {
    await page.getByTestId('mode-maximum').click()
    await clickVoxel(page, phantom, vein)
    await expect.poll(() => probed(page, 'source')).toBeCloseTo(Math.max(...inVein), 0)
    await page.getByTestId('mode-baseline').click()
    await expect.poll(() => probed(page, 'source')).toBeLessThan(Math.max(...inVein) / 3)
    await page.getByTestId('mode-time').click()
  })

  await clickVoxel(page, phantom, voxel)
  await expect(page.getByTestId('probe-voxel')).toHaveText(voxel.join(', '))
  const automatic = await probedMaps(page)

  await test.step('the arterial voxels are on the image, with their quality', async () => {
    await page.getByTestId('tab-vessels').click()
    await expect(page.getByTestId('aif-choice')).toHaveText('automatic')
    await expect(page.getByTestId('aif-grade')).toHaveText('good')
    await expect(page.getByTestId('vof-grade')).toBeVisible()
    await expect(page.getByTestId('marks-aif')).toHaveAttribute('d', /M/)
  })

  await test.step('an artery taken by hand gives other maps', async () => {
    await page.getByTestId('tool-artery').click()
    await clickVoxel(page, phantom, vein)
    await expect(page.getByTestId('aif-choice')).toHaveText('by hand')
    await mapsDrawn(page)
    expect((await probedMaps(page)).delay).toBeLessThan(automatic.delay - 2)
  })

  await test.step('moved onto a real artery, the maps are right again', async () => {
    const pane = page.getByTestId('pane-source')
    await page.mouse.move(...(await screenPoint(pane, phantom.size, vein)))
    await page.mouse.down()
    await page.mouse.move(...(await screenPoint(pane, phantom.size, [64, 64, slice])))
    await page.mouse.move(...(await screenPoint(pane, phantom.size, artery)))
    await page.mouse.up()
    await mapsDrawn(page)
    const delay = phantom.truth('delay').at(voxel)
    expect(Math.abs((await probedMaps(page)).delay - delay)).toBeLessThan(1.5)
  })

  await test.step('undo goes back step by step to the automatic choice and its maps', async () => {
    await page.getByTestId('tool-probe').click()
    await page.getByTestId('vessel-undo').click()
    await mapsDrawn(page)
    await expect(page.getByTestId('aif-choice')).toHaveText('by hand')
    await page.getByTestId('pane-source').focus()
    await page.keyboard.press('Control+z')
    await expect(page.getByTestId('aif-choice')).toHaveText('automatic')
    await mapsDrawn(page)
    expect(await probedMaps(page)).toEqual(automatic)
    await expect(page.getByTestId('vessel-undo')).toBeDisabled()
    await page.getByTestId('vessel-redo').click()
    await expect(page.getByTestId('aif-choice')).toHaveText('by hand')
    await page.getByTestId('aif-automatic').click()
    await mapsDrawn(page)
    expect(await probedMaps(page)).toEqual(automatic)
  })
})

test('two methods beside each other', async ({ workstation, phantom }) => {
  const { page } = workstation
  const { voxel } = typicalVoxels(phantom, slice)[0]
  await openFolder(workstation, phantom.dicom)
  await mapsDrawn(page)
  await goToSlice(page, slice)
  await clickVoxel(page, phantom, voxel)
  const values: Record<string, Record<string, number>> = { bennink: await probedMaps(page) }

  await test.step('each method gives maps of its own', async () => {
    for (const method of ['ssvd', 'csvd', 'osvd']) {
      await page.getByTestId('method').selectOption(method)
      await mapsDrawn(page)
      values[method] = await probedMaps(page)
    }
    const distinct = new Set(Object.values(values).map(({ cbf, mtt }) => `${cbf} ${mtt}`))
    expect(distinct.size).toBe(4)
  })

  await test.step('compare mode shows two sources and their difference', async () => {
    await page.getByTestId('method').selectOption('bennink')
    await page.getByTestId('compare').click()
    await page.getByTestId('other-method').selectOption('csvd')
    await mapsDrawn(page, ['cbv', 'cbf', 'ttp', 'b-cbv', 'b-cbf', 'b-ttp'])
    for (const map of mapNames) {
      expect(await probed(page, map)).toBe(values.bennink[map])
      expect(await probed(page, `b-${map}`)).toBe(values.csvd[map])
    }
    await page.getByTestId('difference').click()
    await mapsDrawn(page, ['d-cbv', 'd-cbf', 'd-ttp'])
    await expect(page.getByTestId('pane-d-cbf')).toContainText('Box − cSVD')
  })

  await test.step('their agreement is told for the slice and for the study', async () => {
    await page.getByTestId('tab-agreement').click()
    const figures = async (): Promise<string[]> =>
      page.getByTestId('agreement-cbf').getByRole('cell').allTextContents()
    await expect(page.getByTestId('agreement-cbf')).toBeVisible()
    const ofSlice = await figures()
    const pearson = Number(ofSlice.at(-1))
    expect(pearson).toBeGreaterThan(0.5)
    expect(pearson).toBeLessThan(1)
    await expect(page.getByTestId('joint-histogram')).toHaveAttribute('data-most', /^[1-9]/)
    await page.getByTestId('agreement-study').check()
    expect(await figures()).not.toEqual(ofSlice)
  })

  await test.step('two rows stay linked', async () => {
    await page.getByTestId('pane-b-cbf').hover()
    await page.mouse.wheel(0, 100)
    for (const pane of ['source', 'cbf', 'b-cbf', 'd-cbf']) {
      await expect(page.getByTestId(`pane-${pane}`)).toHaveAttribute('data-slice', String(slice + 1))
    }
  })
})
