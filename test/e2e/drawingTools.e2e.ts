import { drawn, expectVolume, panesDrawn, picture, shownVolume, stroke } from './drawing'
import type { Phantom, Voxel } from './phantom'
import { goToSlice, openFolder, screenPoint } from './rooms'
import { expect, test } from './workstation'

/** Places around the lesion of a slice, where its border lies in so many directions from its middle. */
function around(
  phantom: Phantom,
  slice: number,
  count: number,
): { corners: [number, number][]; voxels: number } {
  const lesion = phantom.truth('lesion')
  const [nx, ny] = phantom.size
  const inside = (x: number, y: number): boolean => lesion.at([Math.round(x), Math.round(y), slice]) > 0
  const places: [number, number][] = []
  for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++) if (inside(x, y)) places.push([x, y])
  const middle = [0, 1].map((axis) => places.reduce((sum, place) => sum + place[axis], 0) / places.length)
  const corners = Array.from({ length: count }, (_, k): [number, number] => {
    const [cos, sin] = [Math.cos((2 * Math.PI * k) / count), Math.sin((2 * Math.PI * k) / count)]
    let radius = 60
    while (!inside(middle[0] + radius * cos, middle[1] + radius * sin)) radius -= 0.25
    return [middle[0] + (radius + 0.5) * cos, middle[1] + (radius + 0.5) * sin]
  })
  return { corners, voxels: places.length }
}

