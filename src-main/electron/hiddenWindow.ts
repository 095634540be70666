import { join } from 'node:path'
import { BrowserWindow, type MessagePortMain } from 'electron'
import { pageAddress } from './scheme'

const WORDS_KEPT = 4000
/** Of hiddenPreload.ts, which shares no code with anything: a preload script in the sandbox is one file. */
const PORT_CHANNEL = 'umbra:engine-port'

export interface HiddenWindow {
  end(): void
}

interface HiddenWindowOptions {
  /** To the engine. */
  port: MessagePortMain
  onReady(pid: number): void
  /** How it ended, and the last that it wrote on its console. Not called after `end`. */
  onEnd(how: string, words: string): void
}

/**
 * A window that is never shown and computes with WebGPU, which Chromium has and Electron's processes have not. It runs
 * our own page in the sandbox: no Node, no network, nothing of Electron but one port to the engine. It is not slowed
 * down as other hidden pages are.
 */
export function openHiddenWindow({ port, onReady, onEnd }: HiddenWindowOptions): HiddenWindow {
  const window = new BrowserWindow({
    show: false,
    skipTaskbar: true,
    webPreferences: {
      preload: join(__dirname, '../preload/hiddenPreload.js'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false,
      backgroundThrottling: false,
    },
  })
  const { webContents } = window
  let words = ''
  let ended = false
  const finish = (how: string): void => {
    if (ended) return
    ended = true
    onEnd(how, words.trim())
    if (!window.isDestroyed()) window.destroy()
  }
  // Electron before 35 gave the text as the third argument.
  webContents.on('console-message', (details, _level, earlier) => {
    words = `${words}\n${details.message ?? earlier}`.slice(-WORDS_KEPT)
  })
  webContents.on('render-process-gone', (_event, { reason, exitCode }) =>
    finish(`${reason}, code ${exitCode}`),
  )
  window.on('closed', () => finish('its window closed'))
  webContents.once('did-finish-load', () => {
    webContents.postMessage(PORT_CHANNEL, null, [port])
    onReady(webContents.getOSProcessId())
  })
  window.loadURL(`${pageAddress}networks.html`).catch((error: Error) => finish(error.message))
  return {
    end: () => {
      ended = true
      if (!window.isDestroyed()) window.destroy()
    },
  }
}
