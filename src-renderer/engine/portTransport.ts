import {
  problemSchema,
  UmbraError,
  type DesktopShell,
  type Problem,
  type VoxelChunk,
  type VoxelRequest,
} from '@contract'
import { lostProblem, wrongLength, type Connect, type Transport, type TransportListener } from './transport'

interface Reading {
  voxelsId: string
  into: Uint8Array<ArrayBuffer>
  received: number
  resolve: (buffer: ArrayBuffer) => void
  reject: (error: Error) => void
}

function isVoxelChunk(message: object): message is VoxelChunk {
  return 'voxelRequest' in message && 'bytes' in message && message.bytes instanceof ArrayBuffer
}

function isVoxelFailure(message: object): message is { voxelRequest: number; error: unknown } {
  return 'voxelRequest' in message && 'error' in message
}

/**
 * Speaks with the engine over a MessagePort: requests and answers as structured clones, voxels in chunks that are
 * copied into place and acknowledged one by one, so that the engine never has more than its credit under way.
 */
export function transportOverPort(port: MessagePort, listener: TransportListener): Transport {
  const readings = new Map<number, Reading>()
  let lastReading = 0

  function place(chunk: VoxelChunk): void {
    port.postMessage({ voxelAcknowledged: chunk.voxelRequest })
    const reading = readings.get(chunk.voxelRequest)
    if (!reading) return
    const { into } = reading
    const end = chunk.offset + chunk.bytes.byteLength
    if (chunk.totalBytes !== into.byteLength || end > into.byteLength) {
      readings.delete(chunk.voxelRequest)
      reading.reject(wrongLength(reading.voxelsId, into.byteLength, Math.max(chunk.totalBytes, end)))
      return
    }
    into.set(new Uint8Array(chunk.bytes), chunk.offset)
    reading.received += chunk.bytes.byteLength
    if (reading.received === into.byteLength) {
      readings.delete(chunk.voxelRequest)
      reading.resolve(into.buffer)
    }
  }

  function fail(voxelRequest: number, error: unknown): void {
    const problem = problemSchema.safeParse(error)
    readings.get(voxelRequest)?.reject(new UmbraError(problem.success ? problem.data : lostProblem))
    readings.delete(voxelRequest)
  }

  function stop(problem: Problem): void {
    port.onmessage = null
    port.close()
    for (const reading of readings.values()) reading.reject(new UmbraError(problem))
    readings.clear()
  }

  port.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data !== 'object' || data === null) return
    if (isVoxelChunk(data)) place(data)
    else if (isVoxelFailure(data)) fail(data.voxelRequest, data.error)
    else listener.onMessage(data)
  }
  port.start()

  return {
    send: (request) => port.postMessage(request),
    readVoxels: (voxelsId, frame, byteLength) =>
      new Promise<ArrayBuffer>((resolve, reject) => {
        const voxelRequest = ++lastReading
        const into = new Uint8Array(byteLength)
        readings.set(voxelRequest, { voxelsId, into, received: 0, resolve, reject })
        port.postMessage({ voxelRequest, voxelsId, frame } satisfies VoxelRequest)
      }),
    close: () => stop(lostProblem),
  }
}

const PORT_WAIT = 30_000

/** Asks the desktop shell for the engine's port, which arrives as a window message that carries our nonce. */
export function connectThroughShell(shell: DesktopShell): Connect {
  return (listener) =>
    new Promise<Transport>((resolve, reject) => {
      const nonce = crypto.randomUUID()
      const stopWaiting = (): void => {
        clearTimeout(timer)
        window.removeEventListener('message', receive)
      }
      const timer = setTimeout(() => {
        stopWaiting()
        reject(
          new UmbraError({
            code: 'engine-silent',
            message: 'The engine did not start.',
            hint: 'Umbra tries again. If this stays, close Umbra and run "umbra doctor" in a terminal.',
          }),
        )
      }, PORT_WAIT)
      const receive = (event: MessageEvent<unknown>): void => {
        const data = event.data
        if (event.source !== window || typeof data !== 'object' || data === null) return
        if (!('umbraPort' in data) || data.umbraPort !== nonce || event.ports.length !== 1) return
        stopWaiting()
        const transport = transportOverPort(event.ports[0], listener)
        const forget = shell.onEngineRestart((reason) => {
          forget()
          transport.close()
          listener.onLost({
            ...lostProblem,
            message: 'The engine stopped and was started again.',
            where: reason,
          })
        })
        resolve({
          ...transport,
          close: () => {
            forget()
            transport.close()
          },
        })
      }
      window.addEventListener('message', receive)
      shell.connect(nonce)
    })
}
