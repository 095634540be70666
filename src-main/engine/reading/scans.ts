import { randomBytes } from 'node:crypto'
import {
  normalTissue,
  proposedMask,
  referenceText,
  UmbraError,
  usualRules,
  type BackendChoice,
  type LoadedSeriesInfo,
  type MapName,
  type MapValues,
  type PerfusionResult,
  type ProposalRule,
  type ReadingScan,
  type ReadingSource,
  type VoxelArray,
} from '@contract'
import { isMissing, seriesOfCase } from '../cases/caseFiles'
import type { MapsStore } from '../cases/mapsStore'
import { partOfRun, type Run } from '../compute/run'
import type { JobRun } from '../jobs'
import type { PerfusionMaps } from '../perfusion'
import { DEFAULT_MODEL, describeModel, findModel } from '../prediction'
import { createMapsSession, type MapsSession } from '../session/mapsSession'
import { createStudySession, type Projection, type StudySession } from '../session/studySession'
import { createVoxelRegistry, type VoxelRegistry } from '../session/voxelRegistry'
import { voxelVolume } from '../volume'
import { hideFrame, SCAN_PREFIX, type ScanOrder } from './hidden'

/** What stands outside the brain of a network's map. */
const OUTSIDE = -Infinity
/** Scans in memory: of the reading that is drawn in, and of one more window. */
const SCANS_KEPT = 2
/** The scans of open readings, apart from the study that is open in Studies and Review. */
export interface ReadingScans {
  /** Reads the scan and computes its maps. Throws `case-moved`. */
  load(order: ScanOrder, run: JobRun): Promise<ReadingScan>
  /** The frame of reference of the files; null where the scan is not in memory. */
  frameOfReference(readingId: string): string | null
  /** A structure by one of the `networkRules` of a scan in memory, from the network's maps; null where there is none. */
  propose(readingId: string, rule: string): ProposedStructure | null
  project(seriesKey: string, projection: Projection, run: Run): Promise<VoxelArray>
  readFrame(id: string, frame: number): Uint8Array
  close(): Promise<void>
}

export interface ProposedStructure {
  voxels: VoxelArray
  reference: string
  millilitres: number
  /** Which network, for the audit trail. */
  network: string
}

export interface ReadingScansOptions {
  mapsStore: MapsStore
  backend: () => Promise<BackendChoice>
}

interface Scan {
  study: StudySession
  maps: MapsSession
  /** The key of the series as the reader knows it. */
  key: string
  /** What every window that opens this reading is told; null before it is asked for. */
  described: Promise<ReadingScan> | null
  seriesKey: string | null
  frameOfReference: string | null
  /** The network's maps that proposals are made from. */
  networkMaps: string | null
  /** The proposal that can be read at `/voxels`. */
  proposal: string | null
}

const opaque = (): string => SCAN_PREFIX + randomBytes(9).toString('hex')

/** A registry whose ids tell nothing of what they hold: those of maps are hashes that tell which readings are alike. */
function withOpaqueIds(registry: VoxelRegistry): VoxelRegistry {
  const given = new Map<string, string>()
  const idOf = (id: string): string => given.get(id) ?? id
  return {
    register: (id, content) => {
      given.set(id, idOf(id) === id ? opaque() : idOf(id))
      return registry.register(idOf(id), content)
    },
    readFrame: (id, frame) => registry.readFrame(id, frame),
    forget: (id) => {
      registry.forget(idOf(id))
      given.delete(id)
    },
    clear: () => {
      for (const id of given.values()) registry.forget(id)
      given.clear()
    },
  }
}

/** The settings of a source's deconvolution. */
export const settingsOf = ({ method, settings }: ReadingSource): ReadingSource['settings'] =>
  // The method of a source rules; a network's settings are those of the deconvolution it stands beside.
  method === 'cnn' ? settings : { ...settings, method }

function caseMoved(paths: string[] | null): UmbraError {
  return new UmbraError({
    code: 'case-moved',
    message: 'The files of this case are not where the study’s protocol says.',
    hint: 'Whoever made the study can find the case again, in the progress of the study.',
    where: paths?.join(', '),
  })
}

