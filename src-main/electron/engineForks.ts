import { join, sep } from 'node:path'
import { MessageChannelMain, utilityProcess, type UtilityProcess } from 'electron'
import { z } from 'zod'
import { openHiddenWindow } from './hiddenWindow'

/** In a packaged application the engine lies beside the archive, not in it (build/electron-builder.cjs). */
export const engineFolder = __dirname.replace(/app\.asar(?=$|[\\/])/, 'app.asar.unpacked') + sep

const WORDS_KEPT = 4000

const requestSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('fork'),
    fork: z.number().int(),
    /** WebGPU is only in a window; everything else computes in a process. */
    place: z.enum(['process', 'window']),
    /** The name of a bundled program, never a path. */
    entry: z.string().regex(/^[a-z][a-zA-Z]*$/),
    environment: z.record(z.string(), z.string().optional()),
  }),
  z.object({ kind: z.literal('kill'), fork: z.number().int() }),
])

export interface Forks {
  /** Answers a message about processes; false when it was about something else. */
  hear(message: unknown): boolean
  /** Ends them all, with the process that has them. */
  end(): void
}

/**
 * Starts processes for the engine, which compute with TensorFlow: `<entry>.process.js` as a utility process, or a hidden
 * window, joined to the engine by a port of their own. Such a process may have a window of its own in the same way.
 */
export function answerForks(parent: UtilityProcess): Forks {
  const children = new Map<number, { end(): void }>()

  function start(fork: number, entry: string, environment: NodeJS.ProcessEnv): void {
    const child = utilityProcess.fork(join(engineFolder, `${entry}.process.js`), [], {
      serviceName: 'Umbra TensorFlow',
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let words = ''
    children.set(fork, { end: () => void child.kill() })
    child.stderr?.on('data', (text: Buffer) => {
      words = (words + text.toString()).slice(-WORDS_KEPT)
    })
    const forks = answerForks(child)
    child.on('message', forks.hear)
    child.on('exit', (code) => {
      forks.end()
      if (children.delete(fork)) {
        parent.postMessage({ kind: 'ended', fork, how: `code ${code}`, words: words.trim() })
      }
    })
    const { port1, port2 } = new MessageChannelMain()
    child.postMessage({ kind: 'engine' }, [port1])
    child.on('spawn', () => parent.postMessage({ kind: 'forked', fork, pid: child.pid }, [port2]))
  }

  function openWindow(fork: number): void {
    const { port1, port2 } = new MessageChannelMain()
    const window = openHiddenWindow({
      port: port1,
      onReady: (pid) => parent.postMessage({ kind: 'forked', fork, pid }, [port2]),
      onEnd: (how, words) => {
        if (children.delete(fork)) parent.postMessage({ kind: 'ended', fork, how, words })
      },
    })
    children.set(fork, window)
  }

  return {
    hear: (message) => {
      const request = requestSchema.safeParse(message).data
      if (!request) return false
      if (request.kind === 'kill') children.get(request.fork)?.end()
      else if (request.place === 'window') openWindow(request.fork)
      else start(request.fork, request.entry, request.environment)
      return true
    },
    end: () => {
      const all = [...children.values()]
      children.clear()
      for (const child of all) child.end()
    },
  }
}
