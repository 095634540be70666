import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'

export const root = resolve(__dirname, '../..')
export const umbra = join(root, 'out/main/umbra.js')

export interface Served {
  /** With the token; a page that opens it is let in. */
  address: string
  /** Why it is no longer there, with all it printed; null while it runs. */
  ended: () => string | null
  stop: () => Promise<void>
}

/** Starts the built `umbra serve` on a free port, on studies to open at once if there are any. */
export async function serve(dataDirectory: string, studies: string[] = []): Promise<Served> {
  const child = spawn(process.execPath, [umbra, 'serve', '--port', '0', ...studies], {
    env: { ...process.env, UMBRA_DATA: dataDirectory },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exit = once(child, 'exit')
  let output = ''
  let ended: string | null = null
  const address = await new Promise<string>((found, failed) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      const match = /http:\/\/\S+#token=\S+/.exec(output)
      if (match) found(match[0])
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('exit', (code, signal) => {
      ended = `umbra serve ended with ${signal ?? code}: ${output}`
      failed(new Error(ended))
    })
  })
  const stop = async (): Promise<void> => {
    child.kill()
    await exit
  }
  return { address, ended: () => ended, stop }
}