/** What goes wrong on the way to blinded maps is said without files, tags and names. */
function blindedFailure(thrown: unknown): UmbraError {
  const code = thrown instanceof UmbraError ? thrown.code : 'internal'
  return new UmbraError({
    code,
    message: 'The maps of this reading could not be made.',
    hint: `Tell whoever made the study: opening the case in Studies shows them why (${code}).`,
  })
}

export function createReadingScans({ mapsStore, backend }: ReadingScansOptions): ReadingScans {
  const registry = createVoxelRegistry()
  /** The least recently used first. */
  const scans = new Map<string, Scan>()
  const leaving = new Set<Promise<void>>()

  function forget(readingId: string): void {
    const scan = scans.get(readingId)
    if (!scan) return
    scans.delete(readingId)
    const left = scan.study
      .close()
      .then(() => scan.maps.settled())
      .finally(() => leaving.delete(left))
    leaving.add(left)
  }

  function admit(readingId: string): Scan {
    forget(readingId)
    for (const id of [...scans.keys()].slice(0, Math.max(0, scans.size + 1 - SCANS_KEPT))) forget(id)
    const voxels = withOpaqueIds(registry)
    const maps = createMapsSession(mapsStore, voxels)
    const study = createStudySession(voxels, maps.clear)
    const scan: Scan = {
      ...{ study, maps, key: opaque() },
      ...{ described: null, seriesKey: null, frameOfReference: null, networkMaps: null, proposal: null },
    }
    scans.set(readingId, scan)
    return scan
  }

  async function mapsOf(scan: Scan, seriesKey: string, source: ReadingSource, run: JobRun) {
    const series = await scan.study.series(seriesKey, run)
    const settings = settingsOf(source)
    if (source.method !== 'cnn') return scan.maps.compute(series, settings, run)
    const model = await findModel(source.model ?? DEFAULT_MODEL)
    return scan.maps.predict(series, settings, { model, backend: await backend() }, run)
  }

  /** With the scan, not when they are asked for: how long that takes would tell whose maps are shown. */
  async function networkRulesOf(scan: Scan, order: ScanOrder, run: JobRun): Promise<string[]> {
    if (order.network === null || scan.seriesKey === null) return []
    const { model: wanted, settings } = order.network
    try {
      const model = await findModel(wanted ?? DEFAULT_MODEL)
      const series = await scan.study.series(scan.seriesKey, run)
      const made = await scan.maps.predict(series, settings, { model, backend: await backend() }, run)
      scan.networkMaps = made.mapsId
      const known = new Set((await describeModel(model)).outputs.map(({ map }) => map))
      return usualRules.filter(({ rule }) => known.has(rule.map)).map(({ name }) => name)
    } catch (thrown) {
      if (run.signal.aborted) throw thrown
      process.stderr.write(
        `Reading ${order.readingId}: no proposals, ${(thrown as Error).name} ${(thrown as UmbraError).code}\n`,
      )
      return []
    }
  }

  async function prepare(scan: Scan, order: ScanOrder, run: JobRun): Promise<ReadingScan> {
    const { subject, source, blinding } = order
    if (isMissing(subject)) throw caseMoved(blinding.patient ? null : subject.paths)
    const catalogue = await scan.study.open(subject.paths, partOfRun(run, 0, 0.1))
    const summary = seriesOfCase(catalogue, subject.seriesUid)
    if (!summary) throw caseMoved(blinding.patient ? null : subject.paths)
    scan.seriesKey = summary.key
    const series = await scan.study.load(summary.key, partOfRun(run, 0.1, 0.3))
    scan.frameOfReference = series.voxels.geometry.frameOfReference
    const part = (from: number, to: number) => ({ ...partOfRun(run, from, to), log: run.log }) as JobRun
    const result = await mapsOf(scan, summary.key, source, part(0.3, order.network ? 0.65 : 1))
    const networkRules = await networkRulesOf(scan, order, part(0.65, 1))
    return { ...describeScan(scan.key, series, result, order), networkRules }
  }

  /** Once for all windows that open the reading. */
  async function prepareOnce(order: ScanOrder, run: JobRun): Promise<ReadingScan> {
    const { readingId } = order
    const known = scans.get(readingId)
    if (known?.described) {
      scans.delete(readingId)
      scans.set(readingId, known)
      return known.described
    }
    const scan = admit(readingId)
    scan.described = prepare(scan, order, run)
    try {
      return await scan.described
    } catch (thrown) {
      if (scans.get(readingId) === scan) forget(readingId)
      throw thrown
    }
  }

  return {
    load: async (order, run) => {
      const { patient, source } = order.blinding
      if (!patient && !source) return prepareOnce(order, run)
      // Stages, log lines and failures name files, methods and networks.
      const quiet: JobRun = {
        signal: run.signal,
        onProgress: (progress) =>
          run.onProgress(progress, progress < 0.3 ? 'reading the scan' : 'making the maps'),
        log: () => undefined,
      }
      try {
        return await prepareOnce(order, quiet)
      } catch (thrown) {
        if (run.signal.aborted || (thrown instanceof UmbraError && thrown.code === 'case-moved')) throw thrown
        process.stderr.write(
          `Reading ${order.readingId}: ${(thrown as Error).name} ${(thrown as UmbraError).code}\n`,
        )
        throw blindedFailure(thrown)
      }
    },
    frameOfReference: (readingId) => scans.get(readingId)?.frameOfReference ?? null,
    propose: (readingId, name) => {
      const scan = scans.get(readingId)
      const named = usualRules.find((each) => each.name === name)
      if (!scan?.networkMaps || !named) return null
      const maps = scan.maps.maps(scan.networkMaps)
      const proposed = proposeFrom(maps, named.rule)
      if (!proposed) return null
      if (scan.proposal) registry.forget(scan.proposal)
      scan.proposal = opaque()
      const content = { voxels: proposed.mask, geometry: maps.geometry, frames: 1, unit: '' }
      const count = proposed.mask.reduce((sum, inside) => sum + inside, 0)
      return {
        voxels: hideFrame(readingId, registry.register(scan.proposal, content)),
        reference: proposed.reference,
        millilitres: (count * voxelVolume(maps.geometry)) / 1000,
        network: `${maps.model?.name} ${maps.model?.weightsSha256.slice(0, 12)}`,
      }
    },
    project: async (key, projection, run) => {
      const found = [...scans].find(([, scan]) => scan.key === key)
      if (!found?.[1].seriesKey) {
        throw new UmbraError({
          code: 'unknown-series',
          message: 'This reading is not open any more.',
          hint: 'Open it again from the worklist.',
        })
      }
      const [readingId, scan] = found
      return hideFrame(readingId, await scan.study.project(scan.seriesKey as string, projection, run))
    },
    readFrame: (id, frame) => registry.readFrame(id, frame),
    close: async () => {
      for (const readingId of [...scans.keys()]) forget(readingId)
      await Promise.all(leaving)
    },
  }
}

