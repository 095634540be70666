import type { Page } from '@playwright/test'
import { PNG } from 'pngjs'
import { mapNames, mapsDrawn, openFolder, probeVoxel } from './rooms'
import { expect, test, type Workstation } from './workstation'

const shownPanes = (page: Page) => page.getByTestId('map-grid').locator('[data-testid^="pane-"]')
const sliceOf = (page: Page, pane: string) => page.getByTestId(`pane-${pane}`)

test('a study opens straight in Review and can be looked through', async ({ workstation, phantom }) => {
  const { page } = workstation

  await test.step('opening a folder leads to the source and its maps', async () => {
    await openFolder(workstation, phantom.dicom)
    await mapsDrawn(page)
    await expect(shownPanes(page)).toHaveCount(6)
    await expect(page.getByRole('button', { name: 'Review' })).toHaveAttribute('aria-current', 'page')
    await expect(page.getByTestId('slice-source')).toContainText('3/4')
  })

  await test.step('every map has a legend with its unit', async () => {
    const units = { cbv: 'ml/100 g', cbf: 'ml/100 g/min', ttp: 's', mtt: 's', tmax: 's', delay: 's' }
    for (const [map, unit] of Object.entries(units)) {
      await expect(page.getByTestId(`legend-${map}`).getByText(unit, { exact: true })).toBeVisible()
    }
    await expect(page.getByTestId('legend-cbf')).toHaveAttribute('data-upper', '80')
    await page.getByTestId('legend-upper-cbf').fill('60')
    await page.getByTestId('legend-upper-cbf').press('Enter')
    await expect(page.getByTestId('legend-cbf')).toHaveAttribute('data-upper', '60')
    await page.getByTestId('reset').click()
    await expect(page.getByTestId('legend-cbf')).toHaveAttribute('data-upper', '80')
  })

  await test.step('keys and wheel step through the slices of all panes', async () => {
    await sliceOf(page, 'source').focus()
    await page.keyboard.press('ArrowUp')
    for (const pane of ['source', ...mapNames]) {
      await expect(sliceOf(page, pane)).toHaveAttribute('data-slice', '3')
    }
    await page.keyboard.press('ArrowUp')
    await expect(page.getByTestId('slice-source')).toContainText('4/4')
    await sliceOf(page, 'mtt').hover()
    await page.mouse.wheel(0, -100)
    await page.mouse.wheel(0, -100)
    for (const pane of ['source', ...mapNames]) {
      await expect(sliceOf(page, pane)).toHaveAttribute('data-slice', '1')
    }
  })

  await test.step('unlinked panes go their own way until they are linked again', async () => {
    await page.getByTestId('link').click()
    await sliceOf(page, 'cbf').hover()
    await page.mouse.wheel(0, 100)
    await expect(sliceOf(page, 'cbf')).toHaveAttribute('data-slice', '2')
    await expect(sliceOf(page, 'source')).toHaveAttribute('data-slice', '1')
    await expect(sliceOf(page, 'ttp')).toHaveAttribute('data-slice', '1')
    await page.getByTestId('link').click()
    for (const pane of ['source', 'ttp', 'cbf']) {
      await expect(sliceOf(page, pane)).toHaveAttribute('data-slice', '2')
    }
  })

  await test.step('the slider and the arrow keys move through time', async () => {
    await page.getByTestId('time-slider').fill('10')
    await expect(page.getByTestId('time-value')).toHaveText('15.0 s')
    await expect(sliceOf(page, 'source')).toHaveAttribute('data-frame', '10')
    await sliceOf(page, 'source').focus()
    await page.keyboard.press('ArrowRight')
    await expect(page.getByTestId('frame-value')).toHaveText('12/40')
    await expect(sliceOf(page, 'source')).toHaveAttribute('data-frame', '11')
  })

  await test.step('the cine runs over time with the slice held', async () => {
    const frame = async (): Promise<number> =>
      Number(await sliceOf(page, 'source').getAttribute('data-frame'))
    await page.keyboard.press('Space')
    await expect(page.getByTestId('cine')).toHaveAttribute('data-playing', 'true')
    await expect.poll(frame).not.toBe(11)
    const before = await frame()
    await expect.poll(frame).not.toBe(before)
    await page.getByTestId('cine').click()
    await expect(page.getByTestId('cine')).toHaveAttribute('data-playing', 'false')
    await expect(sliceOf(page, 'source')).toHaveAttribute('data-slice', '2')
  })

  await test.step('one, four or six maps, and one pane over all', async () => {
    await page.getByTestId('grid-2x2').click()
    await expect(shownPanes(page)).toHaveCount(4)
    await page.getByTestId('grid-1').click()
    await expect(shownPanes(page)).toHaveCount(1)
    await page.getByTestId('grid-2x3').click()
    await expect(shownPanes(page)).toHaveCount(6)
    await sliceOf(page, 'tmax').dblclick()
    await expect(shownPanes(page)).toHaveCount(1)
    await expect(sliceOf(page, 'tmax')).toHaveAttribute('data-slice', '2')
    await sliceOf(page, 'tmax').dblclick()
    await expect(shownPanes(page)).toHaveCount(6)
    await sliceOf(page, 'source').dblclick()
    await expect(page.getByTestId('map-grid')).toBeHidden()
    await sliceOf(page, 'source').dblclick()
    await expect(page.getByTestId('map-grid')).toBeVisible()
  })

  await test.step('the display window follows its presets', async () => {
    await page.getByTestId('window-preset').selectOption('Bone')
    await expect(page.getByTestId('source-window')).toHaveText('L 400 W 2000 HU')
    await sliceOf(page, 'source').focus()
    await page.keyboard.press('1')
    await expect(page.getByTestId('source-window')).toHaveText('L 40 W 80 HU')
  })
})

