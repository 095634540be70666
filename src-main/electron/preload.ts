import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron'
import type { DesktopShell } from '../contract/shell'
import { channels } from './channels'

/** Electron before 29 gave a File its path as a property. */
type FileWithPath = File & { path?: string }

function hear(channel: string, listener: (text: string) => void): () => void {
  const receive = (_event: IpcRendererEvent, text: unknown): void => listener(String(text))
  ipcRenderer.on(channel, receive)
  return () => void ipcRenderer.off(channel, receive)
}

const shell: DesktopShell = {
  electron: process.versions.electron,
  platform: process.platform,
  connect: (nonce) => ipcRenderer.send(channels.connect, nonce),
  chooseStudy: (kind) => ipcRenderer.invoke(channels.chooseStudy, kind) as Promise<string[]>,
  chooseFolder: (title) => ipcRenderer.invoke(channels.chooseFolder, title) as Promise<string | null>,
  pathOf: (file) => (webUtils ? webUtils.getPathForFile(file) : ((file as FileWithPath).path ?? '')),
  onEngineRestart: (listener) => hear(channels.engineRestart, listener),
  onCommand: (listener) => hear(channels.command, listener),
}

// A port cannot cross the context bridge; a message to our own window may carry it.
ipcRenderer.on(channels.port, (event, nonce: unknown) => {
  window.postMessage({ umbraPort: nonce }, '/', event.ports)
})

contextBridge.exposeInMainWorld('umbra', shell)
