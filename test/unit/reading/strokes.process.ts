import { writeSync } from 'node:fs'
import { createPeople } from '../../../src-main/engine/reading/people'
import { createReadings } from '../../../src-main/engine/reading/readings'
import { backUp, openCaseStore } from '../../../src-main/engine/reading/store'
import { createVoxelRegistry } from '../../../src-main/engine/session/voxelRegistry'
import { strokeGrid, strokeOf } from './strokes'

/**
 * A window that draws until it is killed: it saves stroke after stroke, and says each on its output when it was answered.
 * Now and then it signs the reading and opens it again, closes it, or copies the store.
 */
const [path, session, readingId, first] = process.argv.slice(2)

/** At once, without the buffers of a stream, which would die with the process. */
const say = (line: string): void => void writeSync(1, `${line}\n`)

function openStore() {
  const now = (): Date => new Date()
  const store = openCaseStore(path, ({ message }) => say(`notice ${message}`))
  const people = createPeople(store, now)
  const labelmaps = createVoxelRegistry()
  return { store, people, readings: createReadings({ store, labelmaps, frameOfReference: () => null, now }) }
}

async function draw(): Promise<void> {
  const { store, people, readings } = openStore()
  const person = people.of(session)
  const open = (): string => {
    const opened = readings.open(person, readingId, false)
    if (opened.lease !== null) return opened.lease
    // The one before was killed between signing and opening again.
    readings.reopen(person, readingId, 'go on')
    return open()
  }
  let lease = open()
  say('open')
  for (let n = Number(first); ; n++) {
    const { slices, bytes } = strokeOf(n)
    readings.save({ lease, geometry: strokeGrid, slices, seconds: n }, bytes)
    say(`saved ${n}`)
    if (n % 11 === 0) {
      await people.checkPin({ key: readings.leased(lease).person }, '2468')
      readings.sign(lease, n)
      say(`signed ${n}`)
      readings.reopen(person, readingId, 'go on')
      lease = open()
    } else if (n % 7 === 0) {
      readings.close(lease, n)
      lease = open()
    } else if (n % 17 === 0) {
      backUp(store)
    }
  }
}

draw().catch((thrown: unknown) => {
  say(`failed ${String(thrown)}`)
  process.exit(1)
})
