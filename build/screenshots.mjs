// `npm run screenshots [-- scene …]`: opens digital patients in the workstation in the npm browser, works in it as a
// person would, and writes the pictures of the README and of docs. Scenes: review motion agreement reading training; all
// without a name. Run it after `npm run build`.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { findChromium } from './chromium.cjs'
import { withPalette } from './palettePng.mjs'
import { makeReadings, readLesion } from './simulatedReaders.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const umbra = join(root, 'out/main/umbra.js')
const target = resolve(root, 'docs/screenshots')
const temporary = mkdtempSync(join(tmpdir(), 'umbra-screenshots-'))
const patience = { timeout: 600_000 }
const pin = '2468'

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

/** A patient with an infarct: a CT perfusion scan, during which the head may move (mm), and an MR. Returns the folder. */
function makePatient(motion) {
  const folder = join(temporary, `patient-${motion}`)
  const head = ['--lesion', 'mca-left:22+55', '--seed', '7']
  for (const [name, ...options] of [
    ['ctp', '--noise', '3', '--motion', String(motion)],
    ['mr', '--modality', 'mr', '--volumes', '1', '--slices', '16', '--noise', '2'],
  ]) {
    const made = spawnSync(process.execPath, [umbra, 'phantom', join(folder, name), ...head, ...options])
    if (made.status !== 0) throw new Error(String(made.stderr))
  }
  return folder
}

const { address, child } = await serve()
const { executablePath, args, env } = findChromium()
const browser = await chromium.launch({ executablePath, args, env: { ...process.env, ...env } })
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
page.setDefaultTimeout(120_000)
const byId = (id) => page.getByTestId(id)
const settled = () => page.waitForTimeout(3000)

/** `around`: only what these elements take up, which must lie in one column. */
async function picture(name, ...around) {
  await settled()
  const boxes = await Promise.all(around.map((id) => byId(id).boundingBox()))
  const clip = boxes.length > 0 && {
    x: Math.min(...boxes.map(({ x }) => x)),
    y: Math.min(...boxes.map(({ y }) => y)),
    width: Math.max(...boxes.map(({ x, width }) => x + width)) - Math.min(...boxes.map(({ x }) => x)),
    height: Math.max(...boxes.map(({ y, height }) => y + height)) - Math.min(...boxes.map(({ y }) => y)),
  }
  const png = withPalette(await page.screenshot(clip ? { clip } : {}))
  writeFileSync(join(target, `${name}.png`), png)
  console.log(`${name}.png ${Math.round(png.length / 1000)} kB`)
}

async function open(folder) {
  await page.keyboard.press('Alt+1')
  await page
    .getByRole('button', { name: /^Open( a study)?…$/ })
    .first()
    .click()
  const picker = page.getByRole('dialog', { name: 'Open a study' })
  await picker.getByLabel('Folder', { exact: true }).fill(folder)
  await picker.getByRole('button', { name: 'Open this folder' }).click()
  await byId('pane-source').waitFor()
  // The phantom's truth lies beside its images, and is said to be left out.
  await page.getByRole('button', { name: 'Dismiss' }).click()
}

/** Where a place of a pane's slice, in voxels, lies on the screen. */
async function screenPlace(pane, [nx, ny], [x, y]) {
  const box = await byId(`pane-${pane}`).boundingBox()
  const scale = Math.min(box.width / nx, box.height / ny)
  return [
    box.x + box.width / 2 + (x - (nx - 1) / 2) * scale,
    box.y + box.height / 2 + (y - (ny - 1) / 2) * scale,
  ]
}

/** The middle and the half widths of what the phantom's truth holds on a slice. */
function ellipseOf({ size: [nx, ny], labels }, slice, holds) {
  const inside = []
  for (let at = 0; at < nx * ny; at++) {
    if (holds(labels[slice * nx * ny + at])) inside.push([at % nx, Math.floor(at / nx)])
  }
  const mean = [0, 1].map((axis) => inside.reduce((sum, place) => sum + place[axis], 0) / inside.length)
  const half = [0, 1].map(
    (axis) => 2 * Math.sqrt(inside.reduce((sum, p) => sum + (p[axis] - mean[axis]) ** 2, 0) / inside.length),
  )
  return { mean, half }
}

/** A closed line with the mouse, a little uneven as a hand's is. */
async function encircle(pane, size, { mean, half }) {
  const corners = 40
  for (let i = 0; i <= corners; i++) {
    const angle = (2 * Math.PI * i) / corners
    const uneven = 1 + 0.05 * Math.sin(3 * angle) + 0.03 * Math.cos(5 * angle)
    const place = [mean[0] + uneven * half[0] * Math.cos(angle), mean[1] + uneven * half[1] * Math.sin(angle)]
    await page.mouse.move(...(await screenPlace(pane, size, place)))
    if (i === 0) await page.mouse.down()
  }
  await page.mouse.up()
}

