import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import type { Geometry } from '@contract'
import { readNifti } from './phantom'
import { expect, test } from './workstation'

/** One request to the engine of a browser's page, over a socket of its own; long work is waited for. */
async function ask<T>(page: Page, method: string, params: object, layers: number[][] = []): Promise<T> {
  return page.evaluate(
    async ({ method: name, params: asked, layers: drawn }) => {
      const token = Object.values(sessionStorage).find((value) => /^[\w-]{20,}$/.test(value)) as string
      const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/engine`, ['umbra', token])
      await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
      const json = new TextEncoder().encode(JSON.stringify({ id: 1, method: name, params: asked }))
      const bytes = Uint8Array.from(drawn.flat())
      const packed = new Uint8Array(4 + json.length + bytes.length)
      new DataView(packed.buffer).setUint32(0, json.length, true)
      packed.set(json, 4)
      packed.set(bytes, 4 + json.length)
      try {
        let started: string | undefined
        return await new Promise<never>((resolve, reject) => {
          socket.addEventListener('message', ({ data }) => {
            const message = JSON.parse(String(data)) as {
              ok?: boolean
              value?: { jobId?: string }
              error?: { message: string }
              job?: { id: string; state: string; result: unknown }
            }
            started ??= message.value?.jobId
            if (message.ok === false) reject(new Error(message.error?.message))
            else if (message.ok && message.value?.jobId === undefined) resolve(message.value as never)
            else if (message.job && message.job.id === started && message.job.state !== 'running') {
              resolve(message.job.result as never)
            }
          })
          socket.send(bytes.length > 0 ? packed : JSON.stringify({ id: 1, method: name, params: asked }))
        })
      } finally {
        socket.close()
      }
    },
    { method, params, layers },
  ) as Promise<T>
}

const picture = async (page: Page, name: string): Promise<void> => {
  const folder = process.env.UMBRA_PICTURES
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` })
}

/** A square of `width` × 20 voxels from x on, on one slice. */
function square([nx, ny]: Geometry['size'], x: number, width: number): number[] {
  const slice = new Array<number>(nx * ny).fill(0)
  for (let row = 50; row < 70; row++) slice.fill(1, row * nx + x, row * nx + x + width)
  return slice
}

/** Where the square of each rater begins, and its width, by case: two raters of one source, and the reference. */
const drawings: Record<string, [number, number][]> = {
  one: [
    [80, 20],
    [82, 20],
    [80, 20],
  ],
  two: [
    [70, 10],
    [70, 10],
    [75, 10],
  ],
  three: [
    [60, 30],
    [66, 30],
    [60, 27],
  ],
}

const poll = { timeout: 120_000 }

