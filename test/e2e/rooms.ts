import { expect, type Locator, type Page } from '@playwright/test'
import type { MapName, Voxel } from './phantom'
import type { Workstation } from './workstation'

export const mapNames: MapName[] = ['cbv', 'cbf', 'ttp', 'mtt', 'tmax', 'delay']

/** Makes the next native dialogs of the desktop window answer with these paths. */
export async function answerDialogs({ electron }: Workstation, paths: string[]): Promise<void> {
  await electron?.evaluate(({ dialog }, filePaths) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: filePaths.length === 0, filePaths })
  }, paths)
}

/** Opens a folder as a person does: the native dialog in the desktop window, the folder picker in a browser. */
export async function openFolder(workstation: Workstation, folder: string): Promise<void> {
  const { page } = workstation
  await answerDialogs(workstation, [folder])
  await page.keyboard.press('Alt+1')
  await page
    .getByRole('button', { name: 'Open', exact: false })
    .filter({ hasText: /^Open( a study)?…$/ })
    .click()
  if (workstation.host === 'electron') return
  const picker = page.getByRole('dialog', { name: 'Open a study' })
  await picker.getByLabel('Folder', { exact: true }).fill(folder)
  await picker.getByRole('button', { name: 'Open this folder' }).click()
}

/** Waits until no computation is under way and every map of the layout is drawn, in `page`'s Review room. */
export async function mapsDrawn(page: Page, maps: readonly string[] = mapNames): Promise<void> {
  await expect(page.getByTestId('pane-source')).toBeVisible({ timeout: 120_000 })
  for (const map of maps) {
    await expect(page.getByTestId(`legend-${map}`)).toBeVisible({ timeout: 180_000 })
    await expect(page.getByTestId(`pane-${map}`)).toHaveAttribute('data-slice', /\d/)
  }
  await expect(page.getByTestId('review-work')).toBeHidden()
  await expect(page.getByText('outdated', { exact: true })).toHaveCount(0)
}

/** Where the middle of a voxel lies on the screen, at zoom 1: the slice fits its pane and is centred in it. */
export async function screenPoint(pane: Locator, size: Voxel, [x, y]: Voxel): Promise<[number, number]> {
  const box = await pane.boundingBox()
  if (box === null) throw new Error('The pane is not on the screen.')
  const scale = Math.min(box.width / size[0], box.height / size[1])
  return [
    box.x + box.width / 2 + (x - (size[0] - 1) / 2) * scale,
    box.y + box.height / 2 + (y - (size[1] - 1) / 2) * scale,
  ]
}

/** Shows a slice in all linked panes, by the keyboard, and waits until the pane has drawn it. */
export async function goToSlice(page: Page, slice: number): Promise<void> {
  await page.getByTestId('pane-source').focus()
  await page.keyboard.press('Home')
  for (let step = 0; step < slice; step++) await page.keyboard.press('ArrowUp')
  await expect(page.getByTestId('pane-source')).toHaveAttribute('data-slice', String(slice))
}

/** Moves the mouse onto a voxel of a pane and waits until the probe says it is there; aims anew if the pane moved. */
export async function probeVoxel(page: Page, pane: string, size: Voxel, voxel: Voxel): Promise<void> {
  await expect(async () => {
    const [x, y] = await screenPoint(page.getByTestId(`pane-${pane}`), size, voxel)
    await page.mouse.move(x, y)
    await expect(page.getByTestId('probe-voxel')).toHaveText(voxel.join(', '), { timeout: 5_000 })
  }).toPass()
}

/** The number the probe shows for a map (or the source), in the unit of its column. */
export async function probed(page: Page, name: string): Promise<number> {
  const cell = page.getByTestId(`probe-${name}`)
  await expect(cell).toHaveText(/^\s*-?\d/)
  return Number(await cell.textContent())
}

export async function probedMaps(page: Page): Promise<Record<MapName, number>> {
  const values = {} as Record<MapName, number>
  for (const name of mapNames) values[name] = await probed(page, name)
  return values
}
