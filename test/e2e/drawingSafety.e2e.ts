import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Page, WebSocketRoute } from '@playwright/test'
import { beginReading, drawn, openFirstReading, picture, signIn, stroke } from './drawing'
import { serve } from './host'
import { goToSlice, openFolder } from './rooms'
import { expect, test, type Workstation } from './workstation'

const line = (x: number): [number, number][] => [
  [x, 50],
  [x, 75],
]

async function enginePid({ electron }: Workstation): Promise<number> {
  const pid = await electron?.evaluate(({ app }) => {
    const found = app
      .getAppMetrics()
      .find(({ name, serviceName }) => `${name} ${serviceName}`.includes('NodeService'))
    return found?.pid
  })
  return pid ?? -1
}

/** Signed in anew after a reload, with the reading open again. */
async function openAgain(page: Page): Promise<void> {
  await page.keyboard.press('Alt+3')
  await openFirstReading(page, 'Go on')
}

/** So many strokes are undone one by one, and made again: nothing of it was forgotten. */
async function takeBack(page: Page, strokes: number): Promise<void> {
  const before = await drawn(page)
  let { voxels } = before
  const sum = (counts: number[]): number => counts.reduce((all, count) => all + count, 0)
  for (let stroke = 0; stroke < strokes; stroke++) {
    await page.keyboard.press('Control+z')
    const after = (await drawn(page)).voxels
    expect(sum(after)).toBeLessThan(sum(voxels))
    voxels = after
  }
  for (let stroke = 0; stroke < strokes; stroke++) await page.keyboard.press('Control+Shift+z')
  expect(await drawn(page)).toEqual(before)
  await expect(page.getByTestId('save-state')).toHaveText('Saved')
}

test('an engine that dies while one draws comes back, and no stroke is lost', async ({
  workstation,
  phantom,
}) => {
  const { page, electron } = workstation
  const sockets: { page: WebSocketRoute; host: WebSocketRoute }[] = []
  if (electron === null) {
    // A host in a terminal cannot be started again at its address: here its connection breaks.
    await page.routeWebSocket(/\/engine$/, (route) => {
      sockets.push({ page: route, host: route.connectToServer() })
    })
    await page.reload()
  }
  await openFolder(workstation, phantom.dicom)
  await expect(page.getByTestId('pane-source')).toBeVisible({ timeout: 120_000 })
  await beginReading(page)
  await goToSlice(page, 2)
  await page.keyboard.press('p')
  await stroke(page, 'cbv', phantom.size, line(40))
  await expect(page.getByTestId('save-state')).toHaveText('Saved')

  const first = await enginePid(workstation)
  const end = async (): Promise<void> => {
    if (electron) process.kill(first, 'SIGKILL')
    for (const { page: window, host } of sockets.splice(0)) {
      await host.close()
      await window.close()
    }
  }
  // The engine goes while the button is down: half of the stroke is drawn before, half without it.
  await Promise.all([stroke(page, 'cbv', phantom.size, line(60)), end()])
  await stroke(page, 'cbf', phantom.size, line(85))
  const before = await drawn(page)
  await expect(page.getByText('Engine ready')).toBeVisible()
  if (electron) expect(await enginePid(workstation)).not.toBe(first)
  await expect(page.getByTestId('save-state')).toHaveText('Saved')
  await expect.poll(() => drawn(page)).toEqual(before)
  await expect(page.getByTestId('read-only')).toBeHidden()
  await takeBack(page, 2)

  await page.reload()
  await openAgain(page)
  expect(await drawn(page)).toEqual(before)
  await takeBack(page, 3)
})

