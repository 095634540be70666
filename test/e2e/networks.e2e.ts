import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { tinyTraining } from '../tinyTraining'
import { typicalVoxels } from './phantom'
import { goToSlice, mapsDrawn, openFolder, probed, probeVoxel } from './rooms'
import { expect, test } from './workstation'

async function train(page: Page, config: object): Promise<void> {
  await expect(page.getByText('Engine ready')).toBeVisible()
  await page.keyboard.press('Alt+4')
  await page.getByTestId('training-new').click()
  await page.getByTestId('training-config').fill(JSON.stringify(config))
  await page.getByTestId('training-start').click()
}

/** The ONNX file of the only run, where a person puts networks. */
async function putAmongModels(data: string, file: string): Promise<void> {
  const runs = join(data, 'training', 'runs')
  const [run] = await readdir(runs)
  await mkdir(join(data, 'models'))
  await copyFile(join(runs, run, file), join(data, 'models', file))
}

/** How many colours a canvas shows. */
function coloursOf(page: Page, testid: string): Promise<number> {
  return page.getByTestId(testid).evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] }
    const colours = new Set<number>()
    for (let i = 0; i < data.length; i += 4) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2])
    return colours.size
  })
}

test.describe('started as the demonstration is', () => {
  test.use({ comparison: 'cnn,bennink', runs: true })

  test('everything is run, and maps by a network stand above those by deconvolution', async ({
    workstation,
    phantom,
  }) => {
    await openFolder(workstation, phantom.dicom)
    await mapsDrawn(workstation.page, ['cbv', 'cbf', 'ttp', 'b-cbv', 'b-cbf', 'b-ttp'])
    await expect(workstation.page.getByTestId('tab-quality')).toHaveAttribute('aria-selected', 'true')
    await expect(workstation.page.getByTestId('pane-cbf')).toContainText('CNN')
    await expect(workstation.page.getByTestId('pane-b-cbf')).toContainText('Box')
  })
})

test('maps by a network agree with the truth', async ({ workstation, phantom }) => {
  const { page } = workstation
  const slice = 1
  await openFolder(workstation, phantom.dicom)
  await mapsDrawn(page)
  await page.getByTestId('compare').click()
  await page.getByTestId('method').selectOption('cnn')
  await mapsDrawn(page, ['cbv', 'cbf', 'ttp', 'b-cbv', 'b-cbf', 'b-ttp'])
  await expect(page.getByTestId('pane-cbf')).toContainText('CNN')
  await goToSlice(page, slice)
  for (const { name, voxel } of typicalVoxels(phantom, slice)) {
    await test.step(`blood flow at ${voxel.join(', ')} (tissue/lesion ${name})`, async () => {
      await probeVoxel(page, 'source', phantom.size, voxel)
      const truth = phantom.truth('cbf').at(voxel)
      expect(Math.abs((await probed(page, 'cbf')) - truth)).toBeLessThanOrEqual(5 + 0.4 * truth)
      expect(await probed(page, 'cbf')).not.toBe(await probed(page, 'b-cbf'))
    })
  }
})

test('a network is trained in the window, and can then be chosen for the maps', async ({
  workstation,
  phantom,
}) => {
  const { page } = workstation
  await train(page, { ...tinyTraining, batch: 0 })
  await expect(page.getByRole('alert')).toContainText('batch')
  await page.keyboard.press('Escape')
  await train(page, tinyTraining)
  await expect(page.getByTestId('run-tiny')).toContainText('Finished', { timeout: 120_000 })
  await expect(page.getByTestId('loss-chart')).toBeVisible()
  await test.step('the maps of a slice it did not learn from are shown, of the last epoch', async () => {
    await expect(page.getByTestId('example-epoch')).toContainText('Epoch 3')
    for (const image of ['baseline', 'cbf-truth', 'cbf-predicted', 'cbf-difference', 'ttp-predicted']) {
      expect(await coloursOf(page, `example-${image}`), image).toBeGreaterThan(10)
    }
    await expect(page.getByTestId('example-maps')).toContainText('ml/100 g/min')
  })
  await page.getByRole('tab', { name: 'Model card' }).click()
  await expect(page.getByTestId('run-details')).toContainText('Research use only')
  await page.getByTestId('training-export').click()
  await expect(page.getByText('Written as ONNX')).toBeVisible({ timeout: 60_000 })
  await putAmongModels(join(workstation.scratch, 'data'), 'tiny.onnx')

  await openFolder(workstation, phantom.dicom)
  await mapsDrawn(page)
  await page.getByTestId('method').selectOption('cnn')
  await mapsDrawn(page)
  const before = await page.getByTestId('network').inputValue()
  await page.getByTestId('network').selectOption({ label: 'tiny, trained here' })
  expect(await page.getByTestId('network').inputValue()).not.toBe(before)
  await mapsDrawn(page)
  await page.getByTestId('network').selectOption({ label: 'tiny, from tiny.onnx' })
  await mapsDrawn(page)
})