test('what raters signed is compared: the page shows that overlap, and a point opens its case', async ({
  workstation,
  phantom,
}) => {
  test.skip(workstation.host === 'electron', 'the raters sign over the socket that a browser has')
  const { page, scratch } = workstation
  await expect(page.getByText('Engine ready')).toBeVisible()
  const names = ['Coordinator', 'Rater One', 'Rater Two', 'Rater Three']
  const { studyId, millilitres } = await test.step('three raters sign three cases', async () => {
    const catalogue = await ask<{ studies: { series: { key: string }[] }[] }>(page, 'study.open', {
      paths: [phantom.dicom],
    })
    const [series] = catalogue.studies.flatMap((each) => each.series)
    const { voxels } = await ask<{ voxels: { geometry: Geometry } }>(page, 'series.load', {
      seriesKey: series.key,
    })
    const sessions: string[] = []
    for (const name of names) {
      const { session } = await ask<{ session: string }>(page, 'reading.signIn', {
        name,
        pin: '2468',
        first: true,
      })
      sessions.push(session)
    }
    const source = (key: string, name: string, method: string) => ({ key, name, method })
    const rater = (key: string, name: string) => ({ key, name })
    const made = await ask<{ studyId: string }>(page, 'reading.create', {
      session: sessions[0],
      protocol: {
        name: 'Overlap',
        cases: Object.keys(drawings).map((key) => ({ key, name: `Case ${key}`, paths: [phantom.dicom] })),
        sources: [source('a', 'Box', 'bennink'), source('b', 'SVD', 'csvd')],
        structures: [
          {
            key: 'core',
            name: 'Infarct core',
            label: 1,
            colour: '#e5484d',
            maps: ['cbv'],
            term: { value: '55641003', scheme: 'SCT', meaning: 'Infarct' },
          },
        ],
        raters: [rater('r1', names[1]), rater('r2', names[2]), rater('r3', names[3])],
        assignments: [
          { rater: 'r1', source: 'a' },
          { rater: 'r2', source: 'a' },
          { rater: 'r3', source: 'b' },
        ],
        order: { kind: 'fixed' },
      },
    })
    const { geometry } = voxels
    for (const [r, session] of sessions.slice(1).entries()) {
      const { items } = await ask<{ items: { readingId: string }[] }>(page, 'reading.worklist', {
        session,
        ...made,
      })
      for (const [c, boxes] of Object.values(drawings).entries()) {
        const { readingId } = items[c]
        const { lease } = await ask<{ lease: string }>(page, 'reading.open', { session, readingId })
        const slices = [{ structure: 'core', slice: 2 }]
        await ask(page, 'reading.save', { lease, geometry, slices, seconds: 3 }, [
          square(geometry.size, ...boxes[r]),
        ])
        await ask(page, 'reading.sign', { lease, pin: '2468', seconds: 4 })
      }
    }
    return { ...made, millilitres: geometry.spacing.reduce((product, mm) => product * mm, 0.001) }
  })
  expect(studyId).not.toBe('')

  await test.step('the coordinator compares them', async () => {
    await page.keyboard.press('Alt+3')
    const toDesk = page.getByTestId('to-desk')
    await expect(toDesk.or(page.getByTestId('sign-in-name'))).toBeVisible(poll)
    if (await toDesk.isVisible()) await toDesk.click()
    await page.getByTestId('sign-in-name').fill(names[0])
    await page.getByTestId('sign-in-pin').fill('2468')
    await page.getByTestId('sign-in').click()
    await expect(page.getByText('9 of 9 readings signed')).toBeVisible()
    await page.getByTestId('to-agreement').click()
    await expect(page.getByTestId('table-one')).toBeVisible(poll)
  })

  const table = page.getByTestId('agreement-cases')
  await test.step('Table 1 and the cases show the overlap that was drawn', async () => {
    await page.getByTestId('agreement-reference').selectOption('Rater Three')
    await page.getByTestId('agreement-again').click()
    const rows = page.getByTestId('table-one').locator('tbody tr')
    await expect(rows.first()).toContainText('Rater One/Rater Three', poll)
    // Cases: the same 20 columns; 5 of 10 and 10; 27 of 30 and 27.
    const one = [1, (2 * 5) / 20, (2 * 27) / 57]
    const mean = (one[0] + one[1] + one[2]) / 3
    const sd = Math.sqrt(one.reduce((sum, dice) => sum + (dice - mean) ** 2, 0) / 2)
    await expect(rows.first()).toContainText(`${mean.toFixed(2)} ± ${sd.toFixed(2)}`)
    await expect(table.locator('tbody tr')).toHaveCount(3)
    for (const [c, dice] of one.entries()) {
      await expect(table.locator('tbody tr', { hasText: Object.keys(drawings)[c] })).toContainText(
        dice.toFixed(3),
      )
    }
    await page.getByTestId('agreement-pair').selectOption('Rater One/Rater Two')
    await expect(table).toContainText((24 / 30).toFixed(3))
    await picture(page, 'agreement')
  })

  await test.step('a point of a figure opens its case with both outlines', async () => {
    await page.getByTestId('chart-dice').scrollIntoViewIfNeeded()
    const place = await page.evaluate(() => {
      const at = window.__umbraTest?.['chart-dice'] as (x: string, y: number) => [number, number] | null
      // Case "three" of this pair: 24 of 30 columns; the third dot lies three steps to the right of the middle.
      return at('Rater One/Rater Two', 24 / 30)
    })
    if (place === null) throw new Error('the chart is not there')
    await page.mouse.click(place[0] + 2 * (((2 * 7) % 11) - 5), place[1])
    await expect(page.getByTestId('compared-case')).toBeVisible(poll)
    await expect(page.getByTestId('compared-case').getByRole('heading')).toHaveText('Case three')
    await expect(page.getByTestId('compared-dice')).toHaveText((24 / 30).toFixed(3))
    await expect(page.getByTestId('legend-cbv')).toBeVisible({ timeout: 180_000 })
    // The slice that was drawn on is shown.
    await expect(page.getByTestId('pane-cbv')).toHaveAttribute('data-slice', '2')
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
    await picture(page, 'compared')
    await page.keyboard.press('Escape')
    await expect(page.getByTestId('agreement-page')).toBeVisible()
  })

  await test.step('so does a point of every other figure, and the bar of a reading', async () => {
    // Both drew 30 columns of 20 rows in case "three"; three bars stand around the middle of each case.
    const ml = 600 * millilitres
    const places: [string, number | string, number, string][] = [
      ['scatter', ml, ml, 'Rater One/Rater Two'],
      ['bland-altman', ml, 0, 'Rater One/Rater Two'],
      ['volumes', 'Case three', ml / 2, 'Rater One/Rater Two'],
    ]
    for (const [chart, x, y, pair] of places) {
      await page.getByTestId(`chart-${chart}`).scrollIntoViewIfNeeded()
      const place = await page.evaluate(
        ([name, across, up]) => {
          const at = window.__umbraTest?.[name] as (x: unknown, y: unknown) => [number, number] | null
          return at(across, up)
        },
        [`chart-${chart}`, x, y] as const,
      )
      if (place === null) throw new Error(`${chart} is not there`)
      await page.mouse.click(...place)
      await expect(page.getByTestId('compared-case').getByRole('heading'), chart).toHaveText(
        'Case three',
        poll,
      )
      await expect(page.getByTestId('compared-case'), chart).toContainText(pair.split('/')[1])
      await expect(page.getByTestId('compared-dice')).toHaveText((24 / 30).toFixed(3))
      await expect(page.getByTestId('legend-cbv')).toBeVisible({ timeout: 180_000 })
      await page.keyboard.press('Escape')
      await expect(page.getByTestId('agreement-page')).toBeVisible()
    }
  })

  await test.step('the report is exported', async () => {
    const folder = join(scratch, 'report')
    await page.getByTestId('agreement-export').click()
    await page.getByTestId('agreement-directory').fill(folder)
    await page.getByTestId('agreement-export-run').click()
    await expect(page.getByTestId('agreement-written')).toBeVisible(poll)
    expect(readFileSync(join(folder, 'report.pdf')).toString('latin1', 0, 5)).toBe('%PDF-')
    expect(existsSync(join(folder, 'figures', 'volumes-infarct-core.svg'))).toBe(true)
    const consensus = readNifti(join(folder, 'consensus', 'infarct-core', 'Case_one.nii.gz'))
    expect([consensus.at([85, 60, 2]), consensus.at([60, 60, 2])]).toEqual([1, 0])
    await page.getByRole('button', { name: 'Close' }).last().click()
  })

  await test.step('folders are compared as well, chosen in the window, and a damaged file is named', async () => {
    const folder = join(scratch, 'report', 'consensus')
    cpSync(join(folder, 'infarct-core'), join(scratch, 'again'), { recursive: true })
    await page.getByTestId('agreement-back').click()
    await page.getByTestId('compare-folders').click()
    await page.getByLabel('Folder of the reference').fill(join(folder, 'infarct-core'))
    await page.getByTestId('choose-folder-1').click()
    await page.getByTestId('looked-folder').fill(join(scratch, 'again'))
    await page.getByTestId('take-folder').click()
    await expect(page.getByLabel('Folder of rater 1')).toHaveValue(join(scratch, 'again'))
    await page.getByTestId('folder-labels').fill('1=core')
    const whole = readFileSync(join(scratch, 'again', 'Case_two.nii.gz'))
    writeFileSync(join(scratch, 'again', 'Case_two.nii.gz'), whole.subarray(0, whole.length / 2))
    await page.getByTestId('folders-compare').click()
    await expect(page.getByTestId('folders-problem')).toContainText('Case_two.nii.gz', poll)
    await picture(page, 'compare-folders')
    writeFileSync(join(scratch, 'again', 'Case_two.nii.gz'), whole)
    await page.getByTestId('folders-compare').click()
    await expect(page.getByTestId('table-one')).toContainText('1.00 ± 0.00', poll)
    await expect(page.getByTestId('agreement-cases').locator('tbody tr')).toHaveCount(3)
    await picture(page, 'compared-folders')
  })
  await page.setViewportSize({ width: 700, height: 800 })
  await picture(page, 'agreement-narrow')
})
