import {
  drawn,
  expectVolume,
  openFirstReading,
  overlayPixels,
  panesDrawn,
  picture,
  shownVolume,
  signIn,
  stroke,
} from './drawing'
import { goToSlice, openFolder } from './rooms'
import { expect, test } from './workstation'

test('a core is sketched with the mouse, seen on every pane, measured, undone and redone', async ({
  workstation,
  phantom,
}) => {
  const { page } = workstation

  await test.step('an empty room says what to do next', async () => {
    await expect(page.getByText('Engine ready')).toBeVisible()
    await page.keyboard.press('Alt+3')
    await expect(page.getByRole('heading', { name: 'Draw the infarct core' })).toBeVisible()
    await expect(page.getByRole('button', { name: 'Sign in' })).toBeDisabled()
    await expect(page.getByRole('button', { name: 'Try the demo' })).toBeEnabled()
  })

  await picture(page, 'empty')
  await openFolder(workstation, phantom.dicom)
  await expect(page.getByTestId('pane-source')).toBeVisible({ timeout: 120_000 })
  await page.keyboard.press('Alt+3')
  await panesDrawn(page)
  await goToSlice(page, 2)

  await test.step('a stroke is drawn on the pane of one map and seen on all of them', async () => {
    await page.keyboard.press('p')
    await stroke(page, 'cbv', phantom.size, [
      [40, 50],
      [60, 50],
      [60, 70],
    ])
    expect(await expectVolume(page, 0, 'core')).toBeGreaterThan(100)
    for (const pane of ['cbv', 'cbf', 'ttp', 'source']) {
      await expect.poll(() => overlayPixels(page, pane)).toBeGreaterThan(500)
    }
  })

  await test.step('the brush changes its size by [ and ], the eraser takes away', async () => {
    await page.keyboard.press(']')
    await expect(page.getByTestId('brush-size')).toHaveText('9 mm')
    await page.keyboard.press('[')
    const before = (await drawn(page)).voxels[0]
    await page.keyboard.press('e')
    await stroke(page, 'ttp', phantom.size, [
      [45, 45],
      [45, 55],
    ])
    expect(await expectVolume(page, 0, 'core')).toBeLessThan(before)
    await page.keyboard.press('Control+z')
    expect(await expectVolume(page, 0, 'core')).toBe(before)
    await page.keyboard.press('Control+z')
    expect(await expectVolume(page, 0, 'core')).toBe(0)
    await page.keyboard.press('Control+Shift+z')
    expect(await expectVolume(page, 0, 'core')).toBe(before)
  })

  await test.step('the penumbra has a layer of its own; a freehand outline is filled', async () => {
    const core = (await drawn(page)).voxels[0]
    await page.keyboard.press('2')
    await page.keyboard.press('h')
    await stroke(page, 'cbf', phantom.size, [
      [30, 40],
      [80, 40],
      [80, 80],
      [30, 80],
    ])
    // A square of 50 × 40 voxels, drawn by hand.
    expect(Math.abs((await expectVolume(page, 1, 'penumbra')) - 50 * 40)).toBeLessThan(120)
    expect((await drawn(page)).voxels[0]).toBe(core)
  })

  await test.step('a proposal is shown first, and accepted', async () => {
    await page.getByTestId('propose-tmax').click()
    await expect(page.getByTestId('proposal')).toContainText('ml')
    const before = await shownVolume(page, 'penumbra')
    await page.keyboard.press('Escape')
    await expect(page.getByTestId('proposal')).toBeHidden()
    expect(await shownVolume(page, 'penumbra')).toBe(before)
    await page.getByTestId('propose-tmax').click()
    await page.getByTestId('proposal-accept').click()
    expect(await shownVolume(page, 'penumbra')).toBeGreaterThan(before)
    await expectVolume(page, 1, 'penumbra')
  })

  await picture(page, 'drawing')
  await test.step('the drawing outlives a look at Review', async () => {
    const before = await drawn(page)
    await page.keyboard.press('Alt+2')
    await expect(page.getByTestId('map-grid')).toBeVisible()
    await page.keyboard.press('Alt+3')
    await panesDrawn(page)
    expect(await drawn(page)).toEqual(before)
  })
})

