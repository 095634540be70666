import type { Warning } from '@contract'
import { createVoxelRegistry } from '../session/voxelRegistry'
import { readingHandlers, type OpenRoom, type ReadingHandlers } from './handlers'
import { createPeople } from './people'
import { createReadings } from './readings'
import { createSignedDrawings, type SignedDrawings } from './signedDrawings'
import { openCaseStore } from './store'

export { protocolFileName, protocolText } from './protocolFile'
export type { SignedDrawings, SignedStudy } from './signedDrawings'

/** Reading studies: who reads what, what they drew, and who did what when. */
export interface ReadingRoom {
  handlers: ReadingHandlers
  /** What is signed, for a report of how far the raters agree. */
  signed: SignedDrawings
  /** The bytes of a labelmap's frame, by an id that begins with `labelmap-`. */
  readVoxels(id: string, frame: number): Uint8Array
  /** What a rater who draws at this moment must not get to know. */
  blinded(): { patient: boolean; source: boolean }
  close(): void
}

export interface ReadingRoomOptions {
  /** The file of the store. */
  path: string
  report: (warning: Warning) => void
  now?: () => Date
}

/** Opens no file before the first request needs it: most sessions read no study. */
export function createReadingRoom({ path, report, now = () => new Date() }: ReadingRoomOptions): ReadingRoom {
  // Apart from those of the open study, which are forgotten with it: a reading is opened before its study is.
  const voxels = createVoxelRegistry()
  let room: OpenRoom | null = null

  function open(): OpenRoom {
    if (room) return room
    const store = openCaseStore(path, report)
    room = { store, people: createPeople(store, now), readings: createReadings(store, voxels, now), now }
    return room
  }

  return {
    handlers: readingHandlers(open),
    signed: createSignedDrawings(open, voxels),
    readVoxels: (id, frame) => voxels.readFrame(id, frame),
    blinded: () => room?.readings.blinded() ?? { patient: false, source: false },
    close: () => {
      room?.store.close()
      room = null
    },
  }
}
