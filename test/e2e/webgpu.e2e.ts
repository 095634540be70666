import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, type ElectronApplication, type Page } from '@playwright/test'
import type { EpochRecord } from '@contract'
import { tinyTraining } from '../tinyTraining'
import { umbra } from './host'
import { readNifti, runPhantom } from './phantom'
import { mapsDrawn, openFolder } from './rooms'
import { applicationArgs, electronBinary, expect, test } from './workstation'

/** WebGPU on SwiftShader, in software: a real adapter, which is used only when it is asked for by name. */
const switches = [
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
  '--use-webgpu-adapter=swiftshader',
]
/** What 1 stands for in each map of the network that comes with Umbra. */
const scales = { cbv: 8, cbf: 110, ttp: 32, tmax: 24 }

/** So many that a run can be paused, and killed, before it has ended. */
const EPOCHS = 16

/** With the binary named: else Playwright loads a script of its own first, whose --enable-features replaces ours. */
function launch(data: string): Promise<ElectronApplication> {
  return _electron.launch({
    executablePath: electronBinary() ?? undefined,
    args: ['--no-sandbox', ...switches, ...applicationArgs],
    env: { ...(process.env as Record<string, string>), UMBRA_DATA: data },
  })
}

/** The window that computes, as soon as it is there. */
async function hiddenWindow(application: ElectronApplication): Promise<Page> {
  const find = (): Page | undefined =>
    application.windows().find((page) => page.url().endsWith('networks.html'))
  await expect.poll(() => find() !== undefined, { timeout: 120_000 }).toBe(true)
  return find() as Page
}

/** Has networks compute with WebGPU, as the settings say it is there. */
async function chooseWebgpu(page: Page): Promise<void> {
  await page.keyboard.press('Alt+6')
  const networks = page.getByRole('region', { name: 'Networks' })
  const webgpu = networks.getByTestId('backend-webgpu')
  await expect(webgpu).toContainText(/software.*arrays up to.*not told/)
  await expect(webgpu).not.toContainText('(used)')
  await networks.getByRole('combobox').click()
  await page.getByRole('option', { name: 'WebGPU' }).click()
  await expect(webgpu).toContainText('(used)')
}

/** Ends the process of the window that computes, as a crash does. */
async function crashHidden(application: ElectronApplication): Promise<void> {
  await application.evaluate(({ BrowserWindow }) => {
    const hidden = BrowserWindow.getAllWindows().filter((window) => !window.isVisible())
    for (const { webContents } of hidden) webContents.forcefullyCrashRenderer()
  })
}

test('a hidden window makes the maps that WebAssembly makes; its end is said, and the next goes on', async ({}, info) => {
  test.skip(info.project.name !== 'electron' || electronBinary() === null, 'only in the desktop window')
  test.setTimeout(600_000)
  const scratch = mkdtempSync(join(tmpdir(), 'umbra-webgpu-'))
  const data = join(scratch, 'data')
  const dicom = join(scratch, 'phantom/dicom')
  runPhantom(
    join(scratch, 'phantom'),
    '--size',
    '64',
    '--slices',
    '2',
    '--volumes',
    '30',
    '--interval',
    '1.5',
  )
  const application = await launch(data)
  try {
    const page = await application.firstWindow()
    await expect(page.getByText('Engine ready')).toBeVisible()

    await chooseWebgpu(page)

    await openFolder({ page, host: 'electron', electron: application, scratch }, dicom)
    await mapsDrawn(page)

    await page.getByTestId('method').selectOption('cnn')
    const first = await hiddenWindow(application)
    const reached = await first.evaluate(async () => ({
      node: [typeof Reflect.get(window, 'require'), typeof Reflect.get(window, 'process')],
      shell: typeof Reflect.get(window, 'umbra'),
      network: await fetch('umbra://app/index.html').then(
        () => 'reached',
        () => 'refused',
      ),
    }))
    expect(reached).toEqual({ node: ['undefined', 'undefined'], shell: 'undefined', network: 'refused' })
    await crashHidden(application)
    await expect(page.getByText('ended unexpectedly').first()).toBeVisible()

    await page.getByTestId('method').selectOption('csvd')
    await mapsDrawn(page)
    await page.getByTestId('method').selectOption('cnn')
    await hiddenWindow(application)
    await expect(page.getByTestId('review-work')).toBeHidden({ timeout: 400_000 })
    await mapsDrawn(page)
    await expect.poll(() => application.windows().length).toBe(1)

    const there = join(scratch, 'wasm')
    const done = spawnSync(
      process.execPath,
      [umbra, 'predict', 'perfusion-unet-small', dicom, '-o', there, '--backend', 'wasm'],
      { encoding: 'utf8' },
    )
    expect(done.status, done.stderr).toBe(0)
    const kept = readdirSync(join(data, 'maps'))
      .map((key) => join(data, 'maps', key))
      .find((folder) => JSON.parse(readFileSync(join(folder, 'maps.json'), 'utf8')).method === 'cnn')
    for (const [map, scale] of Object.entries(scales)) {
      const bytes = readFileSync(join(kept as string, `${map}.f32`))
      const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
      const wasm = readNifti(join(there, `${map}.nii.gz`))
      let worst = 0
      let largest = 0
      values.forEach((value, i) => {
        const expected = wasm.at([i % 64, Math.floor(i / 64) % 64, Math.floor(i / 64 ** 2)])
        worst = Math.max(worst, Math.abs(value - expected) / scale)
        largest = Math.max(largest, expected / scale)
      })
      expect(largest, map).toBeGreaterThan(0.2)
      expect(worst, map).toBeLessThan(1e-4)
    }
  } finally {
    await application.close().catch(() => undefined)
    rmSync(scratch, { recursive: true, force: true })
  }
})

