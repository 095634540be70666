import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { hostname, networkInterfaces } from 'node:os'

/** A key for one run of the host; whoever has it may read every study on this machine. */
export function newToken(): string {
  return randomBytes(24).toString('base64url')
}

/** In constant time, whatever the lengths. */
export function isToken(given: string | undefined, token: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given ?? ''), hash(token))
}

/** The token of an `Authorization: Bearer …` header. */
export function bearerOf(request: IncomingMessage): string | undefined {
  return /^Bearer ([\w-]+)$/i.exec(request.headers.authorization ?? '')?.[1]
}

/** The token a browser hands over as the second WebSocket sub-protocol, after "umbra". */
export function socketTokenOf(request: IncomingMessage): string | undefined {
  const [name, token] = (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((part) => part.trim())
  return name === 'umbra' ? token : undefined
}

const loopbackNames = ['127.0.0.1', 'localhost', '::1']

export function isLoopback(host: string): boolean {
  return loopbackNames.includes(host) || /^127(\.\d{1,3}){3}$/.test(host)
}

/** The names under which this machine may be addressed when it listens on `host`. */
export function namesOf(host: string): string[] {
  if (isLoopback(host)) return [...loopbackNames, host]
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return [...loopbackNames, host, hostname().toLowerCase(), ...addresses.map(({ address }) => address)]
}

/**
 * Whether a request is meant for us and comes from our own page: its Host names this machine (a foreign name that
 * resolves here would be DNS rebinding), and its Origin, where the client is a browser, is the same address.
 */
export function isAddressedToUs(request: IncomingMessage, names: string[]): boolean {
  const { host, origin } = request.headers
  if (!host) return false
  let name: string
  try {
    name = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '')
  } catch {
    return false
  }
  if (!names.includes(name)) return false
  return origin === undefined || origin === `http://${host}`
}
