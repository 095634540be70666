import { isAbsolute } from 'node:path'
import { UmbraError, type readingFileMethods } from '@contract'
import type { LongHandlers } from '../../handlers'
import type { OpenRoom } from '../handlers'
import { ownedStudy, readingOf, studyOf, volumesOfReading } from '../studies'
import { exportableReading, exportReading, exportStudy } from './exportFiles'
import { inspectFiles, takeFiles } from './importFiles'

export type ReadingFileHandlers = Pick<LongHandlers, keyof typeof readingFileMethods>

/**
 * Readings as files, out and in. Who asks is checked at once. The titles of the jobs, which every window sees, name
 * neither patient, source nor rater.
 */
export function readingFileHandlers(open: () => OpenRoom): ReadingFileHandlers {
  return {
    'reading.exportReading': ({ session, readingId, ...asked }) => {
      const { store, people, now } = open()
      const request = { ...asked, directory: wholeFolder(asked.directory), person: people.of(session) }
      exportableReading(store, request, readingId)
      return {
        title: 'Export a reading',
        key: `reading.exportReading ${readingId} ${request.directory}`,
        work: (run) => exportReading(store, request, readingId, now, run),
      }
    },
    'reading.exportStudy': ({ session, studyId, ...asked }) => {
      const { store, people, now } = open()
      const request = { ...asked, directory: wholeFolder(asked.directory), person: people.of(session) }
      const study = ownedStudy(store, studyId, request.person)
      if (request.reference !== null && !study.protocol.raters.some(({ key }) => key === request.reference)) {
        throw new UmbraError({
          code: 'unknown-person',
          message: `There is no rater ${request.reference} in this study.`,
        })
      }
      return {
        title: 'Export the signed readings of a study',
        key: `reading.exportStudy ${studyId} ${request.directory}`,
        work: (run) => exportStudy(store, request, study, now, run),
      }
    },
    'reading.inspectFiles': ({ session, readingId, paths }) => {
      const { store, people, readings } = open()
      const { drawn } = readings.mayImport(people.of(session), readingId)
      return {
        title: 'Look at a drawing made elsewhere',
        work: async (run) => ({
          ...(await inspectFiles(store, readingId, paths.map(wholeFile), run)),
          drawn,
        }),
      }
    },
    'reading.importFiles': ({ session, readingId, paths, replace, ...choice }) => {
      const { store, people, readings } = open()
      const person = people.of(session)
      readings.mayImport(person, readingId)
      return {
        title: 'Import a reading',
        key: `reading.importFiles ${readingId}`,
        work: async (run) => {
          const { notes, detail, ...drawing } = await takeFiles(
            store,
            readingId,
            paths.map(wholeFile),
            choice,
            run,
          )
          readings.importDrawing(person, readingId, { ...drawing, replace, detail })
          const reading = readingOf(store, readingId)
          return { notes, volumes: volumesOfReading(store, reading, studyOf(store, reading.study).protocol) }
        },
      }
    },
  }
}

const wholeFile = (path: string): string => whole(path, 'The path of a file must be whole, from its root.')
const wholeFolder = (path: string): string =>
  whole(path, 'The path of the export folder must be whole, from its root.')

function whole(path: string, message: string): string {
  if (isAbsolute(path)) return path
  throw new UmbraError({ code: 'invalid-path', message, where: path })
}
