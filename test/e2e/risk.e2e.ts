import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runPhantom } from './phantom'
import { answerDialogs, mapsDrawn, openFolder } from './rooms'
import { expect, test } from './workstation'

const ml = async (text: Promise<string | null>): Promise<number> => Number(await text)

test('tissue at risk and quality stand beside the maps and follow the thresholds', async ({
  workstation,
  phantom,
}) => {
  const { page, scratch } = workstation
  await openFolder(workstation, phantom.dicom)
  await mapsDrawn(page)
  await expect(page.getByTestId('quality-checking')).toBeHidden({ timeout: 60_000 })

  await test.step('volumes are those the phantom was made with', async () => {
    await page.getByTestId('tab-risk').click()
    const { lesion } = JSON.parse(readFileSync(join(phantom.dicom, '..', 'truth', 'truth.json'), 'utf8')) as {
      lesion: { coreMl: number; penumbraMl: number }
    }
    const core = await ml(page.getByTestId('risk-core').textContent())
    const late = await ml(page.getByTestId('risk-hypoperfusion').textContent())
    expect(Math.abs(core - lesion.coreMl)).toBeLessThan(Math.max(3, 0.1 * lesion.coreMl))
    const whole = lesion.coreMl + lesion.penumbraMl
    expect(Math.abs(late - whole)).toBeLessThan(Math.max(3, 0.1 * whole))
    await expect(page.getByTestId('risk-statements')).toContainText('The lesion lies in the left hemisphere.')
    await expect(page.getByTestId('risk-statements')).toContainText('compared with the right hemisphere')
  })

  await test.step('core and hypoperfusion lie over source and maps', async () => {
    for (const pane of ['source', 'cbf', 'tmax']) {
      await expect(page.getByTestId(`risk-overlay-${pane}`)).toHaveAttribute('data-layers', '2')
    }
    await page.getByTestId('risk-show-overlay').uncheck()
    await expect(page.getByTestId('risk-overlay-source')).toHaveAttribute('data-layers', '0')
    await page.getByTestId('risk-show-overlay').check()
  })

  await test.step('another threshold gives another volume, another side another reference', async () => {
    const before = await ml(page.getByTestId('risk-hypoperfusion').textContent())
    await page.getByTestId('risk-late-above').fill('9')
    await expect(page.getByTestId('risk-preset')).toHaveValue('own')
    await expect
      .poll(async () => ml(page.getByTestId('risk-hypoperfusion').textContent()), { timeout: 60_000 })
      .toBeLessThan(before)
    await page.getByTestId('risk-preset').selectOption('rcbf30-tmax6')
    await expect(page.getByTestId('risk-late-above')).toHaveValue('6')
    await page.getByTestId('risk-side').selectOption('left')
    await expect(page.getByTestId('risk-statements')).toContainText('chosen by a person', { timeout: 60_000 })
    await page.getByTestId('risk-side').selectOption('automatic')
    await expect(page.getByTestId('risk-statements')).not.toContainText('chosen by a person', {
      timeout: 60_000,
    })
  })

  await test.step('the page is drawn and written', async () => {
    await page.getByTestId('one-page').click()
    await expect(page.getByTestId('one-page-picture')).toBeVisible({ timeout: 60_000 })
    const size = await page
      .getByTestId('one-page-picture')
      .evaluate((picture: HTMLImageElement) => [picture.naturalWidth, picture.naturalHeight])
    expect(size).toEqual([1240, 1754])
    const folder = join(scratch, 'page')
    await answerDialogs(workstation, [folder])
    await page.getByTestId('one-page-export').click()
    await expect(page.getByTestId('export-one-page')).toBeChecked()
    await page.getByTestId('export-directory').fill(folder)
    await page.getByTestId('export-run').click()
    await expect(page.getByTestId('export-written')).toBeVisible({ timeout: 120_000 })
    for (const file of ['tissue-at-risk.pdf', 'dicom/tissue-at-risk-report.dcm', 'summary.json']) {
      expect(existsSync(join(folder, file))).toBe(true)
    }
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
  })

  await test.step('quality has a light, a figure and a reason for each check', async () => {
    await page.getByTestId('tab-quality').click()
    await expect(page.getByTestId('quality').getByRole('listitem')).toHaveCount(12)
    await expect(page.getByTestId('quality-arterialInput')).toHaveAttribute('data-grade', 'green')
    // Four slices of 5 mm are a thin slab.
    await expect(page.getByTestId('quality-coverage')).toHaveAttribute('data-grade', 'amber')
    await expect(page.getByTestId('quality-verdict')).toContainText('caution: coverage')
  })
})

