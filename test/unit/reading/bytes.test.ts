import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { expect, it, onTestFinished } from 'vitest'
import WebSocket from 'ws'
import { packRequest, unpackRequest, type Answer, type Request } from '@contract'
import { createEngine } from '../../../src-main/engine/engine'
import { servePort } from '../../../src-main/engine/portServer'
import { startHost } from '../../../src-main/host'
import { geometry, paperProtocol, sliceOf, temporaryFolder } from './room'

type Ask = (method: string, params: unknown, bytes?: Uint8Array) => Promise<Record<string, unknown>>

/** Matches answers to requests over whatever carries them. */
function asking(send: (request: Request) => void): { ask: Ask; hear: (answer: Answer) => void } {
  const waiting = new Map<number, (answer: Answer) => void>()
  let id = 0
  return {
    hear: (answer) => waiting.get(answer.id)?.(answer),
    ask: async (method, params, bytes) => {
      const answer = await new Promise<Answer>((resolve) => {
        waiting.set(++id, resolve)
        send({ id, method, params, bytes })
      })
      if (!answer.ok) throw new Error(answer.error.message)
      return answer.value as Record<string, unknown>
    },
  }
}

/** Draws one slice as the page does. Gives the id of the labelmap that is then to be read. */
async function drawOver(ask: Ask): Promise<string> {
  const { session } = await ask('reading.signIn', { name: 'Rater One', pin: '2468', first: true })
  const { studyId } = await ask('reading.create', { session, protocol: paperProtocol() })
  const { items } = (await ask('reading.worklist', { session, studyId })) as {
    items: { readingId: string }[]
  }
  const [{ readingId }] = items
  const { lease } = await ask('reading.open', { session, readingId })
  const slices = [{ structure: 'penumbra', slice: 2 }]
  await ask('reading.save', { lease, geometry, slices, seconds: 3 }, sliceOf(33))
  await ask('reading.close', { lease, seconds: 3 })
  const { labelmap } = (await ask('reading.open', { session, readingId })) as { labelmap: { id: string } }
  return labelmap.id
}

const expected = (): Buffer => {
  const frame = Buffer.alloc(16 * 12 * 4)
  frame.set(sliceOf(33), 2 * 16 * 12)
  return frame
}

it('a drawing goes to the engine and back over the host, whatever study is opened meanwhile', async () => {
  const dataDirectory = temporaryFolder()
  const host = await startHost({
    port: 0,
    host: '127.0.0.1',
    rendererDirectory: dataDirectory,
    dataDirectory,
  })
  onTestFinished(() => host.close())
  const socket = new WebSocket(`ws://127.0.0.1:${host.port}/engine`, ['umbra', host.token])
  await new Promise((resolve) => socket.on('open', resolve))
  const { ask, hear } = asking((request) =>
    socket.send(request.bytes ? packRequest(request) : JSON.stringify(request)),
  )
  socket.on('message', (data) => hear(JSON.parse(String(data)) as Answer))
  const id = await drawOver(ask)
  await ask('study.close', {})
  const read = await fetch(`http://127.0.0.1:${host.port}/voxels/${id}/1`, {
    headers: { Authorization: `Bearer ${host.token}` },
  })
  expect(Buffer.from(await read.arrayBuffer())).toEqual(expected())
})

it('a drawing goes to the engine over a message port', async () => {
  const engine = createEngine({ dataDirectory: join(temporaryFolder(), 'data') })
  onTestFinished(() => engine.close())
  const { port1, port2 } = new MessageChannel()
  servePort(engine, {
    post: (message) => port1.postMessage(message),
    onMessage: (listener) => port1.on('message', listener),
    onClose: (listener) => port1.on('close', listener),
  })
  const { ask, hear } = asking((request) => port2.postMessage(request))
  port2.on('message', hear)
  const id = await drawOver(ask)
  expect(Buffer.from(engine.readVoxels(id, 1))).toEqual(expected())
  port2.close()
})

it('a packed request comes back as it was', () => {
  const request = {
    id: 1,
    method: 'reading.save',
    params: { name: 'Çé 漢' },
    bytes: new Uint8Array(1000).fill(7),
  }
  // At an odd place in a larger buffer, as a socket may hand it over.
  const held = new Uint8Array(5000)
  const packed = packRequest(request)
  held.set(packed, 3)
  expect(unpackRequest(held.subarray(3, 3 + packed.length))).toEqual(request)
  expect(() => unpackRequest(packed.subarray(0, 20))).toThrow(RangeError)
  expect(() => unpackRequest(new Uint8Array(2))).toThrow(RangeError)
})
