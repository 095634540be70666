import { voxelAcknowledgementSchema, voxelRequestSchema } from '@contract'
import { connectClient } from './connection'
import type { Engine } from './engine'
import { createVoxelSender } from './voxelSender'

/** The little that Electron's MessagePortMain and a MessagePort of worker_threads have in common. */
export interface MessageChannelEnd {
  post(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  onClose(listener: () => void): void
}

/** Serves one client over a message port: requests, events, and voxels in acknowledged chunks. */
export function servePort(engine: Engine, port: MessageChannelEnd): void {
  const connection = connectClient(engine, (message) => port.post(message))
  const voxels = createVoxelSender(engine, (message) => port.post(message))
  port.onMessage((message) => {
    const asked = voxelRequestSchema.safeParse(message)
    if (asked.success) return voxels.send(asked.data)
    const acknowledged = voxelAcknowledgementSchema.safeParse(message)
    if (acknowledged.success) return voxels.acknowledge(acknowledged.data.voxelAcknowledged)
    void connection.receive(message)
  })
  port.onClose(() => {
    connection.close()
    voxels.close()
  })
}
