import { z } from 'zod'
import { dataDirectory } from './cases/dataDirectory'
import { createEngine } from './engine'
import { servePort } from './portServer'

/** A MessagePort as Electron gives it to a utility process. */
interface Port {
  on(event: 'message', listener: (event: { data: unknown }) => void): void
  on(event: 'close', listener: () => void): void
  postMessage(message: unknown): void
  start(): void
}

/** `process.parentPort` of a utility process: Electron main, which introduces one port for each window. */
interface ParentPort {
  on(event: 'message', listener: (event: { data: unknown; ports: Port[] }) => void): void
  postMessage(message: unknown): void
}

const parentMessageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('window') }),
  z.object({ kind: z.literal('stop') }),
])

const parent = (process as unknown as { parentPort?: ParentPort }).parentPort
if (!parent) {
  throw new Error('engine.js is started by the desktop window. `umbra serve` starts the engine alone.')
}

const paths = process.env.UMBRA_OPEN?.split('\n').filter(Boolean)
const engine = createEngine({ dataDirectory: dataDirectory(), open: paths })

parent.on('message', ({ data, ports }) => {
  const message = parentMessageSchema.safeParse(data)
  if (!message.success) return
  if (message.data.kind === 'stop') {
    void engine.close().finally(() => process.exit(0))
    return
  }
  const port = ports[0]
  servePort(engine, {
    post: (sent) => port.postMessage(sent),
    onMessage: (listener) => port.on('message', (event) => listener(event.data)),
    onClose: (listener) => port.on('close', listener),
  })
  port.start()
})
parent.postMessage({ kind: 'ready' })
