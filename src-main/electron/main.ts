import { join, resolve } from 'node:path'
import { app, BrowserWindow, dialog } from 'electron'
import { comparisonOf } from '@contract'
import { dataDirectory } from '../engine/cases/dataDirectory'
import { channels } from './channels'
import { startEngineProcess, type EngineProcess } from './engineProcess'
import { answerPages } from './ipc'
import { setMenu } from './menu'
import { declareScheme, serveScheme } from './scheme'
import { secureApp } from './security'
import { openWindow, openWindows } from './window'

/** Studies named on the command line as `--open=PATH`, or those of UMBRA_OPEN. */
function pathsToOpen(): string | undefined {
  const flag = '--open='
  const named = process.argv.filter((argument) => argument.startsWith(flag))
  if (named.length === 0) return process.env.UMBRA_OPEN
  return named.map((argument) => resolve(argument.slice(flag.length))).join('\n')
}

/** What the page begins with: the sources of `--compare=cnn,bennink`, and with `--run` a run of what is opened. */
function beginning(): string {
  const flag = '--compare='
  const named = process.argv.find((argument) => argument.startsWith(flag))
  const comparison = named === undefined ? null : comparisonOf(named.slice(flag.length))
  return [comparison && `compare=${comparison.join(',')}`, process.argv.includes('--run') && 'run=1']
    .filter(Boolean)
    .join('&')
}

function tellPages(channel: string, text: string): void {
  for (const window of openWindows()) window.webContents.send(channel, text)
}

function tellFocused(command: string): void {
  const window = BrowserWindow.getFocusedWindow() ?? openWindows()[0]
  window?.webContents.send(channels.command, command)
}

function showWindow(): void {
  const [window] = openWindows()
  if (!window) return
  if (window.isMinimized()) window.restore()
  window.focus()
}

function startEngine(data: string): EngineProcess {
  return startEngineProcess({
    environment: { ...process.env, UMBRA_DATA: data, UMBRA_OPEN: pathsToOpen() ?? '' },
    onRestart: (reason) => tellPages(channels.engineRestart, reason),
    onGiveUp: (reason) => {
      tellPages(channels.engineRestart, reason)
      dialog.showErrorBox(
        'Umbra',
        `The engine fails again and again. ${reason}\n\nClose Umbra and run "umbra doctor" in a terminal.`,
      )
    },
  })
}

/** The desktop application: one window on our own page, one engine beside it. */
async function run(data: string): Promise<void> {
  await app.whenReady()
  serveScheme(join(__dirname, '../renderer'))
  const engine = startEngine(data)
  answerPages(engine.introduce)
  setMenu(tellFocused)

  const writes: Promise<void>[] = []
  const open = (): void => void openWindow((write) => writes.push(write), beginning())
  open()
  app.on('activate', () => {
    if (openWindows().length === 0) open()
  })
  app.on('second-instance', showWindow)
  app.on('window-all-closed', () => app.quit())

  let stopped = false
  app.on('will-quit', (event) => {
    if (stopped) return
    event.preventDefault()
    void Promise.allSettled([engine.stop(), ...writes]).then(() => {
      stopped = true
      app.quit()
    })
  })
}

const data = dataDirectory()
app.setPath('userData', join(data, 'window'))
// Whoever runs as root, as a test in a container does, must switch the sandbox off from outside; it is never our default.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
declareScheme()
secureApp()
if (app.requestSingleInstanceLock()) {
  run(data).catch((thrown: Error) => {
    dialog.showErrorBox('Umbra cannot start', thrown.message)
    app.exit(1)
  })
} else {
  process.stdout.write('Umbra is open already: its window comes to the front.\n')
  app.quit()
}
