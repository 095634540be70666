import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Page } from '@playwright/test'
import { parseDicom } from 'dicom-parser'
import { PNG } from 'pngjs'
import { root } from './host'
import type { Voxel } from './phantom'
import { goToSlice, mapsDrawn, openFolder, probed, probeVoxel } from './rooms'
import { expect, test } from './workstation'

const data = resolve(root, '../shared/data/dicom')

test.skip(!existsSync(data), 'the collection of real and malformed files is not beside this checkout')

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

/**
 * The stored value of a voxel in an uncompressed series, read with dicom-parser alone: of the files at the height of
 * the slice, in the order of their instance numbers, the one of that frame.
 */
function storedValue(folder: string, [x, y, z]: Voxel, frame: number): number {
  const pictures = filesBelow(folder)
    .filter((path) => readFileSync(path).subarray(128, 132).toString() === 'DICM')
    .map((path) => ({ bytes: readFileSync(path), set: parseDicom(readFileSync(path)) }))
  const height = ({ set }: { set: ReturnType<typeof parseDicom> }): number =>
    set.floatString('x00200032', 2) ?? 0
  const heights = [...new Set(pictures.map(height))].sort((a, b) => a - b)
  const ofSlice = pictures
    .filter((picture) => height(picture) === heights[z])
    .sort((a, b) => (a.set.intString('x00200013') ?? 0) - (b.set.intString('x00200013') ?? 0))
  const { bytes, set } = ofSlice[frame]
  const offset = set.elements.x7fe00010.dataOffset + 2 * (x + (set.uint16('x00280011') ?? 0) * y)
  const [slope, intercept] = [set.floatString('x00281053') ?? 1, set.floatString('x00281052') ?? 0]
  return (
    (set.uint16('x00280103') === 1 ? bytes.readInt16LE(offset) : bytes.readUInt16LE(offset)) * slope +
    intercept
  )
}

/** How many different grey values a pane shows: a handful where nothing is drawn in it, many in a picture. */
async function greysIn(page: Page, pane: string): Promise<number> {
  const { data: pixels } = PNG.sync.read(
    await page.getByTestId(`pane-${pane}`).locator('canvas').screenshot(),
  )
  return new Set(pixels.filter((_, index) => index % 4 === 0)).size
}

test('a head CT with a tilted gantry opens in three planes', async ({ workstation }) => {
  const { page } = workstation
  await openFolder(workstation, join(data, 'real-ct-ge'))
  for (const plane of ['axial', 'coronal', 'sagittal']) {
    await expect(page.getByTestId(`pane-${plane}`)).toHaveAttribute('data-slice', /\d/)
    await expect.poll(() => greysIn(page, plane)).toBeGreaterThan(60)
  }
  const information = page.getByRole('complementary', { name: 'Series' })
  await expect(information).toContainText('512 × 512 × 28')
  await expect(information).toContainText('The gantry was tilted by 18.5°')
  await expect(information).toContainText('not evenly spaced')

  await test.step('a click in one plane cuts the others there', async () => {
    const axial = await page.getByTestId('pane-axial').boundingBox()
    if (axial === null) throw new Error('The axial pane is not on the screen.')
    await page.mouse.click(axial.x + axial.width * 0.45, axial.y + axial.height * 0.4)
    const [x, y] = (await page.getByTestId('probe-voxel').textContent())?.split(', ').map(Number) ?? []
    await expect(page.getByTestId('slice-sagittal')).toContainText(`${x + 1}/512`)
    await expect(page.getByTestId('slice-coronal')).toContainText(`${y + 1}/512`)
    expect(Math.abs(await probed(page, 'source'))).toBeLessThan(1100)
  })

  await test.step('a slab shows the densest along its thickness', async () => {
    const hold = await probed(page, 'source')
    await page.getByTestId('slab-thickness').selectOption('20')
    await expect(page.getByTestId('slab-projection')).toBeEnabled()
    await page.getByTestId('pane-sagittal').dblclick()
    await expect(page.getByTestId('pane-axial')).toBeHidden()
    await page.getByTestId('pane-sagittal').dblclick()
    await expect(page.getByTestId('pane-axial')).toBeVisible()
    expect(hold).not.toBeNaN()
  })
})

