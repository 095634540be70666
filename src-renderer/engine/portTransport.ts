import { problemSchema, UmbraError, type DesktopShell } from '@contract'
import type { FrameFailure, FromPortWorker, ToPortWorker } from './portWorker'
import { lostProblem, wrongLength, type Connect, type Transport, type TransportListener } from './transport'

/** The worker that holds the port, as far as the page needs it. */
export interface PortWorker {
  postMessage(message: ToPortWorker, transfer: Transferable[]): void
  onmessage: ((event: MessageEvent<FromPortWorker>) => void) | null
  terminate(): void
}

interface Reading {
  voxelsId: string
  byteLength: number
  resolve: (buffer: ArrayBuffer) => void
  reject: (error: Error) => void
}

function reasonOf({ error, found }: FrameFailure, { voxelsId, byteLength }: Reading): UmbraError {
  if (found !== undefined) return wrongLength(voxelsId, byteLength, found)
  const problem = problemSchema.safeParse(error)
  return new UmbraError(problem.success ? problem.data : lostProblem)
}

/** Speaks with the engine over its MessagePort, which `worker` holds: see portWorker.ts. */
export function transportOverPort(
  port: MessagePort,
  worker: PortWorker,
  listener: TransportListener,
): Transport {
  const readings = new Map<number, Reading>()
  let lastReading = 0

  worker.onmessage = ({ data }) => {
    if ('message' in data) return listener.onMessage(data.message)
    const reading = readings.get(data.reading)
    readings.delete(data.reading)
    if (!reading) return
    if ('buffer' in data) reading.resolve(data.buffer)
    else reading.reject(reasonOf(data, reading))
  }
  worker.postMessage({ port }, [port])

  return {
    send: (request) => worker.postMessage({ request }, []),
    readVoxels: (voxelsId, frame, byteLength) =>
      new Promise<ArrayBuffer>((resolve, reject) => {
        const reading = ++lastReading
        readings.set(reading, { voxelsId, byteLength, resolve, reject })
        worker.postMessage({ reading, voxelsId, frame, byteLength }, [])
      }),
    close() {
      worker.onmessage = null
      worker.terminate()
      for (const reading of readings.values()) reading.reject(new UmbraError(lostProblem))
      readings.clear()
    },
  }
}

const startWorker = (): PortWorker =>
  new Worker(new URL('./port.worker.ts', import.meta.url), { type: 'module' })

const PORT_WAIT = 30_000

/** The port of a new connection: it arrives as a message to our own window that carries the nonce we asked with. */
function askForPort(shell: DesktopShell): Promise<MessagePort> {
  return new Promise((resolve, reject) => {
    const nonce = crypto.randomUUID()
    const timer = setTimeout(() => {
      window.removeEventListener('message', receive)
      reject(
        new UmbraError({
          code: 'engine-silent',
          message: 'The engine did not start.',
          hint: 'Umbra tries again. If this stays, close Umbra and run "umbra doctor" in a terminal.',
        }),
      )
    }, PORT_WAIT)
    const receive = ({ data, source, ports }: MessageEvent<unknown>): void => {
      if (source !== window || typeof data !== 'object' || data === null) return
      if (!('umbraPort' in data) || data.umbraPort !== nonce || ports.length !== 1) return
      clearTimeout(timer)
      window.removeEventListener('message', receive)
      resolve(ports[0])
    }
    window.addEventListener('message', receive)
    shell.connect(nonce)
  })
}

/** Connects to the engine that the desktop window's shell owns, and hears from the shell when it was restarted. */
export function connectThroughShell(shell: DesktopShell): Connect {
  return async (listener) => {
    const port = await askForPort(shell)
    const transport = transportOverPort(port, startWorker(), listener)
    const forget = shell.onEngineRestart((where) => {
      close()
      listener.onLost({ ...lostProblem, message: 'The engine stopped and was started again.', where })
    })
    const close = (): void => {
      forget()
      transport.close()
    }
    return { ...transport, close }
  }
}
