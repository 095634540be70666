import type { LongMethod, readingMethods } from '@contract'
import { demoStudy } from '../cases/demoStudy'
import { partOfRun } from '../compute/run'
import type { LongHandlers } from '../handlers'
import { demoCases } from '../phantom'
import { findCases, relocate } from './cases'
import type { OpenRoom } from './handlers'
import type { ReadingScans } from './scans'
import { moveCases, ownedStudy } from './studies'

export type ReadingLongHandlers = Pick<LongHandlers, Extract<keyof typeof readingMethods, LongMethod>>

interface Parts {
  open: () => OpenRoom
  scans: ReadingScans
  demoDirectory: string
}

/** Titles name nobody: every window sees the jobs. */
export function readingLongHandlers({ open, scans, demoDirectory }: Parts): ReadingLongHandlers {
  return {
    'reading.load': ({ session, readingId }) => {
      const { people, readings } = open()
      const order = readings.orderScan(people.of(session), readingId)
      return {
        title: 'Prepare a reading',
        key: `reading.load ${readingId}`,
        work: (run) => scans.load(order, run),
      }
    },
    'reading.findCases': ({ session, paths }) => {
      open().people.of(session)
      return {
        title: 'Look for cases of a reading study',
        work: async (run) => ({ cases: await findCases(paths, run) }),
      }
    },
    'reading.demoCases': ({ session }) => {
      open().people.of(session)
      return {
        title: 'Make demonstration cases',
        key: 'reading.demoCases',
        work: async (run) => {
          const cases = []
          for (const number of demoCases.keys()) {
            const part = partOfRun(run, number / demoCases.length, (number + 1) / demoCases.length)
            const folder = await demoStudy(demoDirectory, partOfRun(part, 0, 0.9), number)
            const [found] = await findCases([folder], partOfRun(part, 0.9, 1))
            cases.push({ ...found, name: `Demonstration ${number + 1}` })
          }
          return { cases }
        },
      }
    },
    'reading.relocate': ({ session, studyId, case: key, paths }) => {
      const { people, store, now } = open()
      const owner = people.of(session)
      ownedStudy(store, studyId, owner)
      return {
        title: 'Find a case of a reading study again',
        work: async (run) => {
          const moved = await relocate(ownedStudy(store, studyId, owner).protocol.cases, key, paths, run)
          moveCases(store, studyId, moved, owner, now())
          return { moved: moved.map((each) => each.key) }
        },
      }
    },
  }
}
