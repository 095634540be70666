// What start, demo and package share: a build that is up to date, an Electron where there is one, and the workstation
// opened in a window or served to a browser.
/* global AbortSignal */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
export const umbra = join(root, 'out/main/umbra.js')

const sources = ['src-main', 'src-renderer', 'package.json', 'electron.vite.config.ts', 'tsconfig.json']
const built = [
  'out/main/umbra.js',
  'out/main/electron.js',
  'out/preload/preload.js',
  'out/renderer/index.html',
]
const executables = { win32: 'electron.exe', darwin: 'Electron.app/Contents/MacOS/Electron' }
const executable = executables[process.platform] ?? 'electron'
const SET_UP_WITHIN_MS = 180_000
const REACH_MS = 4000
const FAILS_AT_ONCE_MS = 8000

function newest(path) {
  const found = statSync(path)
  if (!found.isDirectory()) return found.mtimeMs
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}

/** Builds what is missing or older than its sources. Ends the program when the build fails. */
export function ensureBuilt() {
  const outputs = built.map((path) => join(root, path))
  const oldest = outputs.every(existsSync) ? Math.min(...outputs.map((path) => statSync(path).mtimeMs)) : 0
  if (oldest >= Math.max(...sources.map((path) => newest(join(root, path))))) return
  console.log('Building Umbra …')
  const vite = join(root, 'node_modules/electron-vite/bin/electron-vite.js')
  const done = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: root,
    stdio: 'inherit',
  })
  if (done.status !== 0) process.exit(done.status ?? 1)
}

/**
 * Sets up native TensorFlow for the processor where that is possible and not done yet; without it networks compute in
 * WebAssembly. Never fails, and ends after three minutes. UMBRA_NATIVE=off skips it.
 */
export function ensureTensorFlow() {
  if (process.env.UMBRA_NATIVE === 'off') return
  const script = join(root, 'build/setup-tensorflow.mjs')
  spawnSync(process.execPath, [script, '--if-possible', '--variant', 'cpu'], {
    cwd: root,
    stdio: 'inherit',
    timeout: SET_UP_WITHIN_MS,
  })
}

export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.WAYLAND_DISPLAY || process.env.DISPLAY)
}

/** The folder with an unpacked Electron: ELECTRON_OVERRIDE_DIST_PATH, else that of the npm package; null for none. */
export function electronFolder() {
  const folders = [process.env.ELECTRON_OVERRIDE_DIST_PATH, join(root, 'node_modules/electron/dist')]
  return folders.find((folder) => folder && existsSync(join(folder, executable))) ?? null
}

/** Electron's own first-run download, tried only where its server answers quickly. */
async function downloadElectron() {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8'))
  const mirror = process.env.ELECTRON_MIRROR ?? process.env.npm_config_electron_mirror
  const base = mirror ?? 'https://github.com/electron/electron/releases/download/'
  try {
    const address = `${base.replace(/\/?$/, '/')}v${version}/SHASUMS256.txt`
    const answer = await fetch(address, { method: 'HEAD', signal: AbortSignal.timeout(REACH_MS) })
    if (!answer.ok) return
  } catch {
    return
  }
  console.log(`Downloading Electron ${version} (once) …`)
  spawnSync(process.execPath, [join(root, 'node_modules/electron/install.js')], { stdio: 'inherit' })
}

/** Passes Ctrl-C and a polite end on to the child, and resolves to how it ended. */
function ended(child) {
  const pass = (signal) => child.kill(signal)
  process.on('SIGINT', pass)
  process.on('SIGTERM', pass)
  return new Promise((resolve) => {
    child.on('error', () => resolve(1))
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1)))
  })
}

/** Serves the workstation to a browser, and says so with `why` and the address in one line. */
function serve(paths, why, { compare, run }) {
  const options = [...(compare ? ['--compare', compare] : []), ...(run ? ['--run'] : [])]
  const child = spawn(process.execPath, [umbra, 'serve', ...paths, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout.on('data', (text) => {
    const address = /http:\/\/\S+/.exec(String(text))?.[0]
    process.stdout.write(address ? `${why}: open ${address} in a browser (Ctrl-C stops it)\n` : text)
  })
  return ended(child)
}

/**
 * Opens the workstation on `paths`: in Electron's window where there are both a display and an Electron, else in a
 * browser. A window that cannot open is no failure: the browser takes its place. `flags` go to Electron; `compare` names
 * two sources of maps to begin with, and with `run` the study is run at once. Resolves to the exit code.
 */
export async function openWorkstation(paths, flags, beginning = {}) {
  if (!hasDisplay()) return serve(paths, 'There is no display here', beginning)
  if (!electronFolder()) await downloadElectron()
  const folder = electronFolder()
  if (!folder) return serve(paths, 'There is no Electron here', beginning)
  const environment = { ...process.env }
  delete environment.ELECTRON_RUN_AS_NODE
  const started = Date.now()
  const names = paths.map((path) => `--open=${resolve(path)}`)
  if (beginning.compare) names.push(`--compare=${beginning.compare}`)
  if (beginning.run) names.push('--run')
  const child = spawn(join(folder, executable), [...flags, root, ...names], {
    stdio: 'inherit',
    env: environment,
  })
  const code = await ended(child)
  if (code === 0 || Date.now() - started > FAILS_AT_ONCE_MS) return code
  return serve(paths, `Electron's window did not open (it ended with ${code})`, beginning)
}

/** Splits arguments of `npm start -- …`: what begins with "-" is a flag for Electron, the rest are studies to open. */
export function splitArguments(given) {
  return {
    paths: given.filter((each) => !each.startsWith('-')),
    flags: given.filter((each) => each.startsWith('-')),
  }
}
