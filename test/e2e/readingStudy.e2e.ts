import { readFileSync, renameSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { drawn, expectVolume, openFirstReading, panesDrawn, picture, signIn, stroke } from './drawing'
import { goToSlice, openFolder } from './rooms'
import { expect, test } from './workstation'

/** What would tell a blinded rater whose maps these are, or where they come from. */
const telling = /PHANTOM|HEAD|cSVD|Box regression|Doe|case of the clinic/i

const seen = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const titles = [...document.querySelectorAll('[title]')].map((element) => element.getAttribute('title'))
    const labels = [...document.querySelectorAll('[aria-label]')].map((each) =>
      each.getAttribute('aria-label'),
    )
    return [document.title, document.body.innerText, ...titles, ...labels].join('\n')
  })

/** Another tab on the same host. */
async function secondPage(page: Page): Promise<Page> {
  const token = await page.evaluate(() => sessionStorage.getItem('umbra.token'))
  const context = await page
    .context()
    .browser()!
    .newContext({ viewport: { width: 1440, height: 900 } })
  const second = await context.newPage()
  await second.goto(`${new URL(page.url()).origin}/#token=${token}`)
  await expect(second.getByText('Engine ready')).toBeVisible()
  return second
}

/** A study of one case with cSVD maps, read by Rater One; whoever is signed in makes it. */
async function makeStudy(page: Page, folder: string, change: () => Promise<void> = async () => undefined) {
  await page.getByTestId('new-study').click()
  await page.getByTestId('study-name').fill('Pilot')
  await page.getByTestId('case-folder').fill(folder)
  await page.getByTestId('add-folder').click()
  await expect(page.getByTestId('case')).toHaveCount(1)
  await page.getByTestId('rater-1').fill('Rater One')
  await page.getByLabel('Method of source 1').selectOption('csvd')
  await change()
  await page.getByTestId('create-study').click()
  await expect(page.getByTestId('matrix')).toBeVisible()
}

