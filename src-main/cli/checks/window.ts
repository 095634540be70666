import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Check } from './check'

/** The folder that holds node_modules, seen from the built out/main. */
const installation = join(__dirname, '..', '..')

const executables: Partial<Record<NodeJS.Platform, string>> = {
  win32: 'electron.exe',
  darwin: 'Electron.app/Contents/MacOS/Electron',
}

function electron(): Check {
  const name = executables[process.platform] ?? 'electron'
  const folders = [process.env.ELECTRON_OVERRIDE_DIST_PATH, join(installation, 'node_modules/electron/dist')]
  const found = folders.map((folder) => folder && join(folder, name)).find((path) => path && existsSync(path))
  return {
    id: 'electron',
    name: 'Electron',
    state: found ? 'ok' : 'missing',
    required: false,
    detail: found ?? 'no program found; the workstation opens in a browser instead',
    remedy: found
      ? null
      : 'Run `npx install-electron`, or point ELECTRON_OVERRIDE_DIST_PATH at an unpacked Electron.',
  }
}

function display(): Check {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env
  const found = process.platform === 'linux' ? (WAYLAND_DISPLAY ?? DISPLAY) : process.platform
  return {
    id: 'display',
    name: 'Display',
    state: found ? 'ok' : 'missing',
    required: false,
    detail: found ? found : 'none; the workstation is served to a browser instead',
    remedy: found ? null : 'Use `umbra serve` and open its address, or start under xvfb-run.',
  }
}

function renderer(): Check {
  const built = existsSync(join(__dirname, '../renderer/index.html'))
  return {
    id: 'renderer',
    name: 'Workstation pages',
    state: built ? 'ok' : 'missing',
    required: true,
    detail: built ? 'built' : 'not built',
    remedy: built ? null : 'Run `npm run build`.',
  }
}

function testBrowser(): Check {
  const own = process.env.UMBRA_CHROMIUM
  const packaged = join(installation, 'node_modules/@sparticuz/chromium/bin/chromium.br')
  const found = [own, packaged].find((path) => path && existsSync(path))
  return {
    id: 'chromium',
    name: 'Chromium for tests',
    state: found ? 'ok' : 'missing',
    required: false,
    detail: found ?? 'not installed; only the end-to-end tests need it',
    remedy: found ? null : 'Run `npm ci` in a checkout, or name a Chromium in UMBRA_CHROMIUM.',
  }
}

/** What shows the workstation. */
export function windowChecks(): Check[] {
  return [renderer(), electron(), display(), testBrowser()]
}
