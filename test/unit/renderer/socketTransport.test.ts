import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket as NodeWebSocket, WebSocketServer } from 'ws'
import { unpackRequest, type Problem, type Request } from '@contract'
import { connectToHost, takeToken } from '../../../src-renderer/engine/socketTransport'
import type { Transport } from '../../../src-renderer/engine/transport'
import { memoryStorage } from './engineDouble'

const TOKEN = 'a-token-of-this-run'

let server: Server
let sockets: WebSocketServer
let origin: string
let answerVoxels: (request: IncomingMessage, response: ServerResponse) => void

beforeEach(async () => {
  vi.stubGlobal('WebSocket', NodeWebSocket)
  server = createServer((request, response) => answerVoxels(request, response))
  sockets = new WebSocketServer({
    server,
    path: '/engine',
    handleProtocols: () => 'umbra',
    verifyClient: ({ req }: { req: IncomingMessage }) =>
      req.headers['sec-websocket-protocol'] === `umbra,${TOKEN}`,
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(async () => {
  for (const client of sockets.clients) client.terminate()
  sockets.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  vi.unstubAllGlobals()
})

async function connect(heard: unknown[] = [], lost: Problem[] = []): Promise<Transport> {
  return connectToHost({ origin, token: TOKEN })({
    onMessage: (message) => heard.push(message),
    onLost: (problem) => lost.push(problem),
  })
}

describe('the transport over a WebSocket', () => {
  it('carries requests and answers as JSON', async () => {
    sockets.on('connection', (client) => {
      client.on('message', (text) => client.send(JSON.stringify({ ...JSON.parse(String(text)), ok: true })))
    })
    const heard: unknown[] = []
    const transport = await connect(heard)
    transport.send({ id: 7, method: 'engine.about', params: {} })
    await expect.poll(() => heard).toEqual([{ id: 7, method: 'engine.about', params: {}, ok: true }])
    transport.close()
  })

  it('carries a request with bytes as one binary message', async () => {
    const arrived = new Promise<unknown>((resolve) => {
      sockets.on('connection', (client) => {
        client.on('message', (data, isBinary) => resolve(isBinary && unpackRequest(data as Buffer)))
      })
    })
    const transport = await connect()
    const request = { id: 8, method: 'reading.save', params: { label: 'Kern µ' } }
    transport.send({ ...request, bytes: Uint8Array.of(1, 0, 255) })
    const { bytes, ...rest } = (await arrived) as Request
    expect(rest).toEqual(request)
    expect([...(bytes ?? [])]).toEqual([1, 0, 255])
    transport.close()
  })

  it('says when the connection is lost, once, and not when it was closed on purpose', async () => {
    const lost: Problem[] = []
    const transport = await connect([], lost)
    for (const client of sockets.clients) client.terminate()
    await expect.poll(() => lost.map(({ code }) => code)).toEqual(['engine-lost'])
    transport.close()
    const closed = await connect([], lost)
    closed.close()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(lost).toHaveLength(1)
  })

  it('is refused with the wrong token, and says what to do', async () => {
    const refused = connectToHost({ origin, token: 'old' })({
      onMessage: () => undefined,
      onLost: () => undefined,
    })
    await expect(refused).rejects.toMatchObject({ code: 'host-unreachable', where: origin })
  })

  it('gives up a host that sends no JSON', async () => {
    sockets.on('connection', (client) => client.send('<html>'))
    const lost: Problem[] = []
    await connect([], lost)
    await expect.poll(() => lost.length).toBe(1)
  })

  it('reads voxels by HTTP with the token', async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251)
    answerVoxels = (request, response) => {
      const allowed = request.headers.authorization === `Bearer ${TOKEN}` && request.url === '/voxels/a%2Fb/4'
      response.writeHead(allowed ? 200 : 401)
      response.end(allowed ? bytes : '')
    }
    const transport = await connect()
    const frame = await transport.readVoxels('a/b', 4, bytes.length)
    expect(Buffer.compare(new Uint8Array(frame), bytes)).toBe(0)
    await expect(transport.readVoxels('a/b', 5, bytes.length)).rejects.toMatchObject({ code: 'not-allowed' })
    transport.close()
  })

  it('refuses a frame that is longer or shorter than the array, and passes on the host’s reason', async () => {
    const transport = await connect()
    answerVoxels = (_request, response) => void response.end(new Uint8Array(10))
    for (const length of [8, 12]) {
      await expect(transport.readVoxels('v', 0, length)).rejects.toMatchObject({
        code: 'voxels-length',
      })
    }
    const error = { code: 'voxels-gone', message: 'The series was closed.', hint: 'Open it again.' }
    answerVoxels = (_request, response) => void response.writeHead(410).end(JSON.stringify({ error }))
    await expect(transport.readVoxels('v', 0, 8)).rejects.toMatchObject(error)
    transport.close()
  })
})

describe('the token', () => {
  const at = (hash: string): Location => ({ hash, pathname: '/', search: '' }) as Location

  it('comes from the address, is kept for the tab and taken off the address', () => {
    const storage = memoryStorage()
    const replaceState = vi.fn()
    const history = { replaceState } as unknown as History
    expect(takeToken(at('#token=abc-_1'), storage, history)).toBe('abc-_1')
    expect(replaceState).toHaveBeenCalledWith(null, '', '/')
    expect(takeToken(at(''), storage, history)).toBe('abc-_1')
    expect(replaceState).toHaveBeenCalledTimes(1)
  })

  it('is null for an address without one', () => {
    expect(
      takeToken(at('#other'), memoryStorage(), { replaceState: vi.fn() } as unknown as History),
    ).toBeNull()
  })
})