function describeScan(
  key: string,
  series: LoadedSeriesInfo,
  result: PerfusionResult,
  { readingId, blinding }: ScanOrder,
): Omit<ReadingScan, 'networkRules'> {
  return {
    series: {
      ...series,
      seriesKey: key,
      voxels: hideFrame(readingId, series.voxels),
      description: blinding.patient ? '' : series.description,
      warnings: blinding.patient ? [] : series.warnings,
    },
    maps: result.maps.map((map) => ({
      ...map,
      voxels: hideFrame(readingId, map.voxels),
      label: blinding.source ? plainLabel(map.label) : map.label,
      definition: blinding.source ? '' : map.definition,
    })),
    mask: hideFrame(readingId, result.mask),
  }
}

/** "Tmax (peak of residue)" tells how it was computed. */
const plainLabel = (label: string): string => label.replace(/\s*\(.*\)$/, '')

/** What a rule picks of a network's maps, and what it compared with; null where there is no normal tissue to compare with. */
function proposeFrom(
  { maps, mask, geometry }: PerfusionMaps,
  rule: ProposalRule,
): { mask: Uint8Array; reference: string } | null {
  const within = (name: MapName): MapValues => ({
    values: maps[name].map((value, at) => (mask[at] === 0 ? OUTSIDE : value)),
    outside: OUTSIDE,
  })
  const map = within(rule.map)
  if (!rule.relative) return { mask: proposedMask(rule, map, 1), reference: '' }
  const normal = normalTissue(
    map,
    geometry.size[0],
    maps.tmax.some((value) => value > 0) ? within('tmax') : null,
  )
  return normal && { mask: proposedMask(rule, map, normal.mean), reference: referenceText(normal) }
}
