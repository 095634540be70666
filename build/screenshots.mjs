// `npm run screenshots`: opens the demo in the workstation in the npm browser and writes the pictures
// of the README. Run it after `npm run build`.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const root = fileURLToPath(new URL('..', import.meta.url))
const umbra = join(root, 'out/main/umbra.js')
const target = resolve(root, 'docs/screenshots')
const temporary = mkdtempSync(join(tmpdir(), 'umbra-screenshots-'))
const executablePath = process.env.UMBRA_CHROMIUM ?? join(root, 'node_modules/.cache/chromium/chromium')

/** The address that `umbra serve` prints, once it listens. */
function serve() {
  const child = spawn(process.execPath, [umbra, 'serve', '--port', '0'], {
    env: { ...process.env, UMBRA_DATA: join(temporary, 'data') },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return new Promise((found, failed) => {
    let output = ''
    child.on('exit', () => failed(new Error('umbra serve ended')))
    child.stdout.on('data', (chunk) => {
      output += chunk
      const address = /http:\/\/\S+#token=\S+/.exec(output)?.[0]
      if (address) found({ address, child })
    })
  })
}

mkdirSync(target, { recursive: true })
const { address, child } = await serve()
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
})
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  await page.goto(address)
  await page.getByRole('button', { name: /try the demo/i }).waitFor()
  await page.screenshot({ path: join(target, 'start.png') })
  await page.getByRole('button', { name: /try the demo/i }).click()
  const grid = page.getByTestId('map-grid')
  await grid.waitFor({ timeout: 240_000 })
  await page.getByTestId('probe-cbf').waitFor({ timeout: 240_000 })
  const box = await grid.boundingBox()
  const at = [box.x + box.width * 0.2, box.y + box.height * 0.24]
  await page.waitForFunction(() => !/computing/i.test(document.body.innerText), null, { timeout: 240_000 })
  await page.mouse.move(...at)
  await page.mouse.click(...at)
  await page.waitForTimeout(3000)
  await page.screenshot({ path: join(target, 'review.png') })
  await page.keyboard.press('x')
  await page.getByTestId('method').selectOption('cnn')
  await page.getByTestId('tab-agreement').click()
  await page.getByTestId('agreement-cbf').waitFor({ timeout: 240_000 })
  await page.waitForTimeout(4000)
  await page.screenshot({ path: join(target, 'compare.png') })
  await page.keyboard.press('Alt+3')
  await page.getByTestId('overlay-cbv').waitFor({ timeout: 120_000 })
  await page.waitForTimeout(4000)
  const pane = await page.getByTestId('pane-cbv').boundingBox()
  // Around the infarct, in the left hemisphere of the demonstration's middle slice.
  const sketched = (x, y) => [pane.x + pane.width * x, pane.y + pane.height * y]
  await page.keyboard.press('p')
  for (let i = 0; i < 2; i++) await page.keyboard.press(']')
  await page.mouse.move(...sketched(0.63, 0.43))
  await page.mouse.down()
  for (const [x, y] of [
    [0.66, 0.46],
    [0.665, 0.51],
    [0.64, 0.54],
    [0.62, 0.48],
    [0.645, 0.48],
  ]) {
    await page.mouse.move(...sketched(x, y), { steps: 8 })
  }
  await page.mouse.up()
  await page.waitForTimeout(1500)
  await page.screenshot({ path: join(target, 'reading.png') })
  await page.keyboard.press('Alt+4')
  await page.getByTestId('training-new').click()
  await page.getByTestId('training-start').click()
  await page.getByTestId('run-first-try').getByText('Finished').waitFor({ timeout: 600_000 })
  await page.waitForTimeout(2000)
  await page.screenshot({ path: join(target, 'training.png') })
  console.log(`Written to ${target}`)
} finally {
  await browser.close()
  child.kill()
  rmSync(temporary, { recursive: true, force: true })
}
process.exit(0)
