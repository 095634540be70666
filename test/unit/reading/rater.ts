import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import type { Geometry, OpenReading } from '@contract'
import {
  brushSegment,
  Drawing,
  UnsavedSlices,
  type LayerSlice,
  type Point,
} from '../../../src-renderer/drawing'
import { createEngineClient, type EngineClient } from '../../../src-renderer/engine/client'
import { connectToHost } from '../../../src-renderer/engine/socketTransport'
import { seeded } from '../drawing/grid'

export const grid: Geometry = {
  size: [96, 80, 10],
  spacing: [1.5, 1.5, 5],
  origin: [0, 0, 0],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  frameOfReference: '1.2.3',
}

/** The engine in a process of its own, and a window's client to it. */
export interface Served {
  client: EngineClient
  host: ChildProcess
  /** The host ended by SIGKILL, the client closed. */
  kill: () => Promise<void>
}

export async function serveData(folder: string): Promise<Served> {
  Reflect.set(globalThis, 'WebSocket', WebSocket)
  const program = join(process.env.UMBRA_WORKERS as string, 'host.process.js')
  const host = spawn(process.execPath, [program, folder, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(host.stdout, 'data')) as [Buffer]
  const { port, token } = JSON.parse(line.toString()) as { port: number; token: string }
  const client = createEngineClient(connectToHost({ origin: `http://127.0.0.1:${port}`, token }))
  const kill = async (): Promise<void> => {
    const ended = host.exitCode === null && host.signalCode === null ? once(host, 'exit') : null
    host.kill('SIGKILL')
    await ended
    client.close()
  }
  return { client, host, kill }
}

/**
 * Somebody who draws: brush strokes at random, undone and redone now and then, on the drawing that the Reading room
 * draws on, saved by the queue that it saves with. `acknowledged` is what the engine said it has.
 */
export class Rater {
  readonly drawing = new Drawing(grid, 2)
  readonly unsaved = new UnsavedSlices()
  acknowledged: Uint8Array = this.drawing.labels.voxels.slice()
  /** What the last request held whose answer has not come. */
  private sent: Uint8Array | null = null
  strokes = 0
  private readonly random: () => number

  constructor(seed: number) {
    this.random = seeded(seed)
    this.drawing.onChange((change) => this.unsaved.note(change))
  }

  /** What the store may hold after the engine was killed: what it acknowledged, or that and the save under way. */
  get possible(): Uint8Array[] {
    return this.sent === null ? [this.acknowledged] : [this.acknowledged, this.sent]
  }

  /** One stroke, or now and then a step back or forth. */
  act(): void {
    const dice = this.random()
    if (dice < 0.1) return void this.drawing.undo()
    if (dice < 0.15) return void this.drawing.redo()
    const [nx, ny, nz] = grid.size
    const place = (): Point => [this.random() * nx, this.random() * ny]
    const stroke = {
      slice: Math.floor(this.random() * nz),
      diameter: 2 + 20 * this.random(),
      layer: this.random() < 0.5 ? 0 : 1,
      inside: this.random() < 0.7 ? (1 as const) : (0 as const),
    }
    let from = place()
    for (let piece = 0; piece < 3; piece++) {
      const to = place()
      brushSegment(this.drawing, from, to, stroke)
      from = to
    }
    if (this.drawing.commit('Brush')) this.strokes++
  }

  async save({ client }: Served, { lease, structures }: OpenReading): Promise<void> {
    if (this.unsaved.count === 0 || lease === null) return
    const { labels } = this.drawing
    const { slices, bytes } = this.unsaved.take(labels)
    const after = this.acknowledged.slice()
    slices.forEach(({ layer, slice }: LayerSlice, i) => {
      const part = bytes.subarray(i * labels.sliceLength, (i + 1) * labels.sliceLength)
      after.set(part, layer * labels.layerLength + slice * labels.sliceLength)
    })
    this.sent = after
    const named = slices.map(({ layer, slice }) => ({ structure: structures[layer].key, slice }))
    try {
      await client.call(
        'reading.save',
        { lease, geometry: grid, slices: named, seconds: this.strokes },
        bytes,
      )
      this.acknowledged = after
      this.sent = null
    } catch (thrown) {
      this.unsaved.putBack(slices)
      throw thrown
    }
  }

  /** After a kill: what the store turned out to hold is what is acknowledged now. */
  found(stored: Uint8Array): void {
    this.acknowledged = stored
    this.sent = null
  }
}
