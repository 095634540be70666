import { createHash } from 'node:crypto'
import { type Catalogue, type Geometry, type SeriesSummary, type StudySummary } from '@contract'
import type { Arrangement } from './arrange'
import { draftsOf, type Draft } from './drafts'
import { gridOf } from './grid'
import { timePointsOf } from './kind'
import { byPosition } from './positions'
import { groupBy, type Instance, type LeftOut, type Slice } from './slices'

/** A series as it will be loaded; `arrangement` is null where there is nothing to load, and `summary.reason` says why. */
export interface SeriesPlan {
  summary: SeriesSummary
  arrangement: Arrangement | null
  geometry: Geometry
  slices: Slice[]
}

type Skipped = Catalogue['skipped']

/** Sorts instances into studies and series (PS3.3 §A.1.2), and series into volumes and time series. */
export function buildCatalogue(
  found: readonly Instance[],
  skippedFiles: Skipped,
): { catalogue: Catalogue; plans: Map<string, SeriesPlan> } {
  const skipped = [...skippedFiles]
  const filesFound = found.length + skipped.length
  const instances = withoutCopies(found, skipped)
  const plans = new Map<string, SeriesPlan>()
  const studies: StudySummary[] = []
  const shown = new Set<string>()
  const leftOut: LeftOut[] = []
  const patients = patientsOf(instances)
  const shared = sharedSeries(instances, patients)
  const ofStudy = (instance: Instance): string =>
    [instance.header.studyUid, patients.get(instance)].join('\n')
  for (const members of groupBy(instances, ofStudy).values()) {
    const drafts = draftsOf(members)
    const { header } = members[0]
    const series = drafts.map((draft): SeriesSummary => {
      const plan = planOf(draft, plans, shared)
      plans.set(plan.summary.key, plan)
      leftOut.push(...draft.leftOut)
      for (const instance of draft.instances) shown.add(instance.file.path)
      return plan.summary
    })
    studies.push({
      uid: header.studyUid,
      patientId: patientId(members),
      patientName: header.patient.name,
      date: header.study.date,
      description: header.study.description,
      series,
    })
  }
  for (const { slice, reason } of leftOut) {
    const { path, name } = slice.instance.file
    if (shown.has(path)) continue
    shown.add(path)
    skipped.push({ file: name, reason })
  }
  return { catalogue: { studies, skipped, filesFound, filesShown: filesFound - skipped.length }, plans }
}

const severalPatients = 'The images of this series name several patients; each patient is listed apart.'

const patientId = (members: readonly Instance[]): string =>
  members.find(({ header }) => header.patient.id !== '')?.header.patient.id ?? ''

/** Who each instance is of: the patient ID, or the name; an instance without either follows its series. */
function patientsOf(instances: readonly Instance[]): Map<Instance, string> {
  const patients = new Map<Instance, string>()
  for (const members of groupBy(instances, seriesOf).values()) {
    const ids = new Set(members.map(({ header }) => header.patient.id).filter((id) => id !== ''))
    const names = new Set(members.map(({ header }) => header.patient.name).filter((name) => name !== ''))
    const only = ids.size === 1 && names.size <= 1 ? [...ids][0] : null
    for (const instance of members) {
      const { id, name } = instance.header.patient
      patients.set(instance, id || (only ?? name))
    }
  }
  return patients
}

const seriesOf = ({ header }: Instance): string => [header.studyUid, header.seriesUid].join('\n')

/** Series whose files name more than one patient. */
function sharedSeries(instances: readonly Instance[], patients: ReadonlyMap<Instance, string>): Set<string> {
  const several = [...groupBy(instances, seriesOf).values()].filter(
    (members) => new Set(members.map((instance) => patients.get(instance))).size > 1,
  )
  return new Set(several.map(([first]) => first.header.seriesUid))
}

/** A file that holds the same instance as another at the same place and time is a copy of it. */
function withoutCopies(found: readonly Instance[], skipped: Skipped): Instance[] {
  const first = new Map<string, Instance>()
  return found.filter((instance) => {
    const { header, file } = instance
    const frame = header.frames[0]
    const place = [
      frame?.position,
      frame?.instants,
      header.instanceNumber,
      header.patient.id,
      header.seriesUid,
    ]
    const key = `${header.sopInstance}\n${JSON.stringify(place)}`
    const before = first.get(key)
    if (header.sopInstance === '' || !before) {
      first.set(key, instance)
      return true
    }
    skipped.push({ file: file.name, reason: `A copy of ${before.file.name} (same SOP Instance UID).` })
    return false
  })
}

function planOf(draft: Draft, taken: ReadonlyMap<string, unknown>, shared: ReadonlySet<string>): SeriesPlan {
  const { instances, arrangement, decided, slices } = draft
  const { header } = instances[0]
  const uids = [...new Set(instances.map((instance) => instance.header.seriesUid))]
  const grid = arrangement && gridOf(arrangement)
  const positions = arrangement || slices.length === 0 ? slices.length : byPosition(slices).length
  const size: Geometry['size'] = [header.image?.columns ?? 0, header.image?.rows ?? 0, positions]
  const geometry: Geometry = grid?.geometry ?? {
    size,
    spacing: [
      ...(slices[0]?.frame.spacing ?? [1, 1]),
      slices[0]?.frame.thickness || 1,
    ] as Geometry['spacing'],
    origin: [0, 0, 0],
    direction: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    frameOfReference: header.frameOfReference,
  }
  const times = arrangement && arrangement.frames > 1 ? timePointsOf(arrangement) : []
  const mixed = uids.some((uid) => shared.has(uid)) ? [severalPatients] : []
  const warnings = [...mixed, ...draft.warnings, ...(grid?.warnings ?? []), ...fileWarnings(instances)]
  const summary: SeriesSummary = {
    key: keyOf([...uids, draft.distinction], taken),
    uid: uids[0],
    uids,
    modality: header.modality,
    description: [
      header.series.description || header.series.protocol,
      draft.distinction && `(${draft.distinction})`,
    ]
      .filter((part) => part !== '')
      .join(' '),
    kind: decided.kind,
    reason: decided.reason,
    files: instances.length,
    timePoints: arrangement?.frames ?? (slices.length > 0 ? 1 : 0),
    times:
      arrangement?.order.known && times.length > 0
        ? times.map((time) => Math.round((time - times[0]) * 1e6) / 1e6)
        : [],
    size: geometry.size,
    spacing: geometry.spacing,
    transferSyntaxes: [...new Set(instances.map((instance) => instance.header.transferSyntax))],
    warnings: [...new Set(warnings)],
  }
  return { summary, arrangement, geometry, slices }
}

/** A short name that stays the same when the same files are opened again. */
function keyOf(identity: readonly string[], taken: ReadonlyMap<string, unknown>): string {
  const base = createHash('sha256').update(identity.join('\n')).digest('hex').slice(0, 8)
  let key = base
  for (let copy = 2; taken.has(key); copy++) key = `${base}-${copy}`
  return key
}

/** Each warning of the headers once, with how many files it concerns. */
function fileWarnings(instances: readonly Instance[]): string[] {
  const files = new Map<string, number>()
  for (const { header } of instances) {
    for (const warning of header.warnings) files.set(warning, (files.get(warning) ?? 0) + 1)
  }
  return [...files].map(([warning, count]) => (count > 1 ? `${warning} (${count} files)` : warning))
}
