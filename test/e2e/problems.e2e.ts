import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runPhantom } from './phantom'
import { answerDialogs, mapsDrawn, openFolder } from './rooms'
import { expect, test } from './workstation'

test('a scan that ends before the contrast comes gets a reason, not a map of noise', async ({
  workstation,
}) => {
  const { page, scratch } = workstation
  const folder = join(scratch, 'without contrast')
  runPhantom(folder, '--size', '96', '--slices', '2', '--volumes', '40', '--interval', '0.15', '--noise', '3')
  await openFolder(workstation, join(folder, 'dicom'))

  await test.step('a card says what happened and what to do', async () => {
    const problem = page.getByTestId('review-problem')
    await expect(problem).toContainText(/artery|contrast|short/i, { timeout: 120_000 })
    await expect(problem.getByRole('button', { name: 'Try again' })).toBeVisible()
    await expect(page.getByTestId('legend-cbf')).toBeHidden()
    await expect(page.getByTestId('export')).toBeDisabled()
  })

  await test.step('the series itself can be looked through', async () => {
    await page.getByTestId('time-slider').fill('20')
    await expect(page.getByTestId('pane-source')).toHaveAttribute('data-frame', '20')
  })

  await test.step('the job list keeps the reason and its log', async () => {
    await page.getByRole('button', { name: 'Jobs' }).click()
    const job = page.getByRole('listitem').filter({ hasText: 'Maps of' })
    await expect(job).toContainText('Failed')
    await expect(job.getByRole('button', { name: 'Hide log' })).toBeVisible()
    await expect(job).toContainText(/artery|contrast|short/i)
  })
})

test('maps that cannot be written say why, and nothing is left half done', async ({
  workstation,
  phantom,
}) => {
  const { page, scratch } = workstation
  const file = join(scratch, 'a file, not a folder')
  writeFileSync(file, 'in the way')
  await openFolder(workstation, phantom.dicom)
  await mapsDrawn(page)
  const folder = join(file, 'maps')
  await answerDialogs(workstation, [folder])
  await page.getByTestId('export').click()
  await page.getByTestId('export-directory').fill(folder)
  await page.getByTestId('export-run').click()
  const dialog = page.getByRole('dialog', { name: 'Export the maps' })
  await expect(dialog.getByRole('alert')).toBeVisible()
  await expect(dialog.getByRole('alert')).toContainText(file)
  expect(existsSync(folder)).toBe(false)
  await page.getByTestId('export-directory').fill(join(scratch, 'elsewhere'))
  await page.getByTestId('export-run').click()
  await expect(page.getByTestId('export-written')).toContainText('files written', { timeout: 60_000 })
})
