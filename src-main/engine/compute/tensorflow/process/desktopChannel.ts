import { problemOf } from '@contract'
import { z } from 'zod'
import { nativeEnvironment } from '../native/environment'
import type { Channel } from './channel'
import type { EngineLine } from './serveJobs'

/** A MessagePort as Electron gives it to a utility process. */
interface Port {
  on(event: 'message', listener: (event: { data: unknown }) => void): void
  on(event: 'close', listener: () => void): void
  postMessage(message: unknown): void
  start(): void
}

/** `process.parentPort` of a utility process: Electron main. */
export interface ParentPort {
  on(event: 'message', listener: (event: { data: unknown; ports: Port[] }) => void): void
  postMessage(message: unknown): void
}

/** Electron main, when this process is a utility process of the desktop application; null in plain Node. */
export function parentPort(): ParentPort | null {
  return (process as unknown as { parentPort?: ParentPort }).parentPort ?? null
}

const answerSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('forked'), fork: z.number().int(), pid: z.number().int().optional() }),
  z.object({ kind: z.literal('ended'), fork: z.number().int(), how: z.string(), words: z.string() }),
])

let forks = 0

/**
 * Starts a bundled program as a utility process, or the page that does its jobs in a hidden window, by way of Electron
 * main: only main can, and the packaged application does not run as plain Node (its fuse is off), so that this process
 * cannot fork by itself.
 */
export function desktopChannel(
  main: ParentPort,
  place: 'process' | 'window',
  entry: string,
  environment: NodeJS.ProcessEnv,
): Channel {
  const fork = forks++
  const listeners: ((message: unknown) => void)[] = []
  const exits: ((how: string) => void)[] = []
  const unsent: unknown[] = []
  let port: Port | null = null
  let pid: number | undefined
  let words = ''

  main.on('message', ({ data, ports }) => {
    const answer = answerSchema.safeParse(data).data
    if (answer?.fork !== fork) return
    if (answer.kind === 'ended') {
      words = answer.words
      for (const listener of exits) listener(answer.how)
      return
    }
    pid = answer.pid
    port = ports[0]
    port.on('message', (event) => {
      for (const listener of listeners) listener(event.data)
    })
    port.start()
    for (const message of unsent) port.postMessage(message)
  })
  main.postMessage({
    kind: 'fork',
    fork,
    place,
    entry,
    environment: nativeEnvironment({ ...process.env, ...environment }),
  })

  return {
    get pid() {
      return pid
    },
    post: (message) => {
      if (port) port.postMessage(message)
      else unsent.push(message)
    },
    onMessage: (listener) => void listeners.push(listener),
    onExit: (listener) => void exits.push(listener),
    kill: () => main.postMessage({ kind: 'kill', fork }),
    lastWords: () => words,
  }
}

/** Of a process that ended by itself, after it said on its standard error why. */
const LOST = 70

function endProcess(reason?: string): void {
  if (reason === undefined) process.exit(0)
  process.stderr.write(`${reason}\n`, () => process.exit(LOST))
}

/** Electron main tells of this process's own windows, too. */
const introductionSchema = z.object({ kind: z.literal('engine') })

/** Connects this process to its engine: by the port that Electron main hands over, else by Node's own channel. */
export function connectToEngine(hear: (message: unknown) => void): EngineLine {
  const main = parentPort()
  if (!main) {
    process.on('disconnect', () => process.exit(0))
    process.on('message', hear)
    return {
      end: endProcess,
      post: (message) => {
        if (process.connected) process.send?.(message as object)
      },
    }
  }
  let port: Port | null = null
  main.on('message', ({ data, ports }) => {
    if (!introductionSchema.safeParse(data).success || port) return
    port = ports[0]
    port.on('message', (event) => hear(event.data))
    port.on('close', () => process.exit(0))
    port.start()
  })
  return {
    end: endProcess,
    post: (message) => {
      try {
        port?.postMessage(message)
      } catch (thrown) {
        process.stderr.write(`${problemOf(thrown).message}\n`)
      }
    },
  }
}
