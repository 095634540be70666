import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  methods,
  usualStructures,
  type Geometry,
  type Input,
  type Output,
  type ProtocolInput,
  type QuickMethod,
  type readingMethods,
} from '@contract'
import { openMapsStore } from '../../../src-main/engine/cases/mapsStore'
import { createReadingRoom } from '../../../src-main/engine/reading'

export type ReadingMethod = Extract<keyof typeof readingMethods, QuickMethod>

export const geometry: Geometry = {
  size: [16, 12, 4],
  spacing: [0.5, 0.5, 5],
  origin: [-4, -3, 10],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  frameOfReference: '1.2.3',
}
export const area = 16 * 12

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'umbra-reading-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Three cases as in the paper: two raters read the network's maps, a third the deconvolution's. */
export const paperProtocol = (change: Partial<ProtocolInput> = {}): ProtocolInput => ({
  name: 'CNN against NLR',
  cases: ['a', 'b', 'c'].map((key) => ({
    key,
    name: `Doe^Jane ${key}`,
    paths: [`/studies/Doe-Jane-${key}`],
  })),
  sources: [
    { key: 'cnn', name: 'CNN', method: 'cnn' },
    { key: 'gt', name: 'NLR', method: 'bennink' },
  ],
  structures: [...usualStructures],
  raters: [
    { key: 'r1', name: 'Rater One' },
    { key: 'r2', name: 'Rater Two' },
    { key: 'r3', name: 'Rater Three' },
  ],
  assignments: [
    { rater: 'r1', source: 'cnn' },
    { rater: 'r2', source: 'cnn' },
    { rater: 'r3', source: 'gt' },
  ],
  ...change,
})

/** A reading room as its clients see it, on a clock that the test sets. */
export function openRoom(path = join(temporaryFolder(), 'studies.db')) {
  const clock = { now: new Date('2026-11-23T10:00:00.000Z') }
  const notices: string[] = []
  const room = createReadingRoom({
    path,
    demoDirectory: join(dirname(path), 'demo'),
    mapsStore: openMapsStore(join(dirname(path), 'maps')),
    backend: () => Promise.resolve('auto'),
    report: ({ message }) => notices.push(message),
    now: () => clock.now,
  })
  onTestFinished(() => void room.close())

  /** Parses what goes in and comes out, as the engine and the page do. */
  async function ask<M extends ReadingMethod>(
    method: M,
    params: Input<M>,
    bytes: Uint8Array = new Uint8Array(),
  ): Promise<Output<M>> {
    const handler = room.handlers[method] as (params: unknown, bytes: Uint8Array) => unknown
    const parsed: unknown = methods[method].in.parse(params)
    return methods[method].out.parse(await handler(parsed, bytes)) as Output<M>
  }
  const signIn = async (name: string, pin = '2468'): Promise<string> =>
    (await ask('reading.signIn', { name, pin, first: true })).session

  return {
    room,
    path,
    notices,
    ask,
    signIn,
    /** Lets time pass. */
    wait: (ms: number) => (clock.now = new Date(clock.now.getTime() + ms)),
  }
}
export type Room = ReturnType<typeof openRoom>

/** A study by "Owner" with everyone signed in. */
export async function openStudy(change: Partial<ProtocolInput> = {}, room = openRoom()) {
  const people = ['Owner', 'Rater One', 'Rater Two']
  const [owner, one, two] = await Promise.all(people.map((name) => room.signIn(name)))
  const { studyId } = await room.ask('reading.create', { session: owner, protocol: paperProtocol(change) })
  const worklist = async (session: string) => (await room.ask('reading.worklist', { session, studyId })).items
  return { ...room, owner, one, two, studyId, worklist }
}

/** One slice with a rectangle of `voxels` voxels from the top left on. */
export function sliceOf(voxels: number): Uint8Array {
  return new Uint8Array(area).fill(1, 0, voxels)
}
