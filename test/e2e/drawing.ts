import { expect, type Page } from '@playwright/test'
import { screenPoint } from './rooms'

export interface Drawn {
  /** Of each structure. */
  voxels: number[]
  /** Of all that is drawn: the same drawing has the same. */
  print: number
  spacing: number[]
}

export const drawn = (page: Page): Promise<Drawn> =>
  page.evaluate(() => (window.__umbraTest?.drawing as () => Drawn)())

/** What the panel says, which must be the voxels drawn times their size. */
export async function shownVolume(page: Page, structure: string): Promise<number> {
  return Number(await page.getByTestId(`volume-${structure}`).textContent())
}

export async function expectVolume(page: Page, layer: number, structure: string): Promise<number> {
  const { voxels, spacing } = await drawn(page)
  const millilitres = (voxels[layer] * spacing[0] * spacing[1] * spacing[2]) / 1000
  await expect(page.getByTestId(`volume-${structure}`)).toHaveText(millilitres.toFixed(2))
  return voxels[layer]
}

/** A stroke with the mouse over voxels of a pane. */
export async function stroke(
  page: Page,
  pane: string,
  size: [number, number, number],
  path: [number, number][],
) {
  const points = []
  for (const [x, y] of path) points.push(await screenPoint(page.getByTestId(`pane-${pane}`), size, [x, y, 0]))
  await page.mouse.move(...points[0])
  await page.mouse.down()
  for (const point of points.slice(1)) await page.mouse.move(point[0], point[1], { steps: 8 })
  await page.mouse.up()
}

export async function panesDrawn(page: Page): Promise<void> {
  for (const pane of ['cbv', 'cbf', 'ttp']) {
    await expect(page.getByTestId(`legend-${pane}`)).toBeVisible({ timeout: 180_000 })
    await expect(page.getByTestId(`pane-${pane}`)).toHaveAttribute('data-slice', /\d/)
  }
}

/** How many pixels of a pane's overlay are drawn on. */
export const overlayPixels = (page: Page, pane: string): Promise<number> =>
  page.getByTestId(`overlay-${pane}`).evaluate((element) => {
    const canvas = element as HTMLCanvasElement
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
    let count = 0
    for (let at = 3; at < data.length; at += 4) if (data[at] > 0) count++
    return count
  })

export async function signIn(page: Page, name: string, pin: string): Promise<void> {
  await page.getByTestId('sign-in-name').fill(name)
  await page.getByTestId('sign-in-pin').fill(pin)
  await page.getByTestId('sign-in').click()
  await expect(page.getByTestId('new-study')).toBeVisible()
}

export async function openFirstReading(page: Page, button: string): Promise<void> {
  await page.getByTestId('worklist-item').first().getByRole('button', { name: button, exact: true }).click()
  await expect(page.getByTestId('reading-label')).toBeVisible({ timeout: 120_000 })
  await panesDrawn(page)
}

/** For the eyes of whoever asks for it: `UMBRA_PICTURES=folder`. */
export const picture = async (page: Page, name: string): Promise<void> => {
  const folder = process.env.UMBRA_PICTURES
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` })
}

/** A rater signs in, makes a study of the open case and opens its reading. */
export async function beginReading(page: Page): Promise<void> {
  await page.keyboard.press('Alt+3')
  await panesDrawn(page)
  await page.getByTestId('to-desk').click()
  await signIn(page, 'Rater One', '2468')
  await page.getByTestId('new-study').click()
  await page.getByTestId('study-name').fill('Core and penumbra')
  await page.getByLabel('Add a study opened before').selectOption({ index: 1 })
  await expect(page.getByTestId('case')).toHaveCount(1)
  await page.getByTestId('create-study').click()
  await expect(page.getByTestId('worklist-item')).toHaveCount(1)
  await openFirstReading(page, 'Read')
}
