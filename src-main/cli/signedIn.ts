import { join, resolve } from 'node:path'
import { dataDirectory } from '../engine/cases/dataDirectory'
import { openMapsStore } from '../engine/cases/mapsStore'
import { createReadingRoom, type ReadingRoom } from '../engine/reading'
import { askPin } from './askPin'
import { printable } from './terminal'

/** Opens the store of a data folder, signs in, works, and closes it again whatever happens. */
export async function signedIn<T>(
  { as: name, data }: { as: string; data?: string },
  work: (room: ReadingRoom, session: string) => Promise<T>,
): Promise<T> {
  const folder = resolve(data ?? dataDirectory())
  const room = createReadingRoom({
    path: join(folder, 'reading', 'studies.db'),
    demoDirectory: join(folder, 'demo'),
    mapsStore: openMapsStore(join(folder, 'maps')),
    backend: () => Promise.resolve('auto'),
    report: ({ message }) => process.stderr.write(`${printable(message)}\n`),
  })
  try {
    const pin = await askPin(name)
    const { session } = await room.handlers['reading.signIn']({ name, pin, first: false }, new Uint8Array())
    try {
      return await work(room, session)
    } finally {
      await room.handlers['reading.signOut']({ session }, new Uint8Array())
    }
  } finally {
    await room.close()
  }
}