test('a bad study says so before it shows a map, and what is wrong leads to its remedy', async ({
  workstation,
}) => {
  test.setTimeout(240_000)
  const { page, scratch } = workstation
  const folder = join(scratch, 'truncated')
  const size = ['--size', '96', '--slices', '4', '--noise', '8', '--seed', '4']
  runPhantom(folder, ...size, '--volumes', '17', '--interval', '1.2')
  await openFolder(workstation, join(folder, 'dicom'))

  await expect(page.getByTestId('quality-cover')).toContainText('not reliable', { timeout: 180_000 })
  await expect(page.getByTestId('quality-cover').getByTestId('quality-truncation')).toHaveAttribute(
    'data-grade',
    'red',
  )
  await page.getByTestId('tab-risk').click()
  await expect(page.getByTestId('risk')).toContainText('Do not rely on the maps or the volumes')
  await page.getByTestId('quality-accept').click()
  await expect(page.getByTestId('quality-cover')).toBeHidden()
  await expect(page.getByTestId('pane-cbf')).toBeVisible()

  const selected = (tab: string) =>
    expect(page.getByTestId(`tab-${tab}`)).toHaveAttribute('aria-selected', 'true')
  const remedy = (check: string, action: string) =>
    page.getByTestId('quality').getByTestId(`remedy-${check}-${action}`)

  await test.step('each line that is not green has a reason and a remedy, the worst first', async () => {
    await page.getByTestId('tab-quality').click()
    const lines = page.getByTestId('quality').getByRole('listitem')
    const told = await lines.evaluateAll((items) =>
      items.map((item) => ({
        grade: item.getAttribute('data-grade') ?? '',
        said: item.querySelector('p')?.firstChild?.textContent?.trim() ?? '',
        remedy: item.querySelector('p span')?.textContent?.trim() ?? '',
      })),
    )
    expect(told).toHaveLength(12)
    const order = ['red', 'amber', 'green']
    const places = told.map(({ grade }) => order.indexOf(grade))
    expect(places).toEqual([...places].sort())
    expect(told[0].grade).toBe('red')
    for (const { grade, said, remedy: what } of told) {
      expect(said).not.toBe('')
      expect(what === '').toBe(grade === 'green')
    }
  })

  await test.step('remedies lead to where they are', async () => {
    await remedy('arterialInput', 'chooseArtery').click()
    await selected('vessels')
    await expect(page.getByTestId('aif-panel').getByRole('button', { name: 'Pick by hand' })).toHaveAttribute(
      'aria-pressed',
      'true',
    )
    await page.getByTestId('tab-quality').click()
    await remedy('timing', 'chooseSeries').click()
    await expect(page.getByTestId('quality')).toBeHidden()
    await page.keyboard.press('Alt+2')
    await remedy('noise', 'chooseFilter').click()
    await selected('pipeline')
    await expect(page.getByTestId('step-filter-method')).toBeVisible()
  })

  const step = (name: string) => page.getByTestId(`step-${name}`)
  const run = async (): Promise<void> => {
    await page.getByTestId('pipeline-run').click()
    await expect(page.getByTestId('pipeline-state')).toContainText('done in', { timeout: 240_000 })
  }

  await test.step('a run filters, which is told of the noise that the scan had', async () => {
    await page.getByTestId('step-filter-method').selectOption('tips')
    await step('predict').getByRole('button').first().click()
    await page.getByTestId('step-predict-enabled').uncheck()
    await run()
    await expect(step('filter')).toHaveAttribute('data-state', 'done')
    await page.getByTestId('tab-quality').click()
    const noise = page.getByTestId('quality').getByTestId('quality-noise')
    await expect(noise).toContainText('before the filter', { timeout: 60_000 })
    await expect(remedy('noise', 'chooseFilter')).toBeHidden()
  })

  await test.step('another rule is set: only what follows it is made again', async () => {
    await page.getByTestId('tab-pipeline').click()
    await step('tissueAtRisk').getByRole('button').first().click()
    await page.getByTestId('step-rule').selectOption('rcbf20-tmax6')
    await expect(step('quality')).toContainText('to be redone')
    await run()
    await expect(step('filter')).toHaveAttribute('data-state', 'kept')
    await expect(step('deconvolve')).toHaveAttribute('data-state', 'kept')
    await expect(step('tissueAtRisk')).toHaveAttribute('data-state', 'done')
    await expect(step('tissueAtRisk')).toContainText('Not to be relied on')
  })
})
