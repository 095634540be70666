import { createReadStream } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { problemOf, UmbraError, type Problem } from '@contract'
import { createEngine, type Engine } from '../engine/engine'
import { bearerOf, isAddressedToUs, isLoopback, isToken, namesOf, newToken } from './access'
import { findAsset, securityHeaders } from './assets'
import { serveSockets } from './sockets'
import { createUploads, type Uploads } from './uploads'

export interface HostOptions {
  /** 0: any free port. */
  port: number
  host: string
  /** Must be said for a host that others on the network can reach. */
  allowRemote?: boolean
  rendererDirectory: string
  dataDirectory: string
  /** A study that the page finds open. */
  open?: string[]
}

export interface Host {
  /** For the browser, with the token in the fragment, which browsers never send. */
  readonly address: string
  readonly port: number
  readonly token: string
  close(): Promise<void>
}

interface Served {
  engine: Engine
  uploads: Uploads
  rendererDirectory: string
  names: string[]
  token: string
}

const statuses: Record<string, number> = {
  'already-there': 409,
  'invalid-path': 400,
  'no-such-frame': 404,
  'too-large': 413,
  'unknown-upload': 404,
  'voxels-gone': 410,
}

function sendProblem(response: ServerResponse, status: number, problem: Problem): void {
  if (response.headersSent) return void response.destroy()
  const body = JSON.stringify({ error: problem })
  response.writeHead(status, {
    ...securityHeaders(),
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    // The rest of a refused upload is not read.
    Connection: 'close',
  })
  response.end(body)
}

async function sendAsset(
  served: Served,
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string,
) {
  const asset = await findAsset(served.rendererDirectory, pathname)
  if (!asset) {
    return sendProblem(response, 404, { code: 'not-found', message: 'There is nothing at this address.' })
  }
  response.writeHead(200, {
    ...securityHeaders([`ws://${request.headers.host}`]),
    'Content-Type': asset.type,
    'Content-Length': asset.bytes,
    // Built files carry a hash in their names; the page itself must always be the current one.
    'Cache-Control': /-[\w-]{8}\.\w+$/.test(asset.path) ? 'private, max-age=31536000, immutable' : 'no-cache',
  })
  if (request.method === 'HEAD') return void response.end()
  const file = createReadStream(asset.path)
  file.on('error', () => response.destroy())
  response.on('close', () => file.destroy())
  file.pipe(response)
}

function sendVoxels({ engine }: Served, response: ServerResponse, id: string, frame: number): void {
  const view = engine.readVoxels(id, frame)
  response.writeHead(200, {
    ...securityHeaders(),
    'Content-Type': 'application/octet-stream',
    'Content-Length': view.byteLength,
    'Cache-Control': 'no-store',
  })
  response.end(Buffer.from(view.buffer, view.byteOffset, view.byteLength))
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value)
  response.writeHead(status, {
    ...securityHeaders(),
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  })
  response.end(body)
}

/** What needs the token: voxels and uploads. False when the address is none of these. */
async function answerPrivate(
  served: Served,
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string,
): Promise<boolean> {
  const asked = `${request.method} ${pathname}`
  const voxels = /^GET \/voxels\/([\w-]+)\/(\d{1,7})$/.exec(asked)
  const file = /^PUT \/uploads\/([0-9a-f]+)\/(.+)$/.exec(asked)
  const begin = asked === 'POST /uploads'
  if (!voxels && !file && !begin) return false
  if (!isToken(bearerOf(request), served.token)) {
    sendProblem(response, 401, {
      code: 'not-allowed',
      message: 'The token is missing or wrong.',
      hint: 'Open the address that `umbra serve` printed when it was last started.',
    })
  } else if (voxels) {
    sendVoxels(served, response, voxels[1], Number(voxels[2]))
  } else if (file) {
    await served.uploads.receive(file[1], file[2], request)
    sendJson(response, 201, {})
  } else {
    sendJson(response, 201, await served.uploads.begin())
  }
  return true
}

async function answer(served: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isAddressedToUs(request, served.names)) {
    return sendProblem(response, 403, {
      code: 'wrong-address',
      message: 'This request was not addressed to this host, or came from another page.',
      hint: 'Open the address that `umbra serve` printed.',
    })
  }
  const pathname = (request.url ?? '/').split(/[?#]/)[0]
  if (await answerPrivate(served, request, response, pathname)) return
  if (request.method === 'GET' || request.method === 'HEAD') {
    return sendAsset(served, request, response, pathname)
  }
  sendProblem(response, 405, { code: 'not-allowed', message: 'This method is not allowed here.' })
}

function refuseOpenNetwork(host: string): void {
  throw new UmbraError({
    code: 'usage',
    message: `Umbra does not listen on ${host}: others on the network could reach it, and traffic is not encrypted.`,
    hint:
      'Keep 127.0.0.1 and reach it through an SSH tunnel (ssh -L 4180:127.0.0.1:4180 machine). ' +
      'On a network you trust, add --allow-remote.',
  })
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE'
      reject(
        new UmbraError({
          code: 'cannot-listen',
          message: inUse ? `Port ${port} is in use.` : `Umbra cannot listen there: ${error.message}`,
          hint: 'Take another port, or --port 0 for any free one.',
          where: `${host}:${port}`,
        }),
      )
    })
    server.listen(port, host, resolve)
  })
  return (server.address() as AddressInfo).port
}

/**
 * Serves the workstation to a browser: the built renderer at `/`, requests and events on the WebSocket `/engine`,
 * voxels at `/voxels/{id}/{frame}`, files at `/uploads`. All but the assets needs the token of this run.
 */
export async function startHost(options: HostOptions): Promise<Host> {
  if (!isLoopback(options.host) && !options.allowRemote) refuseOpenNetwork(options.host)
  const token = newToken()
  const uploads = await createUploads()
  const { dataDirectory, rendererDirectory, open } = options
  const engine = createEngine({ dataDirectory, open, transientDirectory: uploads.directory })
  const served: Served = { engine, uploads, rendererDirectory, token, names: namesOf(options.host) }
  const server = createServer({ headersTimeout: 30_000, requestTimeout: 0, maxHeaderSize: 16 * 1024 })
  server.on('request', (request, response) => {
    answer(served, request, response).catch((thrown: unknown) => {
      const problem = problemOf(thrown)
      sendProblem(response, statuses[problem.code] ?? 500, problem)
    })
  })
  const sockets = serveSockets(server, served)

  async function close(): Promise<void> {
    sockets.close()
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections?.()
    await closed
    await engine.close()
    await uploads.close()
  }

  try {
    const port = await listen(server, options.port, options.host)
    const name = options.host.includes(':') ? `[${options.host}]` : options.host
    let closing: Promise<void> | null = null
    return {
      address: `http://${name}:${port}/#token=${token}`,
      port,
      token,
      close: () => (closing ??= close()),
    }
  } catch (thrown) {
    sockets.close()
    await engine.close()
    await uploads.close()
    throw thrown
  }
}
