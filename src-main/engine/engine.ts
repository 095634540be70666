import { join } from 'node:path'
import {
  perfusionSettingsSchema,
  settingsSchema,
  UmbraError,
  type BackendChoice,
  type EngineEvent,
  type Job,
  type PerfusionSettings,
  type Warning,
} from '@contract'
import { openJsonFile } from './cases/jsonFile'
import { openMapsStore } from './cases/mapsStore'
import { openRecentStudies } from './cases/recentStudies'
import { dispatch } from './handlers'
import { createJobs } from './jobs'
import { longHandlers } from './longHandlers'
import { quickHandlers } from './quickHandlers'
import { createReadingRoom } from './reading'
import { createAgreementSession } from './session/agreementSession'
import { createCorrectedPictures } from './session/correctedPictures'
import { createFusionSession } from './session/fusionSession'
import { createMapsSession } from './session/mapsSession'
import { createPipelineSession } from './session/pipelineSession'
import { createRiskSession } from './session/riskSession'
import { createStudySession } from './session/studySession'
import { createTrainingSession } from './session/trainingSession'
import { createVoxelRegistry } from './session/voxelRegistry'
import { createDiscretion, newViewer, type Viewer } from './viewer'

export interface Engine {
  /** Answers one request of the contract; a long method answers `{ jobId }`. Rejects with UmbraError. */
  request(method: string, params: unknown, bytes?: Uint8Array, viewer?: Viewer): Promise<unknown>
  /** Every job's start, progress and end, of those the viewer may know. Returns how to stop listening. */
  subscribe(listener: (event: EngineEvent) => void, viewer?: Viewer): () => void
  /** The bytes of one frame of a voxel array, a view: copy what must outlive the series. */
  readVoxels(id: string, frame: number): Uint8Array
  close(): Promise<void>
}

export interface EngineOptions {
  /** Settings, recent studies, computed maps and the demonstration study lie here. */
  dataDirectory: string
  /** Opened at once; `study.current` waits for it. */
  open?: string[]
  /** Paths under this folder go away (uploads), so they are not remembered as recent studies. */
  transientDirectory?: string
}

/** As the file holds them: one written by an earlier version lacks what came later. */
const storedSettingsSchema = settingsSchema.extend({
  backend: settingsSchema.shape.backend.default('auto'),
})

/** All that the handlers of requests share. */
export type EngineParts = ReturnType<typeof createParts>

function createParts({ dataDirectory, transientDirectory }: EngineOptions, publish: (job: Job) => void) {
  const notices: Warning[] = []
  const report = (warning: Warning): void => {
    notices.push(warning)
    process.stderr.write(`${warning.message}\n`)
  }
  const defaults: PerfusionSettings = perfusionSettingsSchema.parse({})
  const voxels = createVoxelRegistry()
  const mapsStore = openMapsStore(join(dataDirectory, 'maps'))
  const maps = createMapsSession(mapsStore, voxels)
  const corrected = createCorrectedPictures(maps, voxels)
  const risk = createRiskSession(voxels)
  const settings = openJsonFile(
    join(dataDirectory, 'settings.json'),
    storedSettingsSchema,
    { perfusion: defaults, backend: 'auto' },
    report,
  )
  const backend = async (): Promise<BackendChoice> => (await settings.read()).backend
  const reading = createReadingRoom({
    path: join(dataDirectory, 'reading', 'studies.db'),
    demoDirectory: join(dataDirectory, 'demo'),
    ...{ mapsStore, backend, report },
  })
  const jobs = createJobs(publish)
  const study = createStudySession(voxels, () => {
    maps.clear()
    corrected.clear()
    risk.clear()
    pipeline.clear()
  })
  const pipeline = createPipelineSession({
    dataDirectory,
    study,
    maps,
    jobs,
    settings: settings.read,
    report,
  })
  return {
    dataDirectory,
    transientDirectory,
    notices,
    voxels,
    maps,
    corrected,
    risk,
    study,
    fusion: createFusionSession({ directory: join(dataDirectory, 'registrations'), study, voxels }),
    jobs,
    pipeline,
    training: createTrainingSession(dataDirectory, voxels, backend, reading.toLearn),
    reading,
    agreement: createAgreementSession(reading.signed),
    recent: openRecentStudies(join(dataDirectory, 'recent-studies.json'), report),
    settings,
  }
}

/**
 * The engine: every method of the contract over one open study. It computes and stores, and knows neither windows nor
 * sockets; whoever starts it carries its requests, events and voxels.
 */
export function createEngine(options: EngineOptions): Engine {
  const listeners = new Map<(event: EngineEvent) => void, Viewer>()
  const parts = createParts(options, (job) => {
    const event: EngineEvent = { event: 'job', job }
    for (const [listener, viewer] of listeners) if (discretion.tells(viewer, event)) listener(event)
  })
  const discretion = createDiscretion(parts.reading)
  const long = longHandlers(parts)
  const opening = options.open?.length
    ? parts.jobs.start({ method: 'study.open', ...long['study.open']({ paths: options.open }) })
    : null
  const quick = quickHandlers(parts, async () => {
    if (opening?.state === 'running') await parts.jobs.ended(opening.id)
  })
  let closing: Promise<void> | null = null

  async function close(): Promise<void> {
    // First the queue, so that the study in work is known to be given up with the program.
    const queueClosed = parts.pipeline.close()
    await parts.jobs.close()
    await queueClosed
    await parts.maps.settled()
    await parts.study.close()
    await parts.reading.close()
    listeners.clear()
  }

  return {
    request: async (method, params, bytes, viewer = newViewer()) => {
      if (closing) throw new UmbraError({ code: 'closed', message: 'The engine is closing.' })
      discretion.admit(viewer, method, params)
      if (method === 'jobs.list') return { jobs: discretion.jobs(viewer, parts.jobs.list()) }
      const answer = await dispatch(quick, long, parts.jobs, { method, params, bytes })
      discretion.note(viewer, method, params, answer)
      return answer
    },
    subscribe: (listener, viewer = newViewer()) => {
      listeners.set(listener, viewer)
      return () => void listeners.delete(listener)
    },
    readVoxels: (id, frame) =>
      parts.reading.holds(id) ? parts.reading.readVoxels(id, frame) : parts.voxels.readFrame(id, frame),
    close: () => (closing ??= close()),
  }
}
