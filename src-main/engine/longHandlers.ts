import { isAbsolute, join, relative } from 'node:path'
import { methodLabels, UmbraError, usualRule, type Catalogue, type RiskChoice } from '@contract'
import { demoStudy } from './cases/demoStudy'
import { partOfRun, type Run } from './compute/run'
import { surveyBackends } from './compute/tensorflow'
import type { EngineParts } from './engine'
import { exportMaps } from './export'
import type { LongHandlers } from './handlers'
import type { JobRun } from './jobs'
import { DEFAULT_MODEL, findModel } from './prediction'
import { compareResults } from './session/mapsComparison'
import type { VolumeSeries } from './volume'

const isInside = (folder: string, path: string): boolean => {
  const below = relative(folder, path)
  return below === '' || (!below.startsWith('..') && !isAbsolute(below))
}

/** One study is open at a time: opening another ends an opening under way. */
const opening = ['study.open', 'study.demo']

const usualChoice: RiskChoice = { rule: usualRule, referenceSide: 'automatic' }

/** The requests that take long: each names the job it starts. */
export function longHandlers(parts: EngineParts): LongHandlers {
  const {
    study,
    fusion,
    maps,
    corrected,
    risk,
    jobs,
    recent,
    reading,
    training,
    dataDirectory,
    transientDirectory,
  } = parts

  const open = async (paths: string[], run: Run & Pick<JobRun, 'log'>): Promise<Catalogue> => {
    const catalogue = await study.open(paths, run)
    const stays = !transientDirectory || !paths.some((path) => isInside(transientDirectory, path))
    if (stays && catalogue.filesShown > 0) {
      await recent
        .remember(paths, catalogue)
        .catch((thrown: Error) => run.log(`Not remembered: ${thrown.message}`))
    }
    return catalogue
  }
  const nameOf = (seriesKey: string): string => study.summary(seriesKey).description || 'series'
  /** The series as maps were made of it: what they are judged with. */
  const seriesOf = async (mapsId: string, run: Run): Promise<VolumeSeries> =>
    maps.madeOf(await study.series(maps.result(mapsId).seriesKey, run), mapsId)

  return {
    'study.open': ({ paths }) => {
      const key = `study.open ${JSON.stringify(paths)}`
      jobs.cancelOthers(opening, key)
      return { title: 'Open study', key, work: (run) => open(paths, run) }
    },
    'study.demo': () => {
      jobs.cancelOthers(opening, 'study.demo')
      return {
        title: 'Open the demonstration study',
        key: 'study.demo',
        work: async (run) => {
          const folder = await demoStudy(join(dataDirectory, 'demo'), partOfRun(run, 0, 0.9))
          return open([folder], { ...partOfRun(run, 0.9, 1), log: run.log })
        },
      }
    },

    'series.load': ({ seriesKey }) => ({
      title: `Read ${nameOf(seriesKey)}`,
      key: `series.load ${seriesKey}`,
      work: (run) => study.load(seriesKey, run),
    }),
    'series.fuse': ({ seriesKey, otherKey }) => ({
      title: `Register ${nameOf(otherKey)} to ${nameOf(seriesKey)}`,
      key: `series.fuse ${seriesKey} ${otherKey}`,
      work: (run) => fusion.fuse(seriesKey, otherKey, run),
    }),
    'series.project': ({ seriesKey, projection, mapsId }) => {
      const ofReading = reading.holds(seriesKey)
      const of = ofReading ? 'a reading' : nameOf(seriesKey)
      return {
        title: `${projection === 'maximum' ? 'Maximum' : 'Average'} over time of ${of}`,
        key: `series.project ${seriesKey} ${projection} ${mapsId}`,
        work: async (run) => {
          if (ofReading) return reading.scans.project(seriesKey, projection, run)
          if (mapsId === null) return study.project(seriesKey, projection, run)
          return corrected.project(await study.series(seriesKey, run), mapsId, projection, run)
        },
      }
    },
    'series.corrected': ({ seriesKey, mapsId }) => ({
      title: `Take the motion out of ${nameOf(seriesKey)}`,
      key: `series.corrected ${seriesKey} ${mapsId}`,
      work: async (run) => corrected.series(await study.series(seriesKey, run), mapsId),
    }),

    'backends.measure': () => ({
      title: 'Measure what networks compute with',
      key: 'backends.measure',
      work: async () => ({ backends: await surveyBackends({ measure: true }) }),
    }),

    'maps.compute': ({ seriesKey, settings }) => ({
      title: `Maps of ${nameOf(seriesKey)} (${methodLabels[settings.method]})`,
      key: `maps.compute ${seriesKey} ${JSON.stringify(settings)}`,
      work: async (run) => maps.compute(await study.series(seriesKey, run), settings, run),
    }),
    'maps.compare': (compared) => ({
      title: `Compare the maps of ${nameOf(maps.result(compared.mapsId).seriesKey)}`,
      key: `maps.compare ${compared.mapsId} ${compared.referenceId}`,
      work: (run) => compareResults(maps, compared, run),
    }),
    'maps.predict': ({ seriesKey, settings, model }) => ({
      title: `Maps of ${nameOf(seriesKey)} (network)`,
      key: `maps.predict ${seriesKey} ${model} ${JSON.stringify(settings)}`,
      work: async (run) => {
        const found = await findModel(model ?? DEFAULT_MODEL)
        const { backend } = await parts.settings.read()
        const series = await study.series(seriesKey, run)
        return maps.predict(series, settings, { model: found, backend }, run)
      },
    }),
    'maps.assess': ({ mapsId, ...choice }) => ({
      title: `Tissue at risk of ${nameOf(maps.result(mapsId).seriesKey)}`,
      key: `maps.assess ${mapsId} ${JSON.stringify(choice)}`,
      work: async (run) => {
        const series = await seriesOf(mapsId, run)
        return risk.assess(mapsId, series, maps.maps(mapsId), choice, run)
      },
    }),
    'maps.onePage': ({ mapsId, ...choice }) => ({
      title: `Page of ${nameOf(maps.result(mapsId).seriesKey)}`,
      key: `maps.onePage ${mapsId} ${JSON.stringify(choice)}`,
      work: async (run) => {
        const series = await seriesOf(mapsId, run)
        return { png: await risk.onePage(mapsId, series, maps.maps(mapsId), choice, run) }
      },
    }),
    'maps.export': ({ mapsId, directory, onePage, risk: choice = usualChoice }) => {
      if (!isAbsolute(directory)) {
        throw new UmbraError({
          code: 'invalid-path',
          message: 'The path of the export folder must be whole, from its root.',
          where: directory,
        })
      }
      const { seriesKey } = maps.result(mapsId)
      return {
        title: `Export the maps of ${nameOf(seriesKey)}`,
        key: `maps.export ${mapsId} ${directory}`,
        work: async (run) => {
          const series = await seriesOf(mapsId, run)
          const result = maps.maps(mapsId)
          const judgement = await risk.judge(mapsId, series, result, choice, partOfRun(run, 0, 0.1))
          const request = { series, result, directory, judgement, onePage }
          const files = await exportMaps(request, partOfRun(run, 0.1, 1))
          return { directory, files }
        },
      }
    },

    ...reading.longHandlers,
    'agreement.report': parts.agreement.report,
    'agreement.export': parts.agreement.export,
    'pipeline.run': parts.pipeline.run,
    ...reading.fileHandlers,

    'training.cases': training.cases,
    'training.start': training.start,
    'training.resume': training.resume,
    'training.export': training.export,
  }
}