test('a study is made, a case of it drawn, saved, found again after a reload, signed and reopened', async ({
  workstation,
  phantom,
}) => {
  const { page } = workstation
  await openFolder(workstation, phantom.dicom)
  await expect(page.getByTestId('pane-source')).toBeVisible({ timeout: 120_000 })
  await page.keyboard.press('Alt+3')
  await panesDrawn(page)

  await test.step('a rater signs in for the first time and makes a study of the open case', async () => {
    await page.getByTestId('to-desk').click()
    await signIn(page, 'Rater One', '2468')
    await page.getByTestId('new-study').click()
    await page.getByTestId('study-name').fill('Core and penumbra')
    await page.getByLabel('Add a study opened before').selectOption({ index: 1 })
    await expect(page.getByTestId('case')).toHaveCount(1)
    await picture(page, 'new-study')
    await page.getByTestId('create-study').click()
    await expect(page.getByTestId('worklist-item')).toHaveCount(1)
    await expect(page.getByTestId('progress')).toContainText('Rater One')
    await picture(page, 'desk')
  })

  await test.step('the reading is blinded: rooms that name the patient or the source are closed', async () => {
    await openFirstReading(page, 'Read')
    await expect(page.getByRole('button', { name: 'Studies', exact: true })).toBeDisabled()
    await expect(page.getByTestId('drawing-panes').getByText('Box regression')).toHaveCount(0)
  })

  let core = 0
  await test.step('a stroke is saved within two seconds', async () => {
    await goToSlice(page, 2)
    await page.keyboard.press('p')
    await stroke(page, 'cbv', phantom.size, [
      [88, 55],
      [88, 70],
    ])
    core = await expectVolume(page, 0, 'core')
    expect(core).toBeGreaterThan(50)
    await expect(page.getByTestId('save-state')).toHaveText('Saved', { timeout: 2_000 })
    await picture(page, 'reading')
  })

  await test.step('after a reload the drawing is there', async () => {
    await page.reload()
    await openFirstReading(page, 'Go on')
    expect(await expectVolume(page, 0, 'core')).toBe(core)
    await expect(page.getByTestId('save-state')).toHaveText('Saved')
  })

  await test.step('a wrong PIN does not sign; the right one locks the reading', async () => {
    await page.getByTestId('sign-reading').click()
    await page.getByTestId('sign-pin').fill('0000')
    await page.getByTestId('sign-confirm').click()
    await expect(page.getByRole('dialog').getByRole('alert')).toContainText('PIN')
    await page.getByTestId('sign-pin').fill('2468')
    await page.getByTestId('sign-confirm').click()
    await expect(page.getByTestId('read-only')).toContainText('signed')
    await stroke(page, 'cbv', phantom.size, [
      [40, 55],
      [40, 70],
    ])
    expect(await expectVolume(page, 0, 'core')).toBe(core)
    await picture(page, 'signed')
  })

  await test.step('it is reopened with a reason only', async () => {
    await page.getByTestId('leave-reading').click()
    const item = page.getByTestId('worklist-item').first()
    await expect(item).toContainText('Signed')
    await expect(item).toContainText('core')
    await item.getByRole('button', { name: 'Reopen…' }).click()
    await expect(page.getByTestId('reopen-confirm')).toBeDisabled()
    await page.getByTestId('reopen-reason').fill('The upper slices were forgotten.')
    await page.getByTestId('reopen-confirm').click()
    await expect(item).toContainText('Begun')
    await openFirstReading(page, 'Go on')
    await page.keyboard.press('Control+z')
    expect(await expectVolume(page, 0, 'core')).toBe(core)
    await goToSlice(page, 1)
    await page.keyboard.press('p')
    await stroke(page, 'cbv', phantom.size, [
      [88, 55],
      [88, 70],
    ])
    expect(await expectVolume(page, 0, 'core')).toBeGreaterThan(core)
  })
})