test('a study is made, read by a rater who is told nothing, and followed by its coordinator', async ({
  workstation,
  phantom,
}) => {
  test.skip(
    workstation.host === 'electron',
    'the browser shows it; reading.e2e.ts reads in the desktop window',
  )
  const { page, scratch } = workstation
  const folder = join(scratch, 'Doe-Jane')
  cpSync(phantom.dicom, folder, { recursive: true })
  // As the coordinator leaves the window: with the patient open.
  await openFolder(workstation, folder)
  await expect(page.getByTestId('pane-source')).toBeVisible({ timeout: 120_000 })
  await page.keyboard.press('Alt+3')
  await page.getByTestId('to-desk').click()
  await signIn(page, 'Coordinator', '1357')

  await test.step('a protocol says what is read by whom, drawn how, and hidden', async () => {
    await makeStudy(page, folder, async () => {
      await page.getByLabel('Name of case 1').fill('case of the clinic')
      await page.getByTestId('add-structure').click()
      await page.getByTestId('create-study').click()
      await expect(page.getByTestId('study-faults')).toContainText('A structure has no name.')
      await page.getByTestId('structure-3').fill('Old infarct')
      await page.getByLabel('Code of structure 3').selectOption({ label: 'Cerebral infarction' })
      await page.getByTestId('add-rater').click()
      await page.getByTestId('rater-2').fill('Rater Two')
      await page.getByTestId('add-source').click()
      await page.getByLabel('Method of source 2').selectOption('bennink')
      await page.getByLabel('Rater Two reads Box regression').check()
      await page.getByLabel('Read case of the clinic twice').check()
      await page.getByTestId('wash-out').fill('14')
      await page.getByTestId('thresholds').uncheck()
      await expect(page.getByText('None: everything is drawn by hand.')).toBeVisible()
      await page.getByTestId('network-help').check()
      await picture(page, 'study-form')
    })
    const matrix = page.getByTestId('matrix')
    await expect(matrix).toContainText('0 of 2')
    await expect(page.getByTestId('progress').locator('tbody tr')).toHaveCount(4)
  })

  await test.step('it goes out as one file and comes in again, and is changed while nothing is drawn', async () => {
    const download = page.waitForEvent('download')
    await page.getByTestId('export-protocol').click()
    const file = join(scratch, 'pilot.json')
    await (await download).saveAs(file)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      structures: [{ key: 'core' }, { key: 'penumbra' }, { name: 'Old infarct', label: 3 }],
      washOutDays: 14,
      rereads: { cases: 'all' },
      assistance: { thresholds: false, proposals: true },
    })
    await page.getByTestId('edit-study').click()
    await page.getByTestId('study-name').fill('Pilot, changed')
    await page.getByTestId('create-study').click()
    await expect(page.getByRole('heading', { name: 'Pilot, changed: all readings' })).toBeVisible()
    await page.locator('input[type=file][accept=".json"]').setInputFiles(file)
    await expect(page.getByRole('heading', { name: 'Pilot: all readings' })).toBeVisible()
    await page.getByRole('button', { name: /^Pilot, changed/ }).click()
    await picture(page, 'study-progress')
  })

  await test.step('a rater signs in: the other rooms and their names are gone', async () => {
    await page.getByTestId('sign-out').click()
    await signIn(page, 'Rater One', '2468')
    for (const room of ['Studies', 'Review', 'Training']) {
      await expect(page.getByRole('button', { name: room, exact: true })).toBeDisabled()
    }
    await page.keyboard.press('Alt+2')
    await page.keyboard.press('Alt+1')
    await expect(page.getByTestId('blinded')).toBeVisible()
    expect(await seen(page)).not.toMatch(telling)
    await page.getByRole('button', { name: 'Pilot, changed' }).first().click()
    await picture(page, 'blinded-desk')
  })

  await test.step('nothing in the window tells the patient or the source while the case is read', async () => {
    await openFirstReading(page, 'Read')
    expect(await seen(page)).not.toMatch(telling)
    await goToSlice(page, 2)
    await page.keyboard.press('p')
    await stroke(page, 'cbv', phantom.size, [
      [40, 50],
      [60, 50],
    ])
    expect(await expectVolume(page, 0, 'core')).toBeGreaterThan(50)
    await expect(page.getByTestId('volume-structure-1')).toHaveText('0.00')
    await picture(page, 'blinded-reading')
  })

  await test.step('without thresholds there is no tool that looks at values, not even by its key', async () => {
    await expect(page.getByTestId('draw-threshold')).toHaveCount(0)
    await expect(page.getByTestId('draw-grow')).toHaveCount(0)
    await expect(page.getByText('Proposals by threshold')).toHaveCount(0)
    await page.keyboard.press('t')
    await page.keyboard.press('g')
    await expect(page.getByTestId('draw-brush')).toHaveAttribute('aria-pressed', 'true')
  })

  await test.step('a network proposes, whatever maps are read, and only what is accepted is drawn', async () => {
    const before = Number(await page.getByTestId('volume-core').textContent())
    await page.getByTestId('network-propose-2').click()
    await expect(page.getByTestId('proposal')).toContainText('Network, CBV < 2 ml/100 g')
    await expect(page.getByTestId('volume-core')).toHaveText(before.toFixed(2))
    expect(await seen(page)).not.toMatch(telling)
    await picture(page, 'network-proposal')
    await page.keyboard.press('Enter')
    await expect(page.getByTestId('proposal')).toBeHidden()
    await expect
      .poll(async () => Number(await page.getByTestId('volume-core').textContent()))
      .toBeGreaterThan(before)
    await page.getByTestId('network-propose-1').click()
    await page.getByTestId('proposal-refuse').click()
    await expect(page.getByTestId('proposal')).toBeHidden()
  })

  await test.step('nor does it after going back to the list, and after a reload', async () => {
    await expect(page.getByTestId('save-state')).toHaveText('Saved')
    await page.getByTestId('leave-reading').click()
    await expect(page.getByTestId('worklist-item').first()).toContainText('Begun')
    await expect(page.getByRole('button', { name: 'Review', exact: true })).toBeDisabled()
    expect(await seen(page)).not.toMatch(telling)
    await page.reload()
    await expect(page.getByText('Engine ready')).toBeVisible()
    await expect(page.getByRole('button', { name: 'Review', exact: true })).toBeDisabled()
    await expect(page.getByTestId('worklist-item')).toHaveCount(2)
    expect(await seen(page)).not.toMatch(telling)
    await expect(page.getByTestId('worklist-item').nth(1)).toContainText('opens later')
  })

  await test.step('the reading is signed', async () => {
    await openFirstReading(page, 'Go on')
    await page.getByTestId('sign-reading').click()
    await page.getByTestId('sign-pin').fill('2468')
    await page.getByTestId('sign-confirm').click()
    await expect(page.getByTestId('read-only')).toContainText('signed')
    await page.getByTestId('leave-reading').click()
  })

  await test.step('who left is signed out', async () => {
    await page.getByTestId('idle').selectOption('5')
    await page.evaluate(() => {
      const now = Date.now
      Date.now = () => now() + 6 * 60_000
    })
    await expect(page.getByText('Signed out after 5 minutes')).toBeVisible()
    await expect(page.getByTestId('sign-in-name')).toBeVisible()
    await page.reload()
  })

  await test.step('the coordinator sees what was done, and the trail of it', async () => {
    await expect(page.getByText('Engine ready')).toBeVisible()
    await page.keyboard.press('Alt+3')
    await page.getByTestId('to-desk').click()
    await signIn(page, 'Coordinator', '1357')
    await page.getByRole('button', { name: /^Pilot, changed/ }).click()
    await expect(page.getByRole('button', { name: 'Review', exact: true })).toBeEnabled()
    await expect(page.getByTestId('matrix')).toContainText('1 of 2')
    await expect(page.getByTestId('edit-study')).toBeDisabled()
    await page.getByTestId('matrix').getByRole('button', { name: 'New PIN…' }).first().click()
    await page.getByTestId('new-pin').fill('9753')
    await page.getByTestId('reset-pin').click()
    await expect(page.getByTestId('new-pin')).toBeHidden()
    await page.getByTestId('audit-page').click()
    await expect(page.getByTestId('audit-verdict')).toContainText('Whole')
    for (const text of ['Rater One', 'signed a reading', 'gave a new PIN', 'changed the protocol']) {
      await expect(page.getByTestId('audit')).toContainText(text)
    }
    const download = page.waitForEvent('download')
    await page.getByTestId('audit-csv').click()
    const path = join(scratch, 'audit.csv')
    await (await download).saveAs(path)
    const csv = readFileSync(path, 'utf8')
    expect(csv).toContain('number,time,actor,action,study,reading,detail,hash\r\n')
    expect(csv).toMatch(/Rater One,reading\.signed/)
    await picture(page, 'audit')
  })

  await test.step('a case that moved is said and found again', async () => {
    const moved = join(scratch, 'moved', 'elsewhere')
    cpSync(folder, moved, { recursive: true })
    renameSync(folder, `${folder}-old`)
    await page.reload()
    await page.getByRole('button', { name: /^Pilot, changed/ }).click()
    await expect(page.getByTestId('missing-cases')).toBeVisible()
    await picture(page, 'missing')
    await page.getByTestId('find-again').click()
    await page.getByTestId('new-folder').fill(join(scratch, 'moved'))
    await page.getByTestId('find-confirm').click()
    await expect(page.getByTestId('missing-cases')).toBeHidden()
  })

  await test.step('its cases can teach a network', async () => {
    await page.keyboard.press('Alt+4')
    await page.getByTestId('training-new').click()
    await page.getByTestId('training-data-reading-study').check()
    await page.getByTestId('training-study-name').selectOption('Pilot, changed')
    await expect(page.getByTestId('training-study-sum')).toContainText('1 of 1 cases, 1 patient')
    await expect(page.getByTestId('training-study')).toContainText('case of the clinic')
    await picture(page, 'teaching-study')
    const config = await page.getByTestId('training-config').inputValue()
    expect(JSON.parse(config).data).toMatchObject({ kind: 'reading-study', cases: ['case-1'] })
    await page.getByTestId('training-study').getByRole('checkbox').uncheck()
    await expect(page.getByText('No case is left to learn from.')).toBeVisible()
    await page.getByTestId('training-data-config').check()
    expect(JSON.parse(await page.getByTestId('training-config').inputValue()).data.kind).toBe('cohort')
  })
})

