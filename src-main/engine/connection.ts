import { problemOf, requestSchema, type Answer, type EngineEvent } from '@contract'
import type { Engine } from './engine'
import { newViewer } from './viewer'

/** One client of the engine over a channel that carries messages in order. */
export interface Connection {
  /** Takes a message of the client; what is not a request is dropped. */
  receive(message: unknown): Promise<void>
  close(): void
}

/** Answers a client's requests and sends it every event, until it is closed. */
export function connectClient(engine: Engine, send: (message: Answer | EngineEvent) => void): Connection {
  let open = true
  const viewer = newViewer()
  const unsubscribe = engine.subscribe(send, viewer)
  return {
    receive: async (message) => {
      const request = requestSchema.safeParse(message)
      if (!request.success) return
      const { id, method, params, bytes } = request.data
      // Begun in a microtask: Electron's utility process ends at a promise that is rejected within the message's own turn,
      // before those who wait for it are known.
      const answer: Answer = await Promise.resolve()
        .then(() => engine.request(method, params, bytes, viewer))
        .then(
          (value) => ({ id, ok: true, value }),
          (thrown: unknown) => ({ id, ok: false, error: problemOf(thrown) }),
        )
      if (open) send(answer)
    },
    close: () => {
      open = false
      unsubscribe()
    },
  }
}