test('keys, commands and the layout', async ({ workstation, phantom }) => {
  const { page } = workstation
  await openFolder(workstation, phantom.dicom)
  await mapsDrawn(page)

  await test.step('"?" shows the keys, those of this room among them', async () => {
    await sliceOf(page, 'source').click()
    await expect(sliceOf(page, 'source').getByTestId('crosshair')).toBeVisible()
    await page.keyboard.press('?')
    const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await expect(sheet).toContainText('Play or stop the cine over time')
    await expect(sheet).toContainText('Find a command')
    await page.keyboard.press('Escape')
    await expect(sheet).toBeHidden()
  })

  await test.step('Escape closes what is open, one thing at a time', async () => {
    await expect(sliceOf(page, 'source').getByTestId('crosshair')).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(sliceOf(page, 'source').getByTestId('crosshair')).toBeHidden()
  })

  await test.step('Ctrl+K finds and runs a command', async () => {
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Find a command' }).fill('stroke')
    const found = page.getByRole('dialog').getByRole('option', { selected: true })
    await expect(found).toContainText('Window: Stroke')
    const window = /L \d+ W \d+/.exec((await found.textContent()) ?? '')?.[0]
    await page.keyboard.press('Enter')
    await expect(page.getByTestId('source-window')).toHaveText(`${window} HU`)
  })

  await test.step('the layout and the study outlive a reload, and the maps are not computed again', async () => {
    await page.getByTestId('grid-2x2').click()
    await page.getByTestId('tab-notes').click()
    await page.getByTestId('colour-map-cbv').selectOption('viridis')
    await page.reload()
    await mapsDrawn(page, ['cbv', 'cbf', 'ttp', 'mtt'])
    await expect(shownPanes(page)).toHaveCount(4)
    await expect(page.getByTestId('tab-notes')).toHaveAttribute('aria-selected', 'true')
    await expect(page.getByTestId('colour-map-cbv')).toHaveValue('viridis')
    await page.getByRole('button', { name: 'Jobs' }).click()
    await expect(page.getByRole('listitem').filter({ hasText: 'Maps of' })).toHaveCount(1)
  })

  await test.step('a closed study is one click away among the recent ones', async () => {
    await page.getByRole('button', { name: 'Studies', exact: true }).click()
    await expect(page.getByText('160 files shown of 160 found')).toBeVisible()
    await page.getByRole('button', { name: 'Close', exact: true }).click()
    await page.getByRole('list', { name: 'Recent studies' }).getByRole('button').first().click()
    await mapsDrawn(page, ['cbv', 'cbf', 'ttp', 'mtt'])
  })
})