test('a hidden window trains what WebAssembly trains; paused, resumed and killed, the run goes on', async ({}, info) => {
  test.skip(info.project.name !== 'electron' || electronBinary() === null, 'only in the desktop window')
  test.setTimeout(600_000)
  const scratch = mkdtempSync(join(tmpdir(), 'umbra-webgpu-'))
  const data = join(scratch, 'data')
  const runs = join(data, 'training/runs')
  const config = { ...tinyTraining, epochs: EPOCHS, earlyStopping: null }
  const figures = (folder: string): EpochRecord[] => {
    const file = join(folder, 'metrics.json')
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as EpochRecord[]) : []
  }
  const runFolder = (): string => join(runs, readdirSync(runs)[0])
  const epochs = (): number => (existsSync(runs) ? figures(runFolder()).length : 0)
  const after = (epoch: number): Promise<void> =>
    expect.poll(epochs, { timeout: 120_000, intervals: [20] }).toBeGreaterThan(epoch)
  const application = await launch(data)
  try {
    const page = await application.firstWindow()
    await expect(page.getByText('Engine ready')).toBeVisible()
    await chooseWebgpu(page)

    await page.keyboard.press('Alt+4')
    await page.getByTestId('training-new').click()
    await page.getByTestId('training-config').fill(JSON.stringify(config))
    await page.getByTestId('training-start').click()
    await hiddenWindow(application)
    await after(0)
    await page.getByTestId('training-pause').click()
    await expect(page.getByTestId('run-tiny')).toContainText('Paused')
    await expect.poll(() => application.windows().length).toBe(1)
    const paused = epochs()
    expect(paused).toBeLessThan(EPOCHS)

    await page.getByTestId('training-resume').click()
    await hiddenWindow(application)
    await after(paused)
    const before = epochs()
    await crashHidden(application)
    await after(before + 1)
    await expect(page.getByTestId('run-tiny')).toContainText('Finished', { timeout: 120_000 })
    await expect(page.getByTestId('run-details')).toContainText('webgpu TensorFlow')
    await expect.poll(() => application.windows().length).toBe(1)
    await page.keyboard.press('Alt+5')
    const log = page.getByRole('button', { name: 'Log', exact: true })
    while ((await log.count()) > 0) await log.first().click()
    await expect(page.getByText('Going on from the last checkpoint').first()).toBeVisible()

    writeFileSync(join(scratch, 'config.json'), JSON.stringify(config))
    const there = join(scratch, 'wasm')
    const done = spawnSync(
      process.execPath,
      [
        umbra,
        'train',
        join(scratch, 'config.json'),
        '-o',
        there,
        '--backend',
        'wasm',
        '--datasets',
        join(data, 'training/datasets'),
      ],
      { encoding: 'utf8' },
    )
    expect(done.status, done.stderr).toBe(0)
    const [webgpu, wasm] = [figures(runFolder()), figures(there)]
    expect(webgpu.map(({ epoch }) => epoch)).toEqual(Array.from({ length: EPOCHS }, (_, i) => i + 1))
    for (const loss of ['trainingLoss', 'validationLoss'] as const) {
      const off = webgpu.map((record, i) => Math.abs(record[loss] - wasm[i][loss]) / wasm[i][loss])
      expect(Math.max(...off), loss).toBeLessThan(1e-3)
    }
    expect(wasm[EPOCHS - 1].validationLoss).toBeLessThan(wasm[0].validationLoss)
  } finally {
    await application.close().catch(() => undefined)
    rmSync(scratch, { recursive: true, force: true })
  }
})