test('of two windows on one case the second can only look, until it takes the case over', async ({
  workstation,
  phantom,
}) => {
  test.skip(workstation.electron !== null, 'The desktop has one window.')
  const { page } = workstation
  const address = page.url()
  await openFolder(workstation, phantom.dicom)
  await expect(page.getByTestId('pane-source')).toBeVisible({ timeout: 120_000 })
  await beginReading(page)
  await goToSlice(page, 2)
  await page.keyboard.press('p')
  await stroke(page, 'cbv', phantom.size, line(40))
  await expect(page.getByTestId('save-state')).toHaveText('Saved')
  const before = await drawn(page)

  const token = await page.evaluate(() => sessionStorage.getItem('umbra.token'))
  const context = await page
    .context()
    .browser()
    ?.newContext({ viewport: { width: 1440, height: 900 } })
  if (!context) throw new Error('There is no browser to open another window in.')
  const second = await context.newPage()
  await second.goto(`${new URL(address).origin}/#token=${token}`)
  await expect(second.getByText('Engine ready')).toBeVisible()
  await second.keyboard.press('Alt+3')
  // The study that is open in the engine is shown here too, once its series is read.
  await second.getByTestId('to-desk').click({ timeout: 60_000 })
  await signIn(second, 'Rater One', '2468')
  await openFirstReading(second, 'Go on')

  await test.step('the second says so, and nothing can be drawn in it', async () => {
    await expect(second.getByTestId('read-only')).toContainText('Another window')
    expect(await drawn(second)).toEqual(before)
    await goToSlice(second, 2)
    await second.keyboard.press('p')
    await stroke(second, 'cbv', phantom.size, line(70))
    expect(await drawn(second)).toEqual(before)
    await picture(second, 'second-window')
  })

  await test.step('when it takes over, the first is told and what it draws from then on is refused', async () => {
    await second.getByTestId('take-over').click()
    await expect(second.getByTestId('sign-reading')).toBeVisible({ timeout: 60_000 })
    await goToSlice(second, 2)
    await second.keyboard.press('p')
    await stroke(second, 'cbv', phantom.size, line(70))
    await expect(second.getByTestId('save-state')).toHaveText('Saved')
    await page.bringToFront()
    await stroke(page, 'cbv', phantom.size, line(90))
    await expect(page.getByTestId('read-only')).toContainText('another window', { ignoreCase: true })
    await stroke(page, 'cbv', phantom.size, line(100))
    await expect(page.getByTestId('reading-bar-problem')).toBeVisible()
  })
  await context.close()
})

/** A real file system of 32 MB; null where one cannot be made (no root, no Linux). */
function smallFileSystem(scratch: string): string | null {
  const folder = join(scratch, 'small')
  mkdirSync(folder)
  const options = ['-t', 'tmpfs', '-o', 'size=32m', 'umbra-test', folder]
  return spawnSync('mount', options).status === 0 ? folder : null
}

function fill(folder: string, but: number): string {
  const path = join(folder, 'others.bin')
  const file = openSync(path, 'w')
  const { bavail, bsize } = statfsSync(folder)
  const block = Buffer.alloc(4096, 1)
  for (let left = bavail * bsize - but; left > 0; left -= block.length) writeSync(file, block)
  closeSync(file)
  return path
}

test('a full disk is said while one draws, and all is saved when there is room again', async ({
  workstation,
  phantom,
}) => {
  test.skip(workstation.electron !== null, 'The data of the desktop window lie elsewhere.')
  const folder = smallFileSystem(workstation.scratch)
  test.skip(folder === null, 'A small file system cannot be made here.')
  const { page } = workstation
  const served = await serve(join(folder as string, 'data'))
  try {
    await page.goto('about:blank')
    await page.goto(served.address)
    await openFolder(workstation, phantom.dicom)
    await expect(page.getByTestId('pane-source')).toBeVisible({ timeout: 120_000 })
    await beginReading(page)
    await goToSlice(page, 2)
    await page.keyboard.press('p')
    const others = fill(folder as string, 16 * 1024)

    await expect(async () => {
      await stroke(page, 'cbv', phantom.size, line(40 + 50 * Math.random()))
      await expect(page.getByTestId('save-state')).toHaveText('Not saved', { timeout: 1500 })
    }).toPass({ timeout: 120_000 })
    await expect(page.getByTestId('reading-bar-problem')).toContainText('disk')
    await picture(page, 'disk-full')
    await stroke(page, 'cbf', phantom.size, line(50))
    const before = await drawn(page)

    rmSync(others)
    await expect(page.getByTestId('save-state')).toHaveText('Saved', { timeout: 30_000 })
    await page.reload()
    await openAgain(page)
    expect(await drawn(page)).toEqual(before)
  } finally {
    await page.goto('about:blank')
    await served.stop()
    spawnSync('umount', [folder as string])
  }
})
