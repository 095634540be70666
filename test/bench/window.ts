import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { findChromium } from '../../build/chromium.cjs'
import { serve, umbra } from '../e2e/host'
import type { BenchRow } from './row'

const side = 512
const head = { slices: 8, times: 45 }
const panes = ['source', 'cbv', 'cbf', 'ttp', 'mtt', 'tmax', 'delay']
const steps = 12

/** A head of clinical size as DICOM; made once and kept in the temporary folder. */
export function headStudy({ slices, times }: { slices: number; times: number }): string {
  const folder = join(tmpdir(), `umbra-bench-head-${times}x${slices}x${side}`)
  if (!existsSync(folder)) {
    const making = mkdtempSync(join(tmpdir(), 'umbra-bench-head-'))
    const options = ['--size', `${side}`, '--slices', `${slices}`, '--volumes', `${times}`, '--noise', '4']
    const made = spawnSync(process.execPath, [umbra, 'phantom', making, ...options], { encoding: 'utf8' })
    if (made.status !== 0) throw new Error(`umbra phantom failed: ${made.stderr}`)
    renameSync(making, folder)
  }
  return join(folder, 'dicom')
}

/**
 * Opens a study; when the engine had read its series, and when the window had drawn its first slice, in one clock: the end of the job
 * as the engine stamps it, and the second frame after the pane says that its picture stands.
 */
async function openStudy(
  page: Page,
  address: string,
  study: string,
): Promise<{ read: number; drawn: number }> {
  let read: (time: number) => void
  const whenRead = new Promise<number>((resolve) => (read = resolve))
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      const event = JSON.parse(payload.toString()) as { event?: string; job?: Record<string, string> }
      if (event.event !== 'job' || event.job?.method !== 'series.load') return
      if (event.job.state === 'done') read(Date.parse(event.job.endedAt))
    }),
  )
  await page.addInitScript(() => {
    const drawn = new MutationObserver(() => {
      if (!document.querySelector('[data-testid="pane-source"][data-slice]')) return
      drawn.disconnect()
      requestAnimationFrame(() => requestAnimationFrame(() => Reflect.set(window, 'drawnAt', Date.now())))
    })
    drawn.observe(document, { subtree: true, childList: true, attributeFilter: ['data-slice'] })
  })
  await page.goto(address)
  await page.getByRole('button', { name: 'Open a study…' }).click()
  await page.getByRole('dialog').getByLabel('Folder', { exact: true }).fill(study)
  await page.getByRole('button', { name: 'Open this folder' }).click()
  const drawn = await page.waitForFunction(() => Reflect.get(window, 'drawnAt') as number | undefined)
  return { read: await whenRead, drawn: (await drawn.jsonValue()) as number }
}

/** Milliseconds from a key press to all panes on the next slice, each time; up and down the stack. */
function sliceChanges(page: Page): Promise<number[]> {
  return page.evaluate(
    async ({ panes: names, steps: count }) => {
      const frame = (): Promise<number> => new Promise(requestAnimationFrame)
      const elements = names.map(
        (name) => document.querySelector(`[data-testid="pane-${name}"]`) as HTMLElement,
      )
      const shown = (): boolean =>
        elements.every(({ dataset }) => dataset.slice === elements[0].dataset.slice)
      const durations: number[] = []
      for (let step = 0; step < count; step++) {
        const before = elements[0].dataset.slice
        const key = Math.floor(step / 3) % 2 === 0 ? 'ArrowDown' : 'ArrowUp'
        const start = performance.now()
        elements[0].dispatchEvent(new KeyboardEvent('keydown', { key, code: key, bubbles: true }))
        while (elements[0].dataset.slice === before || !shown()) await frame()
        await frame()
        await frame()
        durations.push(performance.now() - start)
      }
      return durations
    },
    { panes, steps },
  )
}

export const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/** A page of Chromium on a fresh engine of its own, for as long as `work` takes. */
export async function withWindow<T>(work: (page: Page, address: string) => Promise<T>): Promise<T> {
  const data = mkdtempSync(join(tmpdir(), 'umbra-bench-window-'))
  const served = await serve(data)
  const browser = findChromium()
  const instance = await chromium.launch({
    executablePath: browser.executablePath,
    args: browser.args,
    env: { ...(process.env as Record<string, string>), ...browser.env },
  })
  try {
    const page = await instance.newPage({ viewport: { width: 1440, height: 900 } })
    page.setDefaultTimeout(300_000)
    return await work(page, served.address)
  } finally {
    await instance.close()
    await served.stop()
    rmSync(data, { recursive: true, force: true })
  }
}

/** How soon the window shows what the engine has read, and how fast it steps through slices, with software rendering. */
export async function benchWindow(): Promise<BenchRow[]> {
  const study = headStudy(head)
  return withWindow(async (page, address) => {
    const { read, drawn } = await openStudy(page, address, study)
    for (const pane of panes) await page.locator(`[data-testid="pane-${pane}"][data-slice]`).waitFor()
    await page.getByTestId('review-work').waitFor({ state: 'hidden' })
    const changes = await sliceChanges(page)
    const grid = `${head.times}×${head.slices}×${side}×${side}`
    const alone = { peer: null, peerName: null }
    return [
      {
        name: `first slice after the files are read (${grid}), s`,
        ours: (drawn - read) / 1000,
        ...alone,
        limit: 2,
      },
      {
        name: 'slice change in the source and six maps, s',
        ours: median(changes) / 1000,
        ...alone,
        limit: 0.25,
      },
    ]
  })
}
