import { MessageChannel as NodeMessageChannel } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { UmbraError, VOXEL_CHUNK, VOXEL_CREDIT, type VoxelChunk, type VoxelRequest } from '@contract'
import { createVoxelSender } from '../../../src-main/engine/voxelSender'
import type { Engine } from '../../../src-main/engine/engine'
import { transportOverPort } from '../../../src-renderer/engine/portTransport'
import { servePortWorker, type ToPortWorker } from '../../../src-renderer/engine/portWorker'
import type { Transport } from '../../../src-renderer/engine/transport'

const open: { close(): void }[] = []
afterEach(() => open.splice(0).forEach((each) => each.close()))

const channel = (): MessageChannel => new NodeMessageChannel() as unknown as MessageChannel

/** The page's transport over a port that a worker holds, and the engine's end. The worker's channel is a port here. */
function connected(): { transport: Transport; other: MessagePort; heard: unknown[] } {
  const toEngine = channel()
  const toWorker = channel()
  const take = servePortWorker((message, transfer) => toWorker.port2.postMessage(message, transfer))
  toWorker.port2.onmessage = ({ data }: MessageEvent<ToPortWorker>) => take(data)
  const worker = Object.assign(toWorker.port1, { terminate: () => toWorker.port1.close() })
  const heard: unknown[] = []
  const transport = transportOverPort(toEngine.port1, worker, {
    onMessage: (message) => heard.push(message),
    onLost: () => undefined,
  })
  open.push(transport, toEngine.port2)
  toEngine.port2.start()
  return { transport, other: toEngine.port2, heard }
}

const next = (port: MessagePort): Promise<unknown> =>
  new Promise((resolve) => port.addEventListener('message', ({ data }) => resolve(data), { once: true }))

describe('the transport over a message port', () => {
  it('carries requests out, and answers and events in', async () => {
    const { transport, other, heard } = connected()
    const request = { id: 1, method: 'engine.about', params: {} }
    const arrived = next(other)
    transport.send(request)
    expect(await arrived).toEqual(request)
    other.postMessage({ id: 1, ok: true, value: 'here' })
    await expect.poll(() => heard).toEqual([{ id: 1, ok: true, value: 'here' }])
  })

  it('carries a request’s bytes beside it, and leaves the page its own', async () => {
    const { transport, other } = connected()
    const bytes = Uint8Array.of(1, 0, 255)
    const arrived = next(other)
    transport.send({ id: 2, method: 'reading.save', params: {}, bytes })
    expect(await arrived).toEqual({
      id: 2,
      method: 'reading.save',
      params: {},
      bytes: Uint8Array.of(1, 0, 255),
    })
    expect(bytes).toHaveLength(3)
  })

  it('assembles a frame from the chunks of the engine’s own sender, in place', async () => {
    const { transport, other } = connected()
    const bytes = new Uint8Array(2.5 * VOXEL_CHUNK)
    for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 31) >> 3
    const engine = { readVoxels: () => bytes } as Partial<Engine> as Engine
    const sender = createVoxelSender(engine, (message) => other.postMessage(message))
    other.onmessage = ({ data }: MessageEvent<VoxelRequest & { voxelAcknowledged?: number }>) =>
      data.voxelAcknowledged === undefined ? sender.send(data) : sender.acknowledge(data.voxelAcknowledged)

    const frame = await transport.readVoxels('series-1', 0, bytes.length)
    expect(Buffer.compare(new Uint8Array(frame), bytes)).toBe(0)
  })

  it('acknowledges every chunk, so that the engine is never more than its credit ahead', async () => {
    const { transport, other } = connected()
    const asked = next(other)
    const reading = transport.readVoxels('series-1', 3, 8)
    const { voxelRequest, voxelsId, frame } = (await asked) as VoxelRequest
    expect({ voxelsId, frame }).toEqual({ voxelsId: 'series-1', frame: 3 })
    let acknowledged = 0
    other.onmessage = () => void acknowledged++
    for (let offset = 0; offset < 8; offset += 2) {
      const bytes = new Uint8Array([offset, offset + 1]).buffer
      other.postMessage({ voxelRequest, offset, totalBytes: 8, bytes } satisfies VoxelChunk)
    }
    expect(new Uint8Array(await reading)).toEqual(Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7))
    await expect.poll(() => acknowledged).toBe(VOXEL_CREDIT)
  })

  it('refuses a frame of another length than the array has', async () => {
    const { transport, other } = connected()
    const asked = next(other)
    const reading = transport.readVoxels('series-1', 0, 8)
    const refused = expect(reading).rejects.toMatchObject({ code: 'voxels-length', where: 'series-1' })
    const { voxelRequest } = (await asked) as VoxelRequest
    other.postMessage({ voxelRequest, offset: 0, totalBytes: 16, bytes: new ArrayBuffer(16) })
    await refused
  })

  it('passes on why the engine has no such frame, and ends what is read when it closes', async () => {
    const { transport, other } = connected()
    const asked = next(other)
    const gone = expect(transport.readVoxels('old', 0, 8)).rejects.toThrow(UmbraError)
    const { voxelRequest } = (await asked) as VoxelRequest
    other.postMessage({ voxelRequest, error: { code: 'voxels-gone', message: 'The series was closed.' } })
    await gone
    const cut = expect(transport.readVoxels('new', 0, 8)).rejects.toMatchObject({
      code: 'engine-lost',
    })
    transport.close()
    await cut
  })
})
