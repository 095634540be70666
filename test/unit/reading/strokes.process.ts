import { writeSync } from 'node:fs'
import { openMapsStore } from '../../../src-main/engine/cases/mapsStore'
import { createReadingRoom } from '../../../src-main/engine/reading'
import { strokeGrid, strokeOf } from './strokes'

/**
 * A window that draws until it is killed: it saves stroke after stroke, and says each on its output when it was answered.
 * Now and then it signs the reading and opens it again, closes it, or copies the store.
 */
const [path, session, readingId, first] = process.argv.slice(2)
const room = createReadingRoom({
  path,
  demoDirectory: `${path}.demo`,
  mapsStore: openMapsStore(`${path}.maps`),
  backend: () => Promise.resolve('auto'),
  report: ({ message }) => say(`notice ${message}`),
})
const { handlers } = room
const nothing = new Uint8Array()

/** At once, without the buffers of a stream, which would die with the process. */
const say = (line: string): void => void writeSync(1, `${line}\n`)
const open = async (): Promise<string> => {
  const opened = await handlers['reading.open']({ session, readingId, takeOver: false }, nothing)
  if (opened.lease !== null) return opened.lease
  // The one before was killed between signing and opening again.
  await handlers['reading.reopen']({ session, readingId, reason: 'go on' }, nothing)
  return open()
}

async function draw(): Promise<void> {
  let lease = await open()
  say('open')
  for (let n = Number(first); ; n++) {
    const { slices, bytes } = strokeOf(n)
    await handlers['reading.save']({ lease, geometry: strokeGrid, slices, seconds: n }, bytes)
    say(`saved ${n}`)
    if (n % 11 === 0) {
      await handlers['reading.sign']({ lease, pin: '2468', seconds: n }, nothing)
      say(`signed ${n}`)
      await handlers['reading.reopen']({ session, readingId, reason: 'go on' }, nothing)
      lease = await open()
    } else if (n % 7 === 0) {
      await handlers['reading.close']({ lease, seconds: n }, nothing)
      lease = await open()
    } else if (n % 17 === 0) {
      await handlers['reading.backup']({ session, path: null }, nothing)
    }
  }
}

draw().catch((thrown: unknown) => {
  say(`failed ${String(thrown)}`)
  process.exit(1)
})