test('a time series that is no perfusion is shown over time, with the values of its files', async ({
  workstation,
}) => {
  const { page } = workstation
  const folder = join(data, 'real-mr-4d-ge-fmri')
  const size: Voxel = [64, 64, 15]
  await openFolder(workstation, folder)
  await expect(page.getByTestId('frame-value')).toHaveText('1/10')
  await goToSlice(page, 7)
  for (const frame of [0, 6]) {
    await page.getByTestId('time-slider').fill(String(frame))
    await expect(page.getByTestId('pane-source')).toHaveAttribute('data-frame', String(frame))
    for (const voxel of [[30, 25, 7] as Voxel, [40, 40, 7] as Voxel]) {
      await probeVoxel(page, 'source', size, voxel)
      expect(await probed(page, 'source')).toBeCloseTo(storedValue(folder, voxel, frame), 0)
    }
  }
  await expect(page.getByTestId('map-grid')).toBeHidden()
})

test('a CT perfusion series of another maker gets its maps', async ({ workstation }) => {
  const { page } = workstation
  const folder = join(data, 'made/ctp-ok-20x4')
  const size: Voxel = [48, 48, 4]
  await openFolder(workstation, folder)
  await mapsDrawn(page)
  await expect(page.getByTestId('frame-value')).toHaveText('1/20')
  await goToSlice(page, 2)
  await page.getByTestId('time-slider').fill('6')
  await expect(page.getByTestId('time-value')).toHaveText('9.0 s')
  for (const voxel of [[12, 24, 2] as Voxel, [30, 30, 2] as Voxel]) {
    await probeVoxel(page, 'source', size, voxel)
    expect(await probed(page, 'source')).toBeCloseTo(storedValue(folder, voxel, 6), 1)
  }
  await page.getByTestId('tab-notes').click()
  await expect(page.getByTestId('notes')).toContainText('The scan lasts 28.5 s')
})

test('a folder of odd and malformed files: all are counted, named and shown as text', async ({
  workstation,
}) => {
  const { page } = workstation
  const all = filesBelow(data)
  page.on('dialog', () => expect('a dialog').toBe('no dialog: text in a file is text'))
  await openFolder(workstation, data)
  const files = page.getByRole('region', { name: 'Files' })
  await expect(files).toContainText(`of ${all.length} found`, { timeout: 120_000 })

  await test.step('nothing is dropped silently', async () => {
    const counts = /(\d+) files shown of (\d+) found/.exec((await files.textContent()) ?? '')
    const leftOut = /(\d+) files left out/.exec((await files.textContent()) ?? '')
    expect(Number(counts?.[1]) + Number(leftOut?.[1])).toBe(all.length)
  })

  await test.step('what was left out has its reason', async () => {
    await files.getByRole('button', { name: 'which and why' }).click()
    const search = files.getByLabel('Search the files left out')
    for (const name of ['not-dicom-html.dcm', 'not-dicom-zip.dcm', 'empty-0-bytes.dcm', 'random']) {
      if (!all.some((path) => path.endsWith(name))) continue
      await search.fill(name)
      await expect(files.locator('.file').filter({ hasText: name })).toContainText(/\w+ .*\w/)
    }
    await search.fill('')
    await files.getByRole('button', { name: 'hide' }).click()
  })

  await test.step('perfusion series are told from the rest', async () => {
    const search = page.getByLabel('Search patient, study, series')
    for (const series of ['ctp-midnight', 'ctp-gantry-tilt', 'ctp-only-times']) {
      await search.fill(series)
      const row = page.getByRole('row').filter({ hasText: `CTP ${series}` })
      await expect(row.first()).toContainText('CT perfusion')
    }
  })

  await test.step('a description that would be a script is a description', async () => {
    await page.getByLabel('Search patient, study, series').fill('svg/onload')
    const row = page.getByRole('row').filter({ hasText: '<svg/onload=alert(3)>' })
    await expect(row).toBeVisible()
    await row.click()
    await expect(page.getByRole('complementary')).toContainText('<svg/onload=alert(3)>')
    await expect(page.locator('svg[onload], img[onerror], main script')).toHaveCount(0)
  })
})

test('a single slice is shown, also one whose values lie outside the usual window', async ({
  workstation,
}) => {
  const { page, scratch } = workstation
  for (const [file, window] of [
    ['pydicom/CT_small.dcm', /L 40 W 80 HU/],
    ['made/float-pixel-data.dcm', /L -\d+ W \d+ HU/],
  ] as const) {
    const folder = join(scratch, file.replace(/\W/g, ' '))
    mkdirSync(folder)
    copyFileSync(join(data, file), join(folder, 'slice'))
    await openFolder(workstation, folder)
    await expect(page.getByTestId('source-window')).toHaveText(window)
    await expect(page.getByTestId('pane-source')).toHaveAttribute('data-slice', '0')
    await expect.poll(() => greysIn(page, 'source')).toBeGreaterThan(100)
  }
})
