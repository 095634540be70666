import { join } from 'node:path'
import { app, BrowserWindow, dialog } from 'electron'
import { pageAddress } from './scheme'
import { rememberedState, rememberState } from './windowState'

const BACKGROUND = '#101214'
const FAULTS_FORGIVEN = 3

const windows = new Set<BrowserWindow>()

/** Those that a person sees; one that only computes is none of them. */
export function openWindows(): BrowserWindow[] {
  return [...windows]
}

/**
 * Opens the window where it was last. `saving` is given writes to wait for before the app ends; `beginning` is
 * what the page begins with, as its address names it (`compare=cnn,bennink&run=1`).
 */
export function openWindow(saving: (write: Promise<void>) => void, beginning: string): BrowserWindow {
  const statePath = join(app.getPath('userData'), 'window.json')
  const state = rememberedState(statePath)
  const window = new BrowserWindow({
    width: 1600,
    height: 1000,
    ...state?.bounds,
    minWidth: 900,
    minHeight: 600,
    show: false,
    autoHideMenuBar: true,
    backgroundColor: BACKGROUND,
    title: 'Umbra',
    webPreferences: {
      preload: join(__dirname, '../preload/preload.js'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false,
    },
  })
  windows.add(window)
  window.on('closed', () => {
    windows.delete(window)
    // A hidden window does not keep the application open.
    if (windows.size === 0) app.quit()
  })
  if (state?.maximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  rememberState(window, statePath, saving)

  let faults = 0
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return
    faults++
    if (faults <= FAULTS_FORGIVEN) return window.webContents.reload()
    dialog.showErrorBox('Umbra', `The window failed ${faults} times (${reason}). Start Umbra again.`)
    window.destroy()
  })
  void window.loadURL(pageAddress + (beginning ? `#${beginning}` : ''))
  return window
}
