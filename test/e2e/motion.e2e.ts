import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { PNG } from 'pngjs'
import { runPhantom } from './phantom'
import { openFolder } from './rooms'
import { expect, test } from './workstation'

/** The grey values of the middle of the source pane, as the screen shows them: nothing of its marks. */
async function picture(page: Page): Promise<number[]> {
  const box = await page.getByTestId('pane-source').boundingBox()
  if (box === null) throw new Error('The pane is not on the screen.')
  const { x, y, width, height } = box
  const clip = { x: x + width * 0.25, y: y + height * 0.12, width: width * 0.5, height: height * 0.7 }
  const { data } = PNG.sync.read(await page.screenshot({ clip }))
  return Array.from({ length: data.length / 4 }, (_, pixel) => data[4 * pixel])
}
const unlike = (a: number[], b: number[]): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length

async function atFrame(page: Page, frame: number): Promise<number[]> {
  await page.getByTestId('time-slider').fill(String(frame))
  await expect(page.getByTestId('frame-value')).toContainText(`${frame + 1}/`)
  await page.mouse.move(5, 5)
  let before = await picture(page)
  // Until the frame has arrived and is drawn.
  await expect(async () => {
    const now = await picture(page)
    const change = unlike(before, now)
    before = now
    expect(change).toBe(0)
  }).toPass({ intervals: [400] })
  return before
}

const runEnded = (page: Page) =>
  expect(page.getByTestId('tab-quality')).toHaveAttribute('aria-selected', 'true', { timeout: 240_000 })

test('a head that moved is put in place, and another series of the patient laid over it', async ({
  workstation,
}) => {
  test.setTimeout(240_000)
  const { page, scratch } = workstation
  const folder = join(scratch, 'patient')
  const head = ['--size', '96', '--thickness', '6', '--seed', '4', '--lesion', 'mca-left']
  const scan = ['--slices', '6', '--volumes', '24', '--interval', '2', '--noise', '2', '--motion', '4']
  runPhantom(join(folder, 'ctp'), ...head, ...scan)
  runPhantom(join(folder, 'mr'), ...head, '--slices', '8', '--volumes', '1', '--modality', 'mr')
  await openFolder(workstation, folder)
  await expect(page.getByTestId('pane-source')).toBeVisible({ timeout: 120_000 })

  await test.step('it is run from the list of studies, and its quality is told first', async () => {
    await page.keyboard.press('Alt+1')
    await page.getByTestId('run-selected').click()
    await expect(page.getByTestId('tab-pipeline')).toHaveAttribute('aria-selected', 'true')
    await runEnded(page)
    await expect(page.getByTestId('quality').getByRole('listitem')).toHaveCount(13)
  })

  await test.step('the plot says how the head moved, frame by frame', async () => {
    await page.getByTestId('tab-motion').click()
    await expect(page.getByTestId('motion-panel')).toHaveAttribute('data-frames', '24')
    const sentence = (await page.getByTestId('motion-panel').textContent()) ?? ''
    const [, moved] = /Up to ([\d.]+) mm/.exec(sentence) ?? []
    expect(Number(moved)).toBeGreaterThan(2)
    expect(sentence).toContain('frames corrected')
    await expect(page.getByTestId('motion-panel').locator('canvas')).toBeVisible()
  })

  await test.step('the images are those the maps were made of, until one asks for the others', async () => {
    await page.getByTestId('window-preset').selectOption('Wide')
    await expect(page.getByTestId('source-motion')).toHaveText(/motion corrected/, { timeout: 60_000 })
    const [first, corrected] = [await atFrame(page, 0), await atFrame(page, 23)]
    await page.getByTestId('images-acquired').click()
    await expect(page.getByTestId('source-motion')).toHaveText(/as acquired/)
    const acquired = await atFrame(page, 23)
    expect(unlike(first, acquired)).toBeGreaterThan(1.5 * unlike(first, corrected))
    await page.getByTestId('images-corrected').click()
    expect(unlike(await atFrame(page, 23), corrected)).toBeLessThan(1)
  })

  await test.step('frames that moved more than a limit, or that are chosen, are left out, and all after is done again', async () => {
    await page.getByTestId('tab-pipeline').click()
    await page.getByTestId('step-motion').getByRole('button').first().click()
    await page.getByTestId('step-motion-limitMm').fill('3.9')
    await page.getByTestId('step-motion-limitMm').press('Tab')
    await expect(page.getByTestId('step-motion')).toContainText('changed')
    await expect(page.getByTestId('step-quality')).toContainText('to be redone')
    await page.getByTestId('tab-motion').click()
    const leaveOut = (frame: number) =>
      page.getByTestId(`frame-${frame}`).getByRole('button', { name: 'Leave out' })
    await leaveOut(2).click()
    await leaveOut(3).click()
    await expect(leaveOut(3)).toBeHidden()
    await page.keyboard.press('ControlOrMeta+z')
    await expect(leaveOut(3)).toBeVisible()
    await page.getByTestId('frames-run').click()
    await page.getByTestId('tab-pipeline').click()
    await expect(page.getByTestId('pipeline-state')).toContainText('done in', { timeout: 240_000 })
    await expect(page.getByTestId('step-motion')).toContainText('left out')
    await page.getByTestId('tab-motion').click()
    await expect(page.getByTestId('motion-panel')).toContainText(/left out: frames 2\b.*\d/)
    await expect(page.getByTestId('frame-value')).not.toContainText('/24', { timeout: 60_000 })
    await page.getByTestId('images-acquired').click()
    await expect(page.getByTestId('frame-value')).toContainText('/24')
    await page.getByTestId('images-corrected').click()
  })

  await test.step('an MR of the patient is registered, mixed in by a slider, and moves with the cursor', async () => {
    const alone = await atFrame(page, 0)
    await page.getByTestId('fusion-series').selectOption({ index: 1 })
    const share = page.getByTestId('fusion-share')
    await expect(share).toBeVisible({ timeout: 120_000 })
    await expect(page.getByTestId('pane-source')).toContainText('+')
    const half = await atFrame(page, 0)
    await share.fill('1')
    const other = await atFrame(page, 0)
    expect(unlike(alone, half)).toBeGreaterThan(2)
    expect(unlike(alone, other)).toBeGreaterThan(unlike(alone, half))
    await share.fill('0')
    expect(unlike(alone, await atFrame(page, 0))).toBeLessThan(1)
    await share.fill('0.5')
    const box = await page.getByTestId('pane-source').boundingBox()
    if (box) await page.mouse.click(box.x + box.width * 0.45, box.y + box.height * 0.45)
    await expect(page.getByTestId('pane-source').getByTestId('crosshair')).toBeVisible()
    await expect(page.getByTestId('pane-tmax').getByTestId('crosshair')).toBeVisible()
    await page.getByTestId('fusion-series').selectOption('')
    await expect(share).toBeHidden()
  })
})
