import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { answerDialogs, goToSlice, screenPoint } from './rooms'
import { expect, test } from './workstation'

const drawnVoxels = (page: Page): Promise<number[]> =>
  page.evaluate(() => (window.__umbraTest?.drawing as () => { voxels: number[] })().voxels)

async function panesDrawn(page: Page): Promise<void> {
  for (const pane of ['cbv', 'cbf', 'ttp']) {
    await expect(page.getByTestId(`legend-${pane}`)).toBeVisible({ timeout: 180_000 })
    await expect(page.getByTestId(`pane-${pane}`)).toHaveAttribute('data-slice', /\d/)
  }
}

const picture = async (page: Page, name: string): Promise<void> => {
  const folder = process.env.UMBRA_PICTURES
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` })
}

test('a reading is written as files, and a drawing from ITK-SNAP is taken over', async ({
  workstation,
  phantom,
}) => {
  const { page, scratch } = workstation
  await expect(page.getByText('Engine ready')).toBeVisible()
  await page.keyboard.press('Alt+3')
  await page.getByTestId('sign-in-name').fill('Rater One')
  await page.getByTestId('sign-in-pin').fill('2468')
  await page.getByTestId('sign-in').click()
  await page.getByTestId('new-study').click()
  await page.getByTestId('study-name').fill('Core and penumbra')
  if (workstation.host === 'electron') {
    await answerDialogs(workstation, [phantom.dicom])
    await page.getByRole('button', { name: 'Add a folder…' }).click()
  } else {
    await page.getByTestId('case-folder').fill(phantom.dicom)
    await page.getByTestId('add-folder').click()
  }
  await expect(page.getByTestId('case')).toHaveCount(1, { timeout: 60_000 })
  await page.getByTestId('create-study').click()
  await page.getByTestId('worklist-item').first().getByRole('button', { name: 'Read' }).click()
  await expect(page.getByTestId('reading-label')).toBeVisible({ timeout: 120_000 })
  await panesDrawn(page)
  await goToSlice(page, 2)
  await page.keyboard.press('p')
  const at = (x: number, y: number) => screenPoint(page.getByTestId('pane-cbv'), phantom.size, [x, y, 0])
  await page.mouse.move(...(await at(88, 55)))
  await page.mouse.down()
  await page.mouse.move(...(await at(88, 70)), { steps: 8 })
  await page.mouse.up()
  const [core] = await drawnVoxels(page)
  expect(core).toBeGreaterThan(50)
  const folder = join(scratch, 'readings')

  await test.step('the open reading is written with what was drawn a moment ago', async () => {
    await answerDialogs(workstation, [folder])
    await page.getByTestId('export-reading').click()
    const dialog = page.getByRole('dialog', { name: /^Export/ })
    await dialog.getByTestId('readings-directory').fill(folder)
    await picture(page, 'export-reading')
    await dialog.getByTestId('readings-export').click()
    await expect(dialog.getByTestId('readings-written')).toContainText('files written', { timeout: 60_000 })
    await picture(page, 'exported-reading')
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click()
    const files = readdirSync(folder)
    for (const end of ['.seg.dcm', '.sr.dcm', '.nii.gz', 'labels.txt', '.csv']) {
      expect(files.filter((name) => name.endsWith(end))).toHaveLength(1)
    }
    const table = readFileSync(join(folder, files.find((name) => name.endsWith('.csv')) ?? ''), 'utf8')
    expect(table.split('\r\n')[1]).toContain(`,${core},`)
  })

  await test.step('labels that are no structure of the study are asked about, and taken as answered', async () => {
    const labelmap = readdirSync(folder).find((name) => name.endsWith('.nii.gz')) ?? ''
    const labels = join(folder, 'mine.txt')
    writeFileSync(
      labels,
      readFileSync(join(folder, 'labels.txt'), 'utf8').replace('Infarct core', 'Everything dark'),
    )
    await page.getByTestId('import-reading').click()
    const dialog = page.getByRole('dialog', { name: /^Import/ })
    await dialog.getByTestId('import-files').setInputFiles([join(folder, labelmap), labels])
    await expect(dialog.getByTestId('import-labels')).toContainText('Everything dark', { timeout: 60_000 })
    await expect(dialog.getByTestId('import-run')).toBeDisabled()
    await dialog.getByLabel('Structure of label 1').selectOption('penumbra')
    await picture(page, 'import-reading')
    await dialog.getByTestId('import-replace').check()
    await dialog.getByTestId('import-run').click()
    await expect(dialog.getByTestId('import-taken')).toContainText('penumbra', { timeout: 120_000 })
    await picture(page, 'imported-reading')
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click()
    await panesDrawn(page)
    expect(await drawnVoxels(page)).toEqual([0, core])
    expect(existsSync(labels)).toBe(true)
  })
})
