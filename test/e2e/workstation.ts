import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  test as base,
  expect,
  _electron,
  chromium,
  type ElectronApplication,
  type Page,
} from '@playwright/test'
import { findChromium } from '../../build/chromium.cjs'
import { root, serve } from './host'
import { makePhantom, type Phantom } from './phantom'

export interface Workstation {
  page: Page
  /** 'browser': served by `umbra serve`; 'electron': the desktop window. */
  host: 'browser' | 'electron'
  /** The window's process, for native dialogs; null in a browser. */
  electron: ElectronApplication | null
  /** A folder of this test, removed with it. */
  scratch: string
}

/** The application that `npm run package` made, where it is under test in place of the build (`npm run test:package`). */
const packaged = process.env.UMBRA_PACKAGED

/** What an Electron is told to start: the build, or, being packaged, nothing. */
export const applicationArgs = packaged ? [] : [root]

/** The Electron binary to test in, or null where there is none. */
export function electronBinary(): string | null {
  if (packaged) return packaged
  const names: Partial<Record<NodeJS.Platform, string>> = {
    win32: 'electron.exe',
    darwin: 'Electron.app/Contents/MacOS/Electron',
  }
  const name = names[process.platform] ?? 'electron'
  const folders = [process.env.ELECTRON_OVERRIDE_DIST_PATH, join(root, 'node_modules/electron/dist')]
  return (
    folders.map((folder) => folder && join(folder, name)).find((path) => path && existsSync(path)) || null
  )
}

type Closing = (step: () => Promise<unknown>) => void

/** What the window begins with: two sources of maps, and whether the first study is run. */
interface Beginning {
  comparison: string
  runs: boolean
}

async function openInBrowser(
  scratch: string,
  closing: Closing,
  { comparison, runs }: Beginning,
): Promise<Workstation> {
  const browser = findChromium()
  const served = await serve(join(scratch, 'data'))
  closing(() => {
    const ended = served.ended()
    return ended === null ? served.stop() : Promise.reject(new Error(ended))
  })
  const instance = await chromium.launch({
    executablePath: browser.executablePath,
    args: browser.args,
    env: { ...(process.env as Record<string, string>), ...browser.env },
  })
  closing(() => instance.close())
  const page = await instance.newPage({ viewport: { width: 1440, height: 900 } })
  await page.goto(served.address + (comparison ? `&compare=${comparison}` : '') + (runs ? '&run=1' : ''))
  return { page, host: 'browser', electron: null, scratch }
}

/**
 * Starts the built application. The binary is not named here: Playwright asks the electron package for it, as
 * `electronBinary` does, and only then holds the application back until it is attached.
 */
export function launchElectron(
  dataDirectory: string,
  { comparison, runs }: Beginning = { comparison: '', runs: false },
): Promise<ElectronApplication> {
  const flags = ['--no-sandbox', '--ignore-gpu-blocklist', '--use-gl=angle', '--use-angle=swiftshader']
  return _electron.launch({
    executablePath: packaged,
    args: [
      ...flags,
      ...applicationArgs,
      ...(comparison ? [`--compare=${comparison}`] : []),
      ...(runs ? ['--run'] : []),
    ],
    env: { ...(process.env as Record<string, string>), UMBRA_DATA: dataDirectory },
  })
}

async function openInElectron(scratch: string, closing: Closing, beginning: Beginning): Promise<Workstation> {
  const application = await launchElectron(join(scratch, 'data'), beginning)
  closing(() => application.close())
  return { page: await application.firstWindow(), host: 'electron', electron: application, scratch }
}

/** Saves what the window offers for download when `offer` is done, and returns its text. */
export async function downloaded(
  { page, electron, scratch }: Workstation,
  offer: () => Promise<void>,
): Promise<string> {
  const path = join(scratch, 'downloaded')
  if (electron === null) {
    const [download] = await Promise.all([page.waitForEvent('download'), offer()])
    await download.saveAs(path)
  } else {
    // Without a path of its own the window would ask for one, in a dialog that no test can answer.
    const download = await electron.evaluateHandle(
      ({ session }, savePath) => ({
        ended: new Promise<string>((resolve) => {
          session.defaultSession.once('will-download', (_event, item) => {
            item.setSavePath(savePath)
            item.once('done', (_done, state) => resolve(state))
          })
        }),
      }),
      path,
    )
    await offer()
    expect(await download.evaluate(({ ended }) => ended)).toBe('completed')
  }
  return readFileSync(path, 'utf8')
}

/** Notes whatever the page complains of: uncaught errors, and errors on its console. */
function watchFaults(page: Page, faults: string[]): void {
  page.on('pageerror', (error) => faults.push(`page error: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`)
  })
}

/**
 * `workstation`: a fresh one for each test, with its own data folder; the project 'browser' opens the served page in
 * the npm Chromium, the project 'electron' the real desktop window. Faults of the page or of
 * the host fail the test.
 * `comparison`: two sources of maps that Review begins with, as `--compare` names them.
 * `runs`: whether the first study that is opened is run from motion to summary, as `--run` asks for.
 * `phantom`: a small perfusion study with its truth, made once and shared.
 */
export const test = base.extend<
  { workstation: Workstation; comparison: string; runs: boolean },
  { phantom: Phantom }
>({
  comparison: ['', { option: true }],
  runs: [false, { option: true }],
  workstation: async ({ comparison, runs }, use, info) => {
    if (info.project.name === 'electron') base.skip(electronBinary() === null, 'no Electron binary here')
    const scratch = mkdtempSync(join(tmpdir(), 'umbra-e2e-'))
    const steps: (() => Promise<unknown>)[] = []
    const closing: Closing = (step) => steps.unshift(step)
    const faults: string[] = []
    try {
      const workstation =
        info.project.name === 'electron'
          ? await openInElectron(scratch, closing, { comparison, runs })
          : await openInBrowser(scratch, closing, { comparison, runs })
      watchFaults(workstation.page, faults)
      await use(workstation)
      if (info.status !== info.expectedStatus) {
        const body = await workstation.page.screenshot()
        await info.attach('the window when the test failed', { body, contentType: 'image/png' })
      }
    } finally {
      for (const step of steps) await step().catch((error: Error) => faults.push(error.message))
      rmSync(scratch, { recursive: true, force: true })
    }
    if (faults.length > 0) throw new Error(`There were faults:\n${faults.join('\n')}`)
  },
  phantom: [
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), 'umbra-phantom-'))
      try {
        await use(makePhantom(join(folder, 'phantom')))
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
    { scope: 'worker', timeout: 120_000 },
  ],
})

export { expect }
