import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { mapsDrawn, openFolder } from './rooms'
import { downloaded, expect, test } from './workstation'

const step = (page: Page, name: string) => page.getByTestId(`step-${name}`)
const states = async (page: Page): Promise<Record<string, string | null>> => {
  const names = ['motion', 'filter', 'inputs', 'deconvolve', 'predict', 'tissueAtRisk', 'quality']
  const found = await Promise.all(names.map((name) => step(page, name).getAttribute('data-state')))
  return Object.fromEntries(names.map((name, index) => [name, found[index]]))
}
const finished = (page: Page) =>
  expect(page.getByTestId('pipeline-state')).toContainText('done in', { timeout: 240_000 })

test('one run makes everything, and after a change only what follows', async ({ workstation, phantom }) => {
  test.setTimeout(240_000)
  const { page } = workstation
  await openFolder(workstation, phantom.dicom)
  await mapsDrawn(page)

  await test.step('a click runs all steps and shows what came out of each', async () => {
    await page.getByTestId('run').click()
    await expect(page.getByTestId('tab-pipeline')).toHaveAttribute('aria-selected', 'true')
    await finished(page)
    expect(await states(page)).toMatchObject({
      motion: 'done',
      filter: 'done',
      inputs: 'done',
      deconvolve: 'done',
    })
    await expect(step(page, 'tissueAtRisk')).toContainText('Core')
    await expect(step(page, 'inputs')).toContainText('Artery: good')
    await expect(step(page, 'deconvolve')).toContainText(/\d s/)
    await expect(page.getByText('The maps on the screen are not those of this run')).toHaveCount(0)
  })

  await test.step('a step is opened, and its setting changed: what follows is to be redone', async () => {
    await step(page, 'deconvolve').getByRole('button').first().click()
    await page.getByTestId('step-deconvolve-method').selectOption('csvd')
    await expect(step(page, 'deconvolve')).toContainText('changed')
    await expect(step(page, 'tissueAtRisk')).toContainText('to be redone')
    await expect(step(page, 'inputs')).not.toContainText('to be redone')
  })

  await test.step('only the later steps are computed', async () => {
    await page.getByTestId('pipeline-run').click()
    await finished(page)
    expect(await states(page)).toEqual({
      motion: 'kept',
      filter: 'kept',
      inputs: 'kept',
      predict: 'kept',
      deconvolve: 'done',
      tissueAtRisk: 'done',
      quality: 'done',
    })
    await expect(step(page, 'deconvolve')).toContainText('cSVD')
  })

  await test.step('another filter computes the inputs anew, and leaves motion and network alone', async () => {
    await step(page, 'filter').getByRole('button').first().click()
    await expect(page.getByTestId('step-filter-profileHu')).toBeVisible()
    await page.getByTestId('step-filter-method').selectOption('none')
    await expect(page.getByTestId('step-filter-spatialMm')).toHaveCount(0)
    await page.getByTestId('step-filter-method').selectOption('bilateral')
    await expect(page.getByTestId('step-filter-profileHu')).toHaveCount(0)
    await page.getByTestId('pipeline-run').click()
    await finished(page)
    expect(await states(page)).toMatchObject({
      motion: 'kept',
      predict: 'kept',
      filter: 'done',
      inputs: 'done',
      deconvolve: 'done',
    })
  })
})

test('studies wait in a queue and end in one table', async ({ workstation, phantom }) => {
  test.setTimeout(300_000)
  const { page, scratch } = workstation
  const results = join(scratch, 'results')
  await page.getByRole('button', { name: 'Jobs' }).click()
  const queue = page.getByTestId('queue')
  await expect(page.getByTestId('queue-empty')).toContainText('No studies wait')
  await page.getByTestId('queue-settings-open').click()
  await page.getByTestId('queue-method').selectOption('csvd')
  await page.getByTestId('queue-network').uncheck()
  await page.getByTestId('queue-not-reliable').selectOption('summary')
  const add = async (folder: string): Promise<void> => {
    await page.getByTestId('queue-add').click()
    await page.getByTestId('queue-folder').fill(folder)
    await page.getByTestId('queue-directory').fill(results)
    await page.getByTestId('queue-run').click()
    await expect(page.getByTestId('queue-folder')).toBeHidden()
  }
  await add(phantom.dicom)
  await add(join(scratch, 'not-there'))
  const [done, failed] = [queue.locator('tr[data-state="done"]'), queue.locator('tr[data-state="failed"]')]
  await expect(failed).toContainText('There is no such file or folder', { timeout: 240_000 })
  await expect(done).toContainText('dicom')
  expect(existsSync(join(results, 'dicom', 'summary.json'))).toBe(true)
  const { steps } = JSON.parse(readFileSync(join(results, 'dicom', 'run.json'), 'utf8')) as {
    steps: { step: string; state: string; settings: Record<string, unknown> }[]
  }
  const settingsOf = (name: string) => steps.find(({ step: each }) => each === name)?.settings
  expect(settingsOf('deconvolve')).toMatchObject({ method: 'csvd' })
  expect(settingsOf('export')).toEqual({ notReliable: 'summary' })
  expect(steps.find(({ step: each }) => each === 'predict')?.state).toBe('off')
  const table = readFileSync(join(results, 'cohort.md'), 'utf8')
  expect(table).toContain('| dicom | done |')
  expect(table).toContain('| not-there | failed |')

  await test.step('the table is sorted by the head of a column', async () => {
    const studies = queue.locator('tbody tr td:first-child')
    await expect(studies).toHaveText(['dicom', 'not-there'])
    const head = queue.getByRole('button', { name: 'Study', exact: true })
    await head.click()
    await head.click()
    await expect(studies).toHaveText(['not-there', 'dicom'])
    await expect(queue.getByRole('columnheader', { name: 'Study' })).toHaveAttribute(
      'aria-sort',
      'descending',
    )
    await head.click()
    await expect(studies).toHaveText(['dicom', 'not-there'])
  })

  await test.step('the table of all is saved as CSV, and the choices are there after a reload', async () => {
    const csv = await downloaded(workstation, () => page.getByTestId('queue-csv').click())
    expect(csv.split('\r\n')[0]).toMatch(/^study,state,quality,coreMl/)
    expect(csv).toMatch(/\r\ndicom,done,/)
    await page.reload()
    await expect(queue.locator('tr[data-state="done"]')).toContainText('dicom')
    await page.getByTestId('queue-settings-open').click()
    await expect(page.getByTestId('queue-method')).toHaveValue('csvd')
    await page.getByTestId('queue-add').click()
    await expect(page.getByTestId('queue-directory')).toHaveValue(results)
  })
})
