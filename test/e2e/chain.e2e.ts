import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test as base, type Page } from '@playwright/test'
import { extractText, getDocumentProxy } from 'unpdf'
import type { AgreementReport } from '@contract'
import { drawn, expectVolume, openFirstReading, picture, signIn, stroke } from './drawing'
import { umbra } from './host'
import { readNifti, runPhantom } from './phantom'
import { answerDialogs, goToSlice } from './rooms'
import { expect, test, type Workstation } from './workstation'

const poll = { timeout: 120_000 }
const pin = '2468'

/** Who reads what: two raters the network's maps, the third those of the deconvolution, as in the paper. */
const raters = ['Anna Reader', 'Ben Reader', 'Carl Reference']
/** Where each outlines the penumbra: a rectangle of voxels, first and last of the outline in x and y. */
const penumbra = [
  [64, 104, 40, 80],
  [68, 108, 40, 80],
  [64, 104, 44, 84],
]
/** What the rectangles of two raters have in common: moved by 4 of 40 in one direction, or in both. */
const overlap = { 'Anna Reader/Ben Reader': 36 / 40, 'Anna Reader/Carl Reference': 36 / 40 }
const slice = 2

/** What would tell a blinded rater whose maps these are, or where they come from. */
const telling = /PHANTOM|Box regression|CNN|network|infarct-of-the-clinic/i

/** Adds every perfusion series of a folder as a case, as this host asks for folders. */
async function addCase(workstation: Workstation, folder: string, count: number): Promise<void> {
  const { page } = workstation
  if (workstation.host === 'electron') {
    await answerDialogs(workstation, [folder])
    await page.getByRole('button', { name: 'Add a folder…' }).click()
  } else {
    await page.getByTestId('case-folder').fill(folder)
    await page.keyboard.press('Enter')
  }
  await expect(page.getByTestId('case')).toHaveCount(count, { timeout: 60_000 })
}

async function sign(page: Page): Promise<void> {
  await page.getByTestId('sign-reading').click()
  await page.getByTestId('sign-pin').fill(pin)
  await page.keyboard.press('Enter')
  await expect(page.getByTestId('read-only')).toContainText('signed')
  await page.getByTestId('leave-reading').click()
}

/** Where on the page a value of a chart lies, once it is drawn. */
async function placeIn(page: Page, chart: string, x: number | string, y: number): Promise<[number, number]> {
  await page.getByTestId(chart).scrollIntoViewIfNeeded()
  const place = await page.waitForFunction(
    ([name, across, up]) => {
      const at = window.__umbraTest?.[name] as (x: unknown, y: unknown) => [number, number] | null
      return at?.(across, up) ?? null
    },
    [chart, x, y] as const,
  )
  return (await place.jsonValue()) as [number, number]
}

/** The texts of a PDF page by page, without line breaks. */
async function pagesOf(path: string): Promise<string[]> {
  const { text } = await extractText(await getDocumentProxy(new Uint8Array(readFileSync(path))), {
    mergePages: false,
  })
  return text.map((page) => page.replace(/\s+/g, ' '))
}

/** Every Dice coefficient of a report; its structures by their number: files call them by their key in the protocol. */
function diceOf({ caseAgreement, structures }: AgreementReport): string[] {
  const number = (structure: string): number => structures.findIndex(({ name }) => name === structure)
  return caseAgreement
    .map(({ pair, structure, state, dice }) => `${pair} ${number(structure)} ${state} ${dice}`)
    .sort()
}

