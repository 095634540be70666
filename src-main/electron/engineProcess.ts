import { join } from 'node:path'
import { MessageChannelMain, utilityProcess, type UtilityProcess, type WebContents } from 'electron'
import { channels } from './channels'
import { answerForks, engineFolder } from './engineForks'

const CRASHES_FORGIVEN = 5
const FORGIVEN_WITHIN_MS = 60_000
const RESTART_AFTER_MS = 300
const STOP_WITHIN_MS = 5_000

export interface EngineProcess {
  /** Joins a page to the engine by a port of their own; waits for an engine that is still starting. */
  introduce(page: WebContents, nonce: string): void
  /** Lets it end its work, and ends it when it does not. */
  stop(): Promise<void>
}

export interface EngineProcessOptions {
  environment: NodeJS.ProcessEnv
  /** It died and was started again; every page must connect anew. */
  onRestart(reason: string): void
  /** It died too often: it is not started again. */
  onGiveUp(reason: string): void
}

const engineFile = join(engineFolder, 'engine.js')

/**
 * The engine in a utility process that main owns: whatever a file or a computation does to it, the window lives, and
 * it is started again.
 */
export function startEngineProcess(options: EngineProcessOptions): EngineProcess {
  let child: UtilityProcess
  let ready = false
  let stopping = false
  let ended: () => void = () => undefined
  let waiting: { page: WebContents; nonce: string }[] = []
  let crashes: number[] = []

  function bring(page: WebContents, nonce: string): void {
    if (page.isDestroyed()) return
    const { port1, port2 } = new MessageChannelMain()
    child.postMessage({ kind: 'window' }, [port1])
    page.postMessage(channels.port, nonce, [port2])
  }

  function onExit(code: number): void {
    ready = false
    if (stopping) return ended()
    const reason = `The engine ended with code ${code}.`
    process.stderr.write(`${reason}\n`)
    const now = Date.now()
    crashes = [...crashes.filter((time) => now - time < FORGIVEN_WITHIN_MS), now]
    if (crashes.length > CRASHES_FORGIVEN) return options.onGiveUp(reason)
    setTimeout(() => {
      if (stopping) return
      start()
      options.onRestart(reason)
    }, RESTART_AFTER_MS)
  }

  function start(): void {
    child = utilityProcess.fork(engineFile, [], {
      serviceName: 'Umbra engine',
      env: options.environment,
      stdio: 'inherit',
    })
    child.on('exit', onExit)
    const forks = answerForks(child)
    child.on('exit', forks.end)
    child.on('message', (message) => {
      if (forks.hear(message)) return
      ready = true
      for (const { page, nonce } of waiting) bring(page, nonce)
      waiting = []
    })
  }

  start()
  return {
    introduce: (page, nonce) => {
      if (ready) bring(page, nonce)
      else waiting.push({ page, nonce })
    },
    stop: () =>
      new Promise<void>((resolve) => {
        stopping = true
        if (child.pid === undefined) return resolve()
        const timer = setTimeout(() => child.kill(), STOP_WITHIN_MS)
        ended = () => {
          clearTimeout(timer)
          resolve()
        }
        child.postMessage({ kind: 'stop' })
      }),
  }
}
