import type { Page } from 'playwright-core'
import type { BenchRow } from './row'
import { headStudy, median, withWindow } from './window'

const grid = { slices: 16, times: 20 }
const movements = 90

interface Movement {
  /** Milliseconds of script: of the movement itself, and of drawing what it changed. */
  script: number
  paint: number
  /** From the movement to the frame after the one that drew it. */
  shown: number
}

/** Counts the script of each frame's callbacks, which is where the overlays draw. */
function timeFrames(): void {
  const frame = window.requestAnimationFrame.bind(window)
  Reflect.set(window, 'painted', 0)
  window.requestAnimationFrame = (callback) =>
    frame((time) => {
      const start = performance.now()
      callback(time)
      Reflect.set(window, 'painted', (Reflect.get(window, 'painted') as number) + performance.now() - start)
    })
}

/** One stroke over the middle of a pane, movement by movement, each after the frame of the one before was shown. */
function strokeOver(page: Page, pane: string, count: number): Promise<Movement[]> {
  return page.evaluate(
    async ({ pane: name, count: steps }) => {
      const element = document.querySelector(`[data-testid="pane-${name}"]`) as HTMLElement
      const box = element.getBoundingClientRect()
      const nextFrame = (): Promise<void> =>
        new Promise((resolve) => {
          const channel = new MessageChannel()
          channel.port1.onmessage = () => resolve()
          // Not by the page's own requestAnimationFrame, which is being timed; after the frame's callbacks.
          requestAnimationFrame(() => channel.port2.postMessage(0))
        })
      const send = (kind: string, step: number): number => {
        const angle = (4 * Math.PI * step) / steps
        const [x, y] = [0.5 + 0.22 * Math.cos(angle), 0.5 + 0.22 * Math.sin(angle)]
        const event = new PointerEvent(kind, {
          bubbles: true,
          cancelable: true,
          pointerId: 1,
          button: kind === 'pointermove' ? -1 : 0,
          buttons: 1,
          clientX: box.left + box.width * x,
          clientY: box.top + box.height * y,
        })
        const start = performance.now()
        element.dispatchEvent(event)
        return performance.now() - start
      }
      // A made-up pointer cannot be captured.
      element.setPointerCapture = () => undefined
      element.releasePointerCapture = () => undefined
      const painted = (): number => Reflect.get(window, 'painted') as number
      const times: { script: number; paint: number; shown: number }[] = []
      send('pointerdown', 0)
      await nextFrame()
      for (let step = 1; step <= steps; step++) {
        const [start, before] = [performance.now(), painted()]
        const script = send('pointermove', step)
        await nextFrame()
        const paint = painted() - before
        await nextFrame()
        times.push({ script, paint, shown: performance.now() - start })
      }
      send('pointerup', steps)
      return times
    },
    { pane, count },
  )
}

/** How long the window's thread is busy with a stroke on maps of clinical size, with software rendering. */
export async function benchStrokes(): Promise<BenchRow[]> {
  const study = headStudy(grid)
  const movement = await withWindow(async (page, address) => {
    await page.addInitScript(timeFrames)
    await page.goto(address)
    await page.getByRole('button', { name: 'Open a study…' }).click()
    await page.getByRole('dialog').getByLabel('Folder', { exact: true }).fill(study)
    await page.getByRole('button', { name: 'Open this folder' }).click()
    await page.locator('[data-testid="pane-source"][data-slice]').waitFor()
    await page.keyboard.press('Alt+3')
    for (const pane of ['cbv', 'cbf', 'ttp', 'source']) {
      await page.locator(`[data-testid="pane-${pane}"][data-slice]`).waitFor()
    }
    await page.keyboard.press('p')
    await page.getByLabel('Diameter of the brush, mm').fill('20')
    await strokeOver(page, 'cbv', 10)
    const times = await strokeOver(page, 'cbv', movements)
    const { voxels } = await page.evaluate(() =>
      (window.__umbraTest?.drawing as () => { voxels: number[] })(),
    )
    if (voxels[0] < 10_000) throw new Error(`Only ${voxels[0]} voxels were drawn.`)
    return {
      script: median(times.map(({ script }) => script)),
      paint: median(times.map(({ paint }) => paint)),
      both: [...times].map(({ script, paint }) => script + paint).sort((a, b) => a - b)[
        Math.floor(0.95 * times.length)
      ],
      shown: median(times.map(({ shown }) => shown)),
    }
  })
  const row = (name: string, milliseconds: number, limit: number | null): BenchRow => ({
    name,
    ours: milliseconds,
    peer: null,
    peerName: null,
    limit,
  })
  return [
    row('a movement of the brush on 512×512×16: script, ms', movement.script, null),
    row('drawing what it changed on four panes, ms', movement.paint, null),
    row('both, the slowest of twenty, ms', movement.both, 1000 / 60),
    row('from the movement to the frame after it, ms', movement.shown, null),
  ]
}
