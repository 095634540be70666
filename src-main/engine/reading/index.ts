import type { BackendChoice, Warning } from '@contract'
import type { MapsStore } from '../cases/mapsStore'
import { createVoxelRegistry } from '../session/voxelRegistry'
import { createCasesToLearn, type CasesToLearn } from './casesToLearn'
import { readingFileHandlers, type ReadingFileHandlers } from './files'
import { readingHandlers, type OpenRoom, type ReadingHandlers } from './handlers'
import { readingLongHandlers, type ReadingLongHandlers } from './longHandlers'
import { SCAN_PREFIX } from './hidden'
import { createPeople } from './people'
import { createProposals } from './proposals'
import { createReadings } from './readings'
import { createReadingScans, type ReadingScans } from './scans'
import { createSignedDrawings, type SignedDrawings } from './signedDrawings'
import { openCaseStore } from './store'
import { readsBlinded } from './studies'

export { protocolFileName, protocolText } from './protocolFile'
export { SCAN_PREFIX } from './hidden'
export type { CasesToLearn } from './casesToLearn'
export type { SignedDrawings, SignedStudy } from './signedDrawings'

/** Reading studies: who reads what, what they drew, and who did what when. */
export interface ReadingRoom {
  handlers: ReadingHandlers
  longHandlers: ReadingLongHandlers
  scans: ReadingScans
  /** Whether voxels or a series of this id are those of a reading. */
  holds(id: string): boolean
  /** What is signed, for a report of how far the raters agree. */
  signed: SignedDrawings
  /** What a network may learn from. */
  toLearn: CasesToLearn
  /** Readings as files, which are jobs. */
  fileHandlers: ReadingFileHandlers
  readVoxels(id: string, frame: number): Uint8Array
  /** Whether a session is one that lasts. */
  knows(session: string): boolean
  /** Whether the person of a session must not get to know patients or sources. */
  blinds(session: string): boolean
  close(): Promise<void>
}

export interface ReadingRoomOptions {
  /** The file of the store. */
  path: string
  /** Where demonstration cases are made. */
  demoDirectory: string
  /** Computed maps, shared with Review. */
  mapsStore: MapsStore
  backend: () => Promise<BackendChoice>
  report: (warning: Warning) => void
  now?: () => Date
}

const LABELMAPS = 'labelmap-'

/** Opens no file before the first request needs it: most sessions read no study. */
export function createReadingRoom(options: ReadingRoomOptions): ReadingRoom {
  const { path, report, mapsStore, backend, demoDirectory, now = () => new Date() } = options
  const labelmaps = createVoxelRegistry()
  const scans = createReadingScans({ mapsStore, backend })
  let room: OpenRoom | null = null

  function open(): OpenRoom {
    if (room) return room
    const store = openCaseStore(path, report)
    const readings = createReadings({ store, labelmaps, frameOfReference: scans.frameOfReference, now })
    const proposals = createProposals({ store, readings, scans, now })
    room = { store, people: createPeople(store, now), readings, proposals, now }
    return room
  }

  return {
    handlers: readingHandlers(open),
    longHandlers: readingLongHandlers({ open, scans, demoDirectory }),
    scans,
    holds: (id) => id.startsWith(LABELMAPS) || id.startsWith(SCAN_PREFIX),
    readVoxels: (id, frame) =>
      id.startsWith(LABELMAPS) ? labelmaps.readFrame(id, frame) : scans.readFrame(id, frame),
    knows: (session) => open().people.find({ session }) !== null,
    blinds: (session) => {
      const { people, store } = open()
      const person = people.find({ session })
      return person !== null && readsBlinded(store, person)
    },
    signed: createSignedDrawings(open, labelmaps),
    toLearn: createCasesToLearn(open, mapsStore.directory),
    fileHandlers: readingFileHandlers(open),
    close: () => {
      room?.store.close()
      room = null
      return scans.close()
    },
  }
}
