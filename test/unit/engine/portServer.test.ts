import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VOXEL_CHUNK, VOXEL_CREDIT, type VoxelChunk } from '@contract'
import { createEngine, type Engine } from '../../../src-main/engine/engine'
import { servePort } from '../../../src-main/engine/portServer'
import { clientOf } from './client'
import { smallStudy } from './smallStudy'

let study: { folder: string; dicom: string }
let engine: Engine
let voxelsId: string

beforeAll(async () => {
  study = await smallStudy()
  engine = createEngine({ dataDirectory: join(study.folder, 'data') })
  const client = clientOf(engine)
  const catalogue = await client.run('study.open', { paths: [study.dicom] })
  const { key } = catalogue.studies[0].series[0]
  voxelsId = (await client.run('series.load', { seriesKey: key })).voxels.id
})
afterAll(async () => {
  await engine.close()
  await rm(study.folder, { recursive: true, force: true })
})

function connect(to: Pick<Engine, 'request' | 'subscribe' | 'readVoxels'> = engine): {
  port: MessagePort
  next(matches: (message: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>
  received: Record<string, unknown>[]
} {
  const { port1, port2 } = new MessageChannel()
  servePort(to as Engine, {
    post: (message) => port1.postMessage(message),
    onMessage: (listener) => port1.on('message', listener),
    onClose: (listener) => port1.on('close', listener),
  })
  const received: Record<string, unknown>[] = []
  const waiting: (() => void)[] = []
  port2.on('message', (message: Record<string, unknown>) => {
    received.push(message)
    for (const look of waiting.splice(0)) look()
  })
  const next = async (matches: (message: Record<string, unknown>) => boolean) => {
    for (;;) {
      const found = received.find(matches)
      if (found) return found
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }
  return { port: port2, next, received }
}

describe('the engine over a message port', () => {
  it('answers a request by its number, and a wrong one with the problem', async () => {
    const { port, next } = connect()
    port.postMessage({ id: 1, method: 'study.current', params: {} })
    port.postMessage({ id: 2, method: 'nonsense', params: {} })
    expect(await next((message) => message.id === 1)).toMatchObject({ ok: true, value: { filesFound: 50 } })
    expect(await next((message) => message.id === 2)).toMatchObject({
      ok: false,
      error: { code: 'unknown-method' },
    })
    port.close()
  })

  it('drops what is not a message of ours', async () => {
    const { port, next } = connect()
    for (const junk of [null, 7, 'x', [], { id: 'a' }, { voxelRequest: -1.5 }]) port.postMessage(junk)
    port.postMessage({ id: 3, method: 'jobs.list', params: {} })
    expect(await next((message) => message.id === 3)).toMatchObject({ ok: true })
    port.close()
  })

  it('gives the answer to a long request before the first event of its job', async () => {
    const { port, next, received } = connect()
    port.postMessage({ id: 4, method: 'study.open', params: { paths: ['/no/such/folder'] } })
    await next((message) => (message.job as { state?: string } | undefined)?.state === 'failed')
    expect(received[0]).toMatchObject({ id: 4, ok: true })
    port.close()
  })

  it('sends a frame byte for byte, and a failure for voxels it does not hold', async () => {
    const { port, next } = connect()
    port.postMessage({ voxelRequest: 1, voxelsId, frame: 3 })
    const chunk = (await next((message) => message.voxelRequest === 1)) as unknown as VoxelChunk
    expect(chunk.totalBytes).toBe(96 * 96 * 2 * 2)
    expect(Buffer.from(chunk.bytes).equals(engine.readVoxels(voxelsId, 3))).toBe(true)
    port.postMessage({ voxelRequest: 2, voxelsId: 'gone', frame: 0 })
    expect(await next((message) => message.voxelRequest === 2)).toMatchObject({
      error: { code: 'voxels-gone' },
    })
    port.close()
  })

  it('never has more chunks on the way than the credit, and sends all of a large frame', async () => {
    const frame = new Uint8Array(VOXEL_CHUNK * 6 + 5).map((_, index) => index % 251)
    const { port, received, next } = connect({ ...engine, readVoxels: () => frame })
    port.postMessage({ voxelRequest: 9, voxelsId: 'large', frame: 0 })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(received).toHaveLength(VOXEL_CREDIT)
    const whole = new Uint8Array(frame.byteLength)
    for (let index = 0; index < 7; index++) {
      const chunk = (await next(() => received.length > index), received[index]) as unknown as VoxelChunk
      whole.set(new Uint8Array(chunk.bytes), chunk.offset)
      port.postMessage({ voxelAcknowledged: 9 })
    }
    expect(Buffer.from(whole).equals(frame)).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(received).toHaveLength(7)
    port.close()
  })

  it('serves every frame of many that are asked for at once', async () => {
    const { port, received } = connect()
    port.on('message', ({ voxelRequest }: VoxelChunk) =>
      port.postMessage({ voxelAcknowledged: voxelRequest }),
    )
    for (let frame = 0; frame < 25; frame++) port.postMessage({ voxelRequest: 100 + frame, voxelsId, frame })
    while (received.length < 25) await new Promise((resolve) => setTimeout(resolve, 10))
    for (const chunk of received as unknown as VoxelChunk[]) {
      const frame = engine.readVoxels(voxelsId, chunk.voxelRequest - 100)
      expect(Buffer.from(chunk.bytes).equals(frame)).toBe(true)
    }
    port.close()
  })
})
