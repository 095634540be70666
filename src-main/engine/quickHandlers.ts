import { totalmem } from 'node:os'
import { jointHistogram } from './agreement'
import { coreCount } from './compute/pool'
import { surveyBackends } from './compute/tensorflow'
import type { EngineParts } from './engine'
import { listFolder } from './files/folderList'
import type { QuickHandlers } from './handlers'
import { gridMidPlane } from './masks'
import { interpolateContours } from './segmentation'
import { mapPair } from './session/mapsComparison'

function backend(): string {
  const cores = coreCount()
  return cores === 1 ? '1 CPU core' : `${cores} CPU cores`
}

/** The requests that are answered at once. `opened` resolves when the study given at the start has been tried. */
export function quickHandlers(
  { study, maps, jobs, recent, reading, agreement, settings, training, pipeline, notices }: EngineParts,
  opened: () => Promise<void>,
): QuickHandlers {
  return {
    'engine.about': () => ({
      version: __UMBRA_VERSION__,
      node: process.versions.node,
      platform: process.platform,
      cores: coreCount(),
      memoryTotal: totalmem(),
      memoryUsed: process.memoryUsage().rss,
      backend: backend(),
      notices,
    }),
    'backends.list': async () => ({ backends: await surveyBackends() }),
    'files.list': ({ path }) => listFolder(path),

    'study.current': async () => {
      await opened()
      return study.catalogue()
    },
    'study.close': async () => {
      await study.close()
      return {}
    },
    'study.recent': async () => ({ recent: await recent.list() }),
    'study.forget': async ({ paths }) => {
      await recent.forget(paths)
      return {}
    },

    'series.thumbnail': ({ seriesKey }) => study.thumbnail(seriesKey),
    'series.curve': async ({ seriesKey, voxels, mapsId, corrected }) => {
      const series = await study.series(seriesKey, {})
      const sampled = mapsId !== null && corrected ? await maps.madeOf(series, mapsId) : series
      return maps.curve(sampled, voxels, mapsId)
    },

    'maps.list': ({ seriesKey }) => ({ results: maps.list(study.summary(seriesKey).key) }),
    'maps.jointHistogram': ({ map, slice, lower, upper, bins, ...compared }) =>
      jointHistogram(mapPair(maps, compared, map), slice, { lower, upper }, bins),

    'models.list': training.models,
    'training.runs': training.runs,
    'training.example': training.example,
    'training.presets': training.presets,
    'training.pause': (params) => {
      training.pause(params)
      return {}
    },
    'training.remove': async (params) => {
      await training.remove(params)
      return {}
    },

    'pipeline.state': pipeline.state,
    ...pipeline.queue,

    ...reading.handlers,
    'drawing.interpolate': async ({ size, spacing }, mask) => ({
      added: await interpolateContours(mask, size, spacing),
    }),
    'drawing.midPlane': (grid, mask) => ({ plane: gridMidPlane(grid, mask) }),
    'agreement.read': agreement.read,
    'agreement.case': agreement.compared,

    'jobs.list': () => ({ jobs: jobs.list() }),
    'jobs.cancel': ({ jobId }) => {
      jobs.cancel(jobId)
      return {}
    },
    'jobs.clear': () => {
      jobs.clear()
      return {}
    },

    'settings.get': () => settings.read(),
    'settings.set': async (changed) => {
      await settings.update((before) => ({ ...before, ...changed }))
      return {}
    },
  }
}
