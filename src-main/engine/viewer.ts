import { UmbraError, type EngineEvent, type Job } from '@contract'
import { SCAN_PREFIX, type ReadingRoom } from './reading'

/** One window, as far as the engine knows who sits before it and what it asked for. */
export interface Viewer {
  /** Of the person who is signed in to read there; null: nobody is. */
  session: string | null
  /** The long work this window asked for. */
  readonly jobs: Set<string>
}

export const newViewer = (): Viewer => ({ session: null, jobs: new Set() })

/** What somebody who must not know the patient or the source may ask for; the reading room guards its own answers. */
const openToBlinded =
  /^(engine\.about|backends\.list|settings\.(get|set)|jobs\.(list|cancel|clear)|reading\.\w+|agreement\.\w+|drawing\.(interpolate|midPlane))$/

const field = (params: unknown, name: string): unknown =>
  typeof params === 'object' && params !== null ? (params as Record<string, unknown>)[name] : undefined

/** Who is before a window, learnt from what it asks, and what it is therefore not told. */
export interface Discretion {
  /** Throws `blinded`. */
  admit(viewer: Viewer, method: string, params: unknown): void
  /** Learns from the answer who signed in or out, and which job began. */
  note(viewer: Viewer, method: string, params: unknown, answer: unknown): void
  /** Whether a job may be told to this window. */
  tells(viewer: Viewer, event: EngineEvent): boolean
  jobs(viewer: Viewer, jobs: Job[]): Job[]
}

export function createDiscretion(reading: Pick<ReadingRoom, 'blinds' | 'knows'>): Discretion {
  const isBlinded = (viewer: Viewer): boolean => viewer.session !== null && reading.blinds(viewer.session)
  const maySee = (viewer: Viewer, jobId: string): boolean => viewer.jobs.has(jobId) || !isBlinded(viewer)

  function refuse(method: string): never {
    throw new UmbraError({
      code: 'blinded',
      message:
        'Whoever reads blinded is not shown this: it could name the patient or where the maps come from.',
      hint: 'Sign out of Reading first.',
      where: method,
    })
  }

  return {
    admit: (viewer, method, params) => {
      const session = field(params, 'session')
      if (typeof session === 'string' && reading.knows(session)) viewer.session = session
      if (!isBlinded(viewer)) return
      if (method === 'series.project' && String(field(params, 'seriesKey')).startsWith(SCAN_PREFIX)) return
      if (!openToBlinded.test(method)) refuse(method)
      // Folders anywhere on the machine, by their names and files.
      const compared = method === 'agreement.report' ? field(field(params, 'of'), 'from') : 'study'
      if (compared !== 'study') refuse(method)
      // What lies at a path, by the names in its files.
      if (method === 'reading.findCases') refuse(method)
      // A copy of the store names every case.
      if (method === 'reading.backup' && field(params, 'path') != null) refuse(method)
      if (method === 'jobs.cancel' && !maySee(viewer, String(field(params, 'jobId')))) refuse(method)
    },
    note: (viewer, method, params, answer) => {
      const jobId = field(answer, 'jobId')
      if (typeof jobId === 'string') viewer.jobs.add(jobId)
      if (method === 'reading.signIn') viewer.session = field(answer, 'session') as string
      if (method === 'reading.signOut' && field(params, 'session') === viewer.session) viewer.session = null
    },
    tells: (viewer, { job }) => maySee(viewer, job.id),
    jobs: (viewer, jobs) => (isBlinded(viewer) ? jobs.filter(({ id }) => viewer.jobs.has(id)) : jobs),
  }
}