/** Pixels at the right of a map pane that belong to its legend. */
const LEGEND = 58

/** The box around what is drawn in colour in a map pane, legend left out: left, top, right, bottom, in pixels. */
async function drawnExtent(page: Page, pane: string): Promise<number[]> {
  const { data, width, height } = PNG.sync.read(await sliceOf(page, pane).screenshot())
  const extent = [Infinity, Infinity, -Infinity, -Infinity]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width - LEGEND; x++) {
      const channels = data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)
      if (Math.max(...channels) - Math.min(...channels) < 60) continue
      extent[0] = Math.min(extent[0], x)
      extent[1] = Math.min(extent[1], y)
      extent[2] = Math.max(extent[2], x)
      extent[3] = Math.max(extent[3], y)
    }
  }
  return extent
}

/** What resizeWindow sets: in the desktop window the page may be lower than its content by the menu's bar. */
function windowSize({ page, electron }: Workstation): Promise<number[]> {
  return electron === null
    ? page.evaluate(() => [innerWidth, innerHeight])
    : electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0].getContentSize())
}

async function resizeWindow({ page, electron }: Workstation, width: number, height: number): Promise<void> {
  if (electron === null) return page.setViewportSize({ width, height })
  await electron.evaluate(
    ({ BrowserWindow }, size) => BrowserWindow.getAllWindows()[0].setContentSize(size[0], size[1]),
    [width, height],
  )
}

test('pictures stay true to size however the window changes while they are drawn', async ({
  workstation,
  phantom,
}) => {
  const { page } = workstation
  await openFolder(workstation, phantom.dicom)
  const [width, height] = await windowSize(workstation)
  // The bar of the first computation takes height from panes that have no picture yet, and gives it back.
  await mapsDrawn(page)
  const extents = (): Promise<number[][]> =>
    Promise.all(['cbf', 'ttp', 'delay'].map((pane) => drawnExtent(page, pane)))
  let first: number[][] = []
  await expect(async () => {
    first = await extents()
    await page.waitForTimeout(1000)
    expect(await extents()).toEqual(first)
    for (const extent of first) expect(extent[2] - extent[0]).toBeGreaterThan(80)
  }).toPass()

  for (const [narrower, lower] of [
    [300, 0],
    [150, 200],
  ]) {
    await page.keyboard.press('ArrowUp')
    await resizeWindow(workstation, width - narrower, height - lower)
    await page.keyboard.press('ArrowDown')
    await resizeWindow(workstation, width, height)
    await expect(async () => expect(await extents()).toEqual(first)).toPass({ timeout: 20_000 })
  }
})

test('the probe reads what lies under a pointer that rests', async ({ workstation, phantom }) => {
  const { page } = workstation
  await openFolder(workstation, phantom.dicom)
  await mapsDrawn(page)
  await probeVoxel(page, 'cbf', phantom.size, [40, 60, 2])
  const voxel = page.getByTestId('probe-voxel')

  await test.step('after a key has changed the slice', async () => {
    await page.keyboard.press('ArrowUp')
    await expect(voxel).toHaveText('40, 60, 3')
    await page.keyboard.press('ArrowDown')
    await expect(voxel).toHaveText('40, 60, 2')
  })

  await test.step('after a key has enlarged the picture about its middle', async () => {
    const middle = (phantom.size[0] - 1) / 2
    for (let step = 0; step < 4; step++) await page.keyboard.press('+')
    const [x, y] = [40, 60].map((index) => Math.round(middle + (index - middle) / 1.2 ** 4))
    await expect(voxel).toHaveText(`${x}, ${y}, 2`)
  })
})
