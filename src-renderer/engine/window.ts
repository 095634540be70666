import { UmbraError } from '@contract'
import { connectThroughShell } from './portTransport'
import { connectToHost, takeToken, type HostAddress } from './socketTransport'
import type { Connect } from './transport'

let address: HostAddress | null = null

/** The host that served this page, with its token; null in the desktop window, or where the address had no token. */
export function hostAddress(): HostAddress | null {
  if (window.umbra) return null
  if (!address) {
    const token = takeToken(window.location, window.sessionStorage, window.history)
    if (token) address = { origin: window.location.origin, token }
  }
  return address
}

/** In the desktop window over the shell's port, in a browser over the WebSocket of the host. */
export function connectFromThisWindow(): Connect {
  if (window.umbra) return connectThroughShell(window.umbra)
  const host = hostAddress()
  if (host) return connectToHost(host)
  return () =>
    Promise.reject(
      new UmbraError({
        code: 'no-token',
        message: 'This address lacks the key that "umbra serve" printed.',
        hint: 'Copy the whole address from the terminal, with everything after the #.',
      }),
    )
}
