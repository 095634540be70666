import type { EngineLine } from '../engine/compute/tensorflow/process/serveJobs'

/** What the preload script sends with the port to the engine. */
const GREETING = 'umbra-engine'

/** Connects this window to the engine, by the port that Electron main hands over when the page has loaded. */
export function connectByPort(hear: (message: unknown) => void): EngineLine {
  let port: MessagePort | null = null
  window.addEventListener('message', ({ source, data, ports }) => {
    if (source !== window || data !== GREETING || port) return
    port = ports[0]
    port.onmessage = (event) => hear(event.data)
  })
  return {
    post: (message) => port?.postMessage(message),
    end: (reason) => {
      // Electron main keeps the last words of the console for the engine.
      if (reason !== undefined) console.error(reason)
      window.close()
    },
  }
}

/** Node's setImmediate, by a message to oneself: a hidden page's timers wait, its messages do not. */
export function provideImmediate(): void {
  const waiting: (() => void)[] = []
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => waiting.shift()?.()
  Reflect.set(globalThis, 'setImmediate', (callback: () => void) => {
    waiting.push(callback)
    port2.postMessage(null)
  })
}