test('one case in two windows: the second can only look, and says so, until it takes over', async ({
  workstation,
  phantom,
}) => {
  test.skip(workstation.host === 'electron', 'the desktop application has one window')
  const { page } = workstation
  await expect(page.getByText('Engine ready')).toBeVisible()
  await page.keyboard.press('Alt+3')
  await signIn(page, 'Rater One', '2468')
  await makeStudy(page, phantom.dicom)
  await openFirstReading(page, 'Read')
  await goToSlice(page, 2)
  const line: [number, number][] = [
    [40, 50],
    [60, 50],
  ]
  await stroke(page, 'cbv', phantom.size, line)
  const first = await expectVolume(page, 0, 'core')
  await expect(page.getByTestId('save-state')).toHaveText('Saved')

  const second = await secondPage(page)
  await second.keyboard.press('Alt+3')
  await signIn(second, 'Rater One', '2468')
  await openFirstReading(second, 'Go on')
  await expect(second.getByTestId('read-only')).toContainText('Another window has this reading open')
  await expect(second.getByTestId('save-state')).toHaveText('Read only')
  await picture(second, 'second-window')
  await goToSlice(second, 2)
  await stroke(second, 'cbv', phantom.size, [
    [40, 70],
    [60, 70],
  ])
  expect((await drawn(second)).voxels[0]).toBe(first)

  // The first draws on meanwhile; its drawing is what the second takes over.
  await page.bringToFront()
  await stroke(page, 'cbv', phantom.size, [
    [40, 60],
    [60, 60],
  ])
  const more = await expectVolume(page, 0, 'core')
  expect(more).toBeGreaterThan(first)
  await expect(page.getByTestId('save-state')).toHaveText('Saved')
  await second.bringToFront()
  await second.getByTestId('take-over').click()
  await panesDrawn(second)
  await expect.poll(async () => (await drawn(second))?.voxels[0]).toBe(more)
  await expect(second.getByTestId('sign-reading')).toBeVisible()
  await stroke(second, 'cbv', phantom.size, [
    [40, 80],
    [60, 80],
  ])
  await expect(second.getByTestId('save-state')).toHaveText('Saved')

  await page.bringToFront()
  await stroke(page, 'cbv', phantom.size, [
    [40, 40],
    [60, 40],
  ])
  await expect(page.getByTestId('read-only')).toContainText('another window took it over')
})
