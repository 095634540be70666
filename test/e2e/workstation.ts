import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test as base, _electron, chromium, type ElectronApplication, type Page } from '@playwright/test'
import { findChromium } from './chromium'

const root = resolve(__dirname, '../..')

export interface Workstation {
  page: Page
  /** 'browser': served by `umbra serve`; 'electron': the desktop window. */
  host: 'browser' | 'electron'
  /** The window's process, for native dialogs; null in a browser. */
  electron: ElectronApplication | null
}

/** The Electron binary to test in, or null where there is none. */
export function electronBinary(): string | null {
  const name = process.platform === 'win32' ? 'electron.exe' : 'electron'
  const folders = [process.env.ELECTRON_OVERRIDE_DIST_PATH, join(root, 'node_modules/electron/dist')]
  return folders.map((folder) => folder && join(folder, name)).find((path) => path && existsSync(path)) || null
}

/** Starts the built host on a free port; resolves to its address with the token once it listens. */
async function serve(dataDirectory: string): Promise<{ address: string; process: ChildProcess }> {
  const child = spawn(process.execPath, [join(root, 'out/main/umbra.js'), 'serve', '--port', '0'], {
    env: { ...process.env, UMBRA_DATA: dataDirectory },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const address = await new Promise<string>((found, failed) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      const match = /http:\/\/\S+#token=\S+/.exec(output)
      if (match) found(match[0])
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('exit', (code) => failed(new Error(`umbra serve ended with ${code}: ${output}`)))
  })
  return { address, process: child }
}

/**
 * A fresh workstation for each test, with its own data folder: the project 'browser' opens the served page in the npm
 * Chromium, the project 'electron' the real desktop window. Console errors fail the test.
 */
export const test = base.extend<{ workstation: Workstation }>({
  workstation: async ({}, use, info) => {
    const dataDirectory = mkdtempSync(join(tmpdir(), 'umbra-e2e-'))
    const faults: string[] = []
    const watch = (page: Page): void => {
      page.on('pageerror', (error) => faults.push(`page error: ${error.message}`))
      page.on('console', (message) => {
        if (message.type() === 'error') faults.push(`console: ${message.text()}`)
      })
    }
    const close: (() => Promise<void> | void)[] = []
    try {
      if (info.project.name === 'electron') {
        const binary = electronBinary()
        base.skip(binary === null, 'no Electron binary here')
        const application = await _electron.launch({
          executablePath: binary as string,
          args: ['--no-sandbox', '--ignore-gpu-blocklist', '--use-gl=angle', '--use-angle=swiftshader', root],
          env: { ...(process.env as Record<string, string>), UMBRA_DATA: dataDirectory },
        })
        close.push(() => application.close())
        const page = await application.firstWindow()
        watch(page)
        await use({ page, host: 'electron', electron: application })
      } else {
        const browser = findChromium()
        const served = await serve(dataDirectory)
        close.push(() => void served.process.kill())
        const instance = await chromium.launch({
          executablePath: browser.executablePath,
          args: browser.args,
          env: { ...(process.env as Record<string, string>), ...browser.env },
        })
        close.push(() => instance.close())
        const page = await instance.newPage({ viewport: { width: 1440, height: 900 } })
        watch(page)
        await page.goto(served.address)
        await use({ page, host: 'browser', electron: null })
      }
    } finally {
      for (const step of close.reverse()) await step()
      rmSync(dataDirectory, { recursive: true, force: true })
    }
    if (faults.length > 0) throw new Error(`The page reported faults:\n${faults.join('\n')}`)
  },
})

export { expect } from '@playwright/test'