async function signIn(name) {
  await byId('sign-in-name').fill(name)
  await byId('sign-in-pin').fill(pin)
  await byId('sign-in').click()
  await byId('new-study').waitFor()
}

async function toDesk() {
  await page.keyboard.press('Alt+3')
  await byId('to-desk').or(byId('sign-in-name')).or(byId('new-study')).first().waitFor()
  if (await byId('to-desk').isVisible()) await byId('to-desk').click()
}

/** Run, until the quality of the study is told. */
async function runEverything() {
  await byId('run').click()
  const done = byId('pipeline-state').filter({ hasText: 'done in' })
  await done.or(page.locator('[data-testid=tab-quality][aria-selected=true]')).first().waitFor(patience)
  await byId('tab-quality').click()
}

let patient = null
const scenes = {
  async review() {
    patient ??= makePatient(0)
    await open(patient)
    await runEverything()
    await page.waitForFunction(() => !/checking the quality/i.test(document.body.innerText), null, patience)
    const lesion = readLesion(join(patient, 'ctp'))
    const middle = ellipseOf(lesion, 4, (label) => label === 2).mean
    await page.mouse.click(...(await screenPlace('cbv', lesion.size, [middle[0] - 14, middle[1]])))
    await picture('quality')
    await byId('tab-risk').click()
    await picture('risk')
    await byId('tab-curves').click()
    await picture('review')
    await byId('tab-pipeline').click()
    await byId('step-deconvolve').getByRole('button').first().click()
    await picture('pipeline')
    await byId('step-deconvolve').getByRole('button').first().click()
    await byId('tab-curves').click()
    await byId('fusion-series').selectOption({ index: 1 })
    await byId('fusion-share').waitFor(patience)
    await picture('fusion', 'pane-source', 'fusion')
    await byId('fusion-series').selectOption('')
    await page.keyboard.press('x')
    await byId('method').selectOption('cnn')
    await byId('tab-agreement').click()
    await byId('agreement-cbf').waitFor(patience)
    await picture('compare')
    await page.keyboard.press('x')
  },

  async agreement() {
    await makeReadings(address, umbra, join(temporary, 'cases'), 8)
    await page.reload()
    await toDesk()
    await signIn('Coordinator')
    await byId('to-agreement').click()
    await byId('table-one').waitFor(patience)
    await picture('agreement')
    await byId('agreement-cases').getByRole('button').nth(3).click()
    await byId('legend-cbv').waitFor(patience)
    await picture('compared')
    await page.keyboard.press('Escape')
    await byId('agreement-page').waitFor()
    await page.getByRole('button', { name: 'Back', exact: true }).click()
    await byId('sign-out').click()
  },

  async motion() {
    await open(makePatient(3))
    await runEverything()
    await byId('tab-motion').click()
    await picture('motion', 'motion-panel')
  },

  async reading() {
    patient ??= makePatient(0)
    await toDesk()
    await signIn('Study coordinator')
    await byId('new-study').click()
    await byId('study-name').fill('Core and penumbra')
    await byId('as-in-paper').click()
    await byId('case-folder').fill(join(patient, 'ctp/dicom'))
    await byId('add-folder').click()
    await byId('case').waitFor()
    await byId('rater-1').fill('Anna Reader')
    await byId('rater-2').fill('Ben Reader')
    await byId('rater-3').fill('Carl Reference')
    await picture('study-form')
    await byId('create-study').click()
    await byId('matrix').waitFor()
    await byId('sign-out').click()
    await signIn('Anna Reader')
    await byId('worklist-item').first().getByRole('button', { name: 'Read', exact: true }).click()
    await byId('legend-ttp').waitFor(patience)
    await settled()
    const lesion = readLesion(join(patient, 'ctp'))
    await page.keyboard.press('h')
    await encircle(
      'cbv',
      lesion.size,
      ellipseOf(lesion, 4, (label) => label === 1),
    )
    await byId('structure-penumbra').click()
    await encircle(
      'ttp',
      lesion.size,
      ellipseOf(lesion, 4, (label) => label > 0),
    )
    await page.mouse.move(720, 6)
    await picture('reading')
    await byId('leave-reading').click()
    await byId('sign-out').click()
  },

  async training() {
    await page.getByRole('button', { name: 'Training', exact: true }).click()
    await byId('training-new').click()
    await byId('training-start').click()
    await byId('run-first-try').getByText('Finished').waitFor({ timeout: 1_800_000 })
    await picture('training')
  },
}

mkdirSync(target, { recursive: true })
const asked = process.argv.slice(2)
try {
  await page.goto(address)
  for (const name of asked.length > 0 ? asked : Object.keys(scenes)) await scenes[name]()
  console.log(`Written to ${target}`)
} catch (error) {
  await page.screenshot({ path: join(tmpdir(), 'umbra-screenshot-failed.png') }).catch(() => undefined)
  throw error
} finally {
  await browser.close()
  child.kill()
  rmSync(temporary, { recursive: true, force: true })
}
process.exit(0)
