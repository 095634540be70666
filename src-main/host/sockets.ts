import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { unpackRequest } from '@contract'
import { connectClient } from '../engine/connection'
import type { Engine } from '../engine/engine'
import { isAddressedToUs, isToken, socketTokenOf } from './access'

/** A curve over a drawn region names its voxels; a million of them is about 16 MB. */
const MESSAGE_BYTES = 32 * 1024 ** 2
/** A client that has stopped reading is let go before its events fill the memory. */
const UNREAD_BYTES = 256 * 1024 ** 2
const PING_EVERY_MS = 30_000
const GOODBYE_MS = 500

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function serve(engine: Engine, socket: WebSocket): void {
  const connection = connectClient(engine, (message) => {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > UNREAD_BYTES) return socket.terminate()
    socket.send(JSON.stringify(message))
  })
  let alive = true
  const pinging = setInterval(() => {
    if (!alive) return socket.terminate()
    alive = false
    socket.ping()
  }, PING_EVERY_MS)
  socket.on('pong', () => (alive = true))
  socket.on('message', (data, isBinary) => {
    let message: unknown
    try {
      message = isBinary ? unpackRequest(data as Buffer) : JSON.parse(String(data))
    } catch {
      return socket.close(1007, 'Not a request')
    }
    void connection.receive(message)
  })
  // Too large a message, or a broken frame: ws closes the socket itself.
  socket.on('error', () => undefined)
  socket.on('close', () => {
    clearInterval(pinging)
    connection.close()
  })
}

/** The WebSocket `/engine`, for clients that bring the token as a sub-protocol and come from our own page. */
export function serveSockets(
  server: Server,
  { engine, names, token }: { engine: Engine; names: string[]; token: string },
): { close(): void } {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_BYTES,
    handleProtocols: () => 'umbra',
  })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    if (!isAddressedToUs(request, names)) return refuse(socket, '403 Forbidden')
    if ((request.url ?? '').split('?')[0] !== '/engine') return refuse(socket, '404 Not Found')
    if (!isToken(socketTokenOf(request), token)) return refuse(socket, '401 Unauthorized')
    sockets.handleUpgrade(request, socket, head, (client) => serve(engine, client))
  })
  return {
    close: () => {
      for (const client of sockets.clients) {
        client.close(1001, 'The host is closing')
        setTimeout(() => client.terminate(), GOODBYE_MS).unref()
      }
      sockets.close()
    },
  }
}
