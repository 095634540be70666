import { fork } from 'node:child_process'
import { nativeEnvironment } from '../native/environment'

/** A process and the messages to and from it. */
export interface Channel {
  readonly pid: number | undefined
  post(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  /** How it ended, in words, such as "signal SIGSEGV". */
  onExit(listener: (how: string) => void): void
  kill(): void
  /** The last that it wrote on its standard error. */
  lastWords(): string
}

const WORDS_KEPT = 4000

/** Starts a bundled program as a child of this process. Standard output is dropped: commands print results there. */
export function forkChannel(file: string, environment: NodeJS.ProcessEnv): Channel {
  const child = fork(file, [], {
    env: { ...nativeEnvironment({ ...process.env, ...environment }), ELECTRON_RUN_AS_NODE: '1' },
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let words = ''
  child.stderr?.on('data', (text: Buffer) => {
    words = (words + text.toString()).slice(-WORDS_KEPT)
  })
  return {
    pid: child.pid,
    post: (message) => {
      if (child.connected) child.send(message as object)
    },
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => {
      child.on('error', (error) => listener(error.message))
      child.on('exit', (code, signal) => listener(signal ? `signal ${signal}` : `code ${code}`))
    },
    kill: () => void child.kill('SIGKILL'),
    lastWords: () => words.trim(),
  }
}