test('live wire, scissors, interpolation and time, with the mouse and the keys', async ({
  workstation,
  phantom,
}) => {
  const { page } = workstation
  await openFolder(workstation, phantom.dicom)
  await expect(page.getByTestId('pane-source')).toBeVisible({ timeout: 120_000 })
  await page.keyboard.press('Alt+3')
  await panesDrawn(page)

  await test.step('time goes by with the keys, the slider and the cine, and the drawing does not', async () => {
    await goToSlice(page, 2)
    await page.keyboard.press('p')
    await stroke(page, 'cbv', phantom.size, [
      [40, 60],
      [50, 60],
    ])
    const before = await drawn(page)
    await page.keyboard.press('ArrowRight')
    await expect(page.getByTestId('frame-value')).toHaveText(`2/${phantom.times.length}`)
    await expect(page.getByTestId('pane-source')).toHaveAttribute('data-frame', '1')
    await page.getByTestId('time-slider').fill('20')
    await expect(page.getByTestId('pane-source')).toHaveAttribute('data-frame', '20')
    await page.getByTestId('pane-source').focus()
    await page.keyboard.press('Space')
    await expect(page.getByTestId('cine')).toHaveAttribute('data-playing', 'true')
    await page.keyboard.press('Space')
    await expect(page.getByTestId('cine')).toHaveAttribute('data-playing', 'false')
    expect(await drawn(page)).toEqual(before)
    await page.keyboard.press('Control+z')
    expect((await drawn(page)).voxels).toEqual([0, 0])
  })

  await test.step('a live wire follows the lesion between ten clicks', async () => {
    const { corners, voxels } = around(phantom, 2, 10)
    await page.keyboard.press('n')
    const pane = page.getByTestId('pane-ttp')
    for (const [x, y] of corners) {
      const place = await screenPoint(pane, phantom.size, [x, y, 0] as Voxel)
      await page.mouse.move(...place)
      await page.mouse.click(...place)
    }
    await expect(page.getByTestId('line-ttp')).toBeVisible()
    await picture(page, 'live-wire')
    await page.keyboard.press('Backspace')
    await page.keyboard.press('Enter')
    await expect(page.getByTestId('line-ttp')).toBeHidden()
    const found = await expectVolume(page, 0, 'core')
    expect(Math.abs(found / voxels - 1), `${found} of ${voxels} voxels`).toBeLessThan(0.12)
    await page.keyboard.press('Control+z')
    expect(await expectVolume(page, 0, 'core')).toBe(0)
  })

  await test.step('scissors cut one slice, or keep one part through all', async () => {
    await page.keyboard.press('h')
    const square: [number, number][] = [
      [40, 40],
      [70, 40],
      [70, 70],
      [40, 70],
    ]
    await stroke(page, 'cbv', phantom.size, square)
    const whole = await expectVolume(page, 0, 'core')
    await page.keyboard.press('Shift+ArrowUp')
    expect(await expectVolume(page, 0, 'core')).toBe(2 * whole)
    await page.keyboard.press('x')
    const corner: [number, number][] = [
      [30, 30],
      [55, 30],
      [55, 80],
      [30, 80],
    ]
    await stroke(page, 'cbv', phantom.size, corner)
    const cut = await expectVolume(page, 0, 'core')
    expect(Math.abs(cut - 1.5 * whole)).toBeLessThan(0.06 * whole)
    await page.getByTestId('scissors-keep').check()
    await page.getByTestId('scissors-all').check()
    await stroke(page, 'cbv', phantom.size, corner)
    expect(Math.abs((await expectVolume(page, 0, 'core')) - 0.5 * whole)).toBeLessThan(0.06 * whole)
    for (let step = 0; step < 4; step++) await page.keyboard.press('Control+z')
    expect(await expectVolume(page, 0, 'core')).toBe(0)
  })

  await test.step('what lies between two drawn slices is proposed, refused, and accepted as one step', async () => {
    await page.keyboard.press('p')
    for (const slice of [0, 3]) {
      await goToSlice(page, slice)
      await stroke(page, 'cbv', phantom.size, [
        [88, 55],
        [88, 70],
      ])
    }
    const before = await expectVolume(page, 0, 'core')
    await page.keyboard.press('i')
    await expect(page.getByTestId('proposal')).toContainText('Interpolation between slices')
    await page.keyboard.press('Escape')
    expect(await expectVolume(page, 0, 'core')).toBe(before)
    await page.getByTestId('interpolate-slices').click()
    await expect(page.getByTestId('proposal')).toBeVisible()
    await goToSlice(page, 1)
    await picture(page, 'interpolation')
    await page.keyboard.press('Enter')
    // The same outline on two slices is on the two between as well.
    expect(await expectVolume(page, 0, 'core')).toBe(2 * before)
    await page.keyboard.press('Control+z')
    expect(await shownVolume(page, 'core')).toBeGreaterThan(0)
    expect(await expectVolume(page, 0, 'core')).toBe(before)
  })
  await test.step('what is drawn is seen in 3-D, and follows the next stroke', async () => {
    await page.getByTestId('draw-surface').click()
    const surface = page.getByTestId('surface-pane')
    await expect(surface).toHaveAttribute('data-triangles', /[1-9]/)
    const before = await surface.getAttribute('data-triangles')
    await stroke(page, 'cbv', phantom.size, [
      [70, 40],
      [95, 40],
    ])
    await expect(surface).not.toHaveAttribute('data-triangles', before ?? '')
    const box = await surface.boundingBox()
    if (box === null) throw new Error('The 3-D view is not on the screen.')
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width / 2 + 40, box.y + box.height / 2 + 10, { steps: 3 })
    await page.mouse.up()
    await picture(page, 'surface')
  })

  await test.step('the other side: a mirrored outline about the middle of the brain, and the ratio of the means', async () => {
    await page.keyboard.press('v')
    // An upright line has no width, which Playwright takes for hidden.
    await expect(page.getByTestId('middle-cbf')).toBeAttached()
    const column = Number(await page.getByTestId('mid-column').inputValue())
    // The phantom's head is symmetric about the middle of its grid.
    expect(Math.abs(column - (phantom.size[0] - 1) / 2)).toBeLessThan(2)
    const row = page.getByTestId('sides-cbf')
    await expect(row).toBeVisible()
    const ratio = Number(await row.locator('td').last().textContent())
    expect(ratio).toBeGreaterThan(0)
    expect(ratio).toBeLessThan(0.8)
    await picture(page, 'mirror')
    const before = await drawn(page)
    await page.keyboard.press('Shift+V')
    await expect(page.getByTestId('pane-cbf')).toContainText('sides exchanged')
    await expect(page.getByTestId('sides-exchanged')).toBeVisible()
    await page.keyboard.press('p')
    await stroke(page, 'cbf', phantom.size, [
      [40, 60],
      [50, 60],
    ])
    expect(await drawn(page)).toEqual(before)
    await picture(page, 'sides-exchanged')
    await page.keyboard.press('v')
    await expect(page.getByTestId('pane-cbf')).not.toContainText('sides exchanged')
  })
})
