import { packRequest, UmbraError } from '@contract'
import { failureOf } from './httpFailure'
import { lostProblem, wrongLength, type Connect, type Transport } from './transport'

export interface HostAddress {
  /** "http://127.0.0.1:4180", without a slash at the end. */
  origin: string
  token: string
}

/** Speaks with `umbra serve`: JSON over a WebSocket, voxels by HTTP, both with the token of the page's address. */
export function connectToHost({ origin, token }: HostAddress): Connect {
  return (listener) =>
    new Promise<Transport>((resolve, reject) => {
      const socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/engine`, ['umbra', token])
      let opened = false
      let closing = false
      const reading = new AbortController()

      const transport: Transport = {
        send: (request) => socket.send(request.bytes ? packRequest(request) : JSON.stringify(request)),
        async readVoxels(voxelsId, frame, byteLength) {
          const response = await fetch(`${origin}/voxels/${encodeURIComponent(voxelsId)}/${frame}`, {
            headers: { Authorization: `Bearer ${token}` },
            signal: reading.signal,
          })
          if (!response.ok) throw await failureOf(response, voxelsId)
          const buffer = await response.arrayBuffer()
          if (buffer.byteLength !== byteLength) throw wrongLength(voxelsId, byteLength, buffer.byteLength)
          return buffer
        },
        close() {
          closing = true
          reading.abort()
          socket.close()
        },
      }

      socket.onopen = () => {
        opened = true
        resolve(transport)
      }
      socket.onmessage = ({ data }: MessageEvent<unknown>) => {
        if (typeof data !== 'string') return
        try {
          listener.onMessage(JSON.parse(data))
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error
          transport.close()
          listener.onLost({ ...lostProblem, message: 'The engine sent something that is not JSON.' })
        }
      }
      // A close always follows, and is where the loss is told.
      socket.onerror = () => undefined
      socket.onclose = () => {
        if (closing) return
        closing = true
        reading.abort()
        if (opened) listener.onLost(lostProblem)
        else {
          reject(
            new UmbraError({
              code: 'host-unreachable',
              message: 'Umbra’s engine does not answer at this address.',
              hint: 'Is "umbra serve" still running? If it was started again, open the new address it printed.',
              where: origin,
            }),
          )
        }
      }
    })
}

const TOKEN_KEY = 'umbra.token'

/**
 * The token from the address's fragment, or the one this tab has kept. The fragment is then removed, so that the token
 * is neither in the history nor on a screenshot.
 */
export function takeToken(location: Location, storage: Storage, history: History): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given) {
    storage.setItem(TOKEN_KEY, given)
    history.replaceState(null, '', location.pathname + location.search)
  }
  return given ?? storage.getItem(TOKEN_KEY)
}