test('a study of three raters is made, drawn, signed, compared and reported', async ({
  workstation,
  phantom,
}) => {
  const { page, scratch } = workstation
  const { step } = base
  // Under a minute by itself; with other work on the machine much longer.
  base.slow()
  await expect(page.getByText('Engine ready')).toBeVisible()
  await page.keyboard.press('Alt+3')

  await step('a protocol: two raters read the network, the third the deconvolution', async () => {
    const normal = join(scratch, 'normal')
    runPhantom(normal, '--size', '128', '--slices', '4', '--volumes', '20', '--interval', '2', '--seed', '5')
    await signIn(page, 'Coordinator', '1357')
    await page.getByTestId('new-study').click()
    await page.getByTestId('study-name').fill('CNN against deconvolution')
    await addCase(workstation, phantom.dicom, 1)
    await addCase(workstation, normal, 2)
    await page.getByLabel('Name of case 1').fill('infarct-of-the-clinic')
    await page.getByLabel('Name of case 2').fill('normal')
    await page.getByTestId('as-in-paper').click()
    for (const [r, name] of raters.entries()) await page.getByTestId(`rater-${r + 1}`).fill(name)
    await page.getByLabel('As the cases stand above').check()
    await picture(page, 'chain-form')
    await page.getByTestId('create-study').click()
    await expect(page.getByTestId('progress').locator('tbody tr')).toHaveCount(6)
    await page.getByTestId('sign-out').click()
  })

  for (const [r, name] of raters.entries()) {
    await step(`${name} signs in, draws, and signs`, async () => {
      await signIn(page, name, pin)
      await openFirstReading(page, 'Read')
      expect(await page.evaluate(() => document.title + document.body.innerText)).not.toMatch(telling)
      await goToSlice(page, slice)
      await page.keyboard.press('p')
      await stroke(page, 'cbv', phantom.size, [
        [84, 52 + 2 * r],
        [84, 72],
      ])
      expect(await expectVolume(page, 0, 'core')).toBeGreaterThan(50)
      await page.keyboard.press('2')
      await page.keyboard.press('h')
      const [left, right, top, bottom] = penumbra[r]
      await stroke(page, 'cbf', phantom.size, [
        [left, top],
        [right, top],
        [right, bottom],
        [left, bottom],
      ])
      expect(Math.abs((await expectVolume(page, 1, 'penumbra')) - 40 * 40)).toBeLessThan(100)
      await picture(page, `chain-reading-${r + 1}`)
      await sign(page)
      // The second case is normal: nothing is drawn, and that is signed.
      await page.getByTestId('worklist-item').nth(1).getByRole('button', { name: 'Read' }).click()
      await expect(page.getByTestId('reading-label')).toHaveText('Reading 2', poll)
      await expect(page.getByTestId('sign-reading')).toBeVisible(poll)
      await expect.poll(async () => (await drawn(page))?.voxels).toEqual([0, 0])
      await sign(page)
      await page.getByTestId('sign-out').click()
    })
  }

  const report = join(scratch, 'report')
  await step('the Agreement page compares what was signed', async () => {
    await signIn(page, 'Coordinator', '1357')
    await expect(page.getByText('6 of 6 readings signed')).toBeVisible()
    await page.getByTestId('to-agreement').click()
    const rows = page.getByTestId('table-one').locator('tbody tr')
    await expect(rows.first()).toContainText('Anna Reader/Carl Reference', poll)
    await expect(page.getByTestId('agreement-cases').locator('tbody tr')).toHaveCount(2)
    await expect(page.getByTestId('agreement-cases').locator('tbody tr').nth(1)).toContainText('normal')
    await picture(page, 'chain-agreement')
  })

  await step('a point of a figure opens its case with both outlines', async () => {
    await page.getByTestId('agreement-pair').selectOption('Anna Reader/Ben Reader')
    const cell = page.getByTestId('agreement-cases').locator('tbody tr').first().locator('td').nth(1)
    const dice = Number(await cell.textContent())
    const place = await placeIn(page, 'chart-dice', 'Anna Reader/Ben Reader', dice)
    // Dots are spread over the box: the first lies five steps to the left of its middle.
    await page.mouse.click(place[0] - 10, place[1])
    const compared = page.getByTestId('compared-case')
    await expect(compared.getByRole('heading')).toHaveText('infarct-of-the-clinic', poll)
    await expect(page.getByTestId('compared-dice')).toHaveText(dice.toFixed(3))
    await expect(page.getByTestId('legend-cbv')).toBeVisible({ timeout: 180_000 })
    // The slice that was drawn on is shown.
    await expect(page.getByTestId('pane-cbv')).toHaveAttribute('data-slice', String(slice))
    const colours = await page.getByTestId('compared-cbv').evaluate((element) => {
      const canvas = element as HTMLCanvasElement
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      const seen = { first: 0, second: 0 }
      for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] < 60) continue
        if (data[at + 2] > data[at] + 40) seen.first++
        if (data[at] > data[at + 2] + 40) seen.second++
      }
      return seen
    })
    expect(colours.first).toBeGreaterThan(100)
    expect(colours.second).toBeGreaterThan(100)
    await picture(page, 'chain-compared')
    await page.keyboard.press('Escape')
    await expect(page.getByTestId('agreement-page')).toBeVisible()
  })

  const written = await step('the report is written, and says the overlap that was drawn', async () => {
    await answerDialogs(workstation, [report])
    await page.getByTestId('agreement-export').click()
    await page.getByTestId('agreement-directory').fill(report)
    await page.getByTestId('agreement-export-run').click()
    await expect(page.getByTestId('agreement-written')).toBeVisible(poll)
    await page.getByRole('button', { name: 'Close' }).last().click()
    const made = JSON.parse(readFileSync(join(report, 'report.json'), 'utf8')) as AgreementReport
    for (const [pair, dice] of Object.entries(overlap)) {
      const found = made.caseAgreement.find(
        (each) => each.pair === pair && each.structure === 'Penumbra' && each.state === 'both',
      )
      expect(Math.abs((found?.dice ?? 0) - dice)).toBeLessThan(0.02)
    }
    expect(existsSync(join(report, 'figures', 'volumes-infarct-core.svg'))).toBe(true)
    const consensus = readNifti(join(report, 'consensus', 'penumbra', 'infarct-of-the-clinic.nii.gz'))
    expect([consensus.at([84, 60, slice]), consensus.at([30, 60, slice])]).toEqual([1, 0])
    return made
  })

  await step('so does a point of every other figure', async () => {
    const pair = 'Anna Reader/Ben Reader'
    const [{ name: structure }] = written.structures
    const found = written.caseAgreement.find(
      (each) => each.pair === pair && each.structure === structure && each.state === 'both',
    )
    if (!found) throw new Error('no case with both')
    const { case: name, firstMl, secondMl, volumeDifferenceMl } = found
    const places: [string, number | string, number][] = [
      ['scatter', secondMl, firstMl],
      ['bland-altman', (firstMl + secondMl) / 2, volumeDifferenceMl ?? 0],
      ['volumes', name, firstMl / 2],
    ]
    for (const [chart, x, y] of places) {
      const place = await placeIn(page, `chart-${chart}`, x, y)
      await page.mouse.click(...place)
      await expect(page.getByTestId('compared-case').getByRole('heading'), chart).toHaveText(name, poll)
      await page.keyboard.press('Escape')
      await expect(page.getByTestId('agreement-page')).toBeVisible()
    }
  })

  await step('the PDF is whole: pages, raters, methods, and the Dice coefficients of the page', async () => {
    const pages = await pagesOf(join(report, 'report.pdf'))
    const [first] = pages
    expect(pages.length).toBeGreaterThanOrEqual(3)
    for (const [at, text] of pages.entries()) {
      expect(text).toContain('Research use only, not for diagnosis')
      expect(text).toContain(`${at + 1} / ${pages.length}`)
    }
    for (const text of ['CNN against deconvolution', '2 cases, 3 readings', 'Methods', ...raters]) {
      expect(first).toContain(text)
    }
    for (const pair of Object.keys(overlap)) {
      const [core, other] = written.pairs
        .filter((each) => each.pair === pair)
        .map((each) => each.withoutNormals.dice.mean?.toFixed(2))
      expect(first).toContain(`${pair} (DSC) ${core} ${other}`)
    }
    expect(pages.join(' ')).toContain('Bland–Altman of Penumbra')
  })

  await step('umbra agree on the exported readings gives the same Dice, bit for bit', async () => {
    await page.getByTestId('agreement-back').click()
    const folder = join(scratch, 'readings')
    await answerDialogs(workstation, [folder])
    await page.getByTestId('export-readings').click()
    const dialog = page.getByRole('dialog', { name: /^Export/ })
    await dialog.getByTestId('identified').check()
    await dialog.getByTestId('readings-directory').fill(folder)
    await picture(page, 'chain-export')
    await dialog.getByTestId('readings-export').click()
    await expect(dialog.getByTestId('readings-written')).toContainText('volumes.csv', { timeout: 60_000 })
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click()
    const options = ['agree', join(folder, 'study.json'), '-o', join(scratch, 'agreed'), '--resamples', '0']
    const agreed = spawnSync(process.execPath, [umbra, ...options, '--json'], { encoding: 'utf8' })
    expect(agreed.stderr).not.toContain('Error')
    expect(diceOf(JSON.parse(agreed.stdout) as AgreementReport)).toEqual(diceOf(written))
  })

  await step('folders are compared as well, and a damaged file is named', async () => {
    const [consensus, again] = [join(report, 'consensus', 'penumbra'), join(scratch, 'again')]
    cpSync(consensus, again, { recursive: true })
    const file = join(again, 'infarct-of-the-clinic.nii.gz')
    const whole = readFileSync(file)
    writeFileSync(file, whole.subarray(0, whole.length / 2))
    await page.getByTestId('compare-folders').click()
    await page.getByLabel('Folder of the reference').fill(consensus)
    await page.getByLabel('Folder of rater 1').fill(again)
    await page.getByTestId('folder-labels').fill('1=penumbra')
    await page.getByTestId('folders-compare').click()
    await expect(page.getByTestId('folders-problem')).toContainText('infarct-of-the-clinic.nii.gz', poll)
    await picture(page, 'chain-folders')
    writeFileSync(file, whole)
    await page.getByTestId('folders-compare').click()
    await expect(page.getByTestId('table-one')).toContainText('1.00', poll)
  })
})
