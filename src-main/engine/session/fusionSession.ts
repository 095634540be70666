import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seriesAlignmentSchema, UmbraError, type FusedSeries, type StoredAlignment } from '@contract'
import { partOfRun, type Run } from '../compute/run'
import { writeFileAtomically } from '../files/atomic'
import { alignSeries, resampleOnto } from '../registration'
import { seriesIdentity, type VolumeSeries } from '../volume'
import type { StudySession } from './studySession'
import type { VoxelRegistry } from './voxelRegistry'

/** Other series of the patient, brought onto the grid of the one under review. */
export interface FusionSession {
  fuse(seriesKey: string, otherKey: string, run: Run): Promise<FusedSeries>
}

interface FusionParts {
  /** Where registrations are kept: a file for each pair of series, by the hash of both. */
  directory: string
  study: Pick<StudySession, 'series' | 'summary' | 'catalogue'>
  voxels: VoxelRegistry
}

/** The window of the files, or where most of the values lie. */
function displayOf(series: VolumeSeries, values: Float32Array): { lower: number; upper: number } {
  if (series.unit === 'HU') return { lower: 0, upper: 80 }
  const stride = Math.max(1, Math.floor(values.length / 50_000))
  const some = Float32Array.from(
    { length: Math.floor(values.length / stride) },
    (_, i) => values[i * stride],
  ).sort()
  const at = (share: number): number => some[Math.floor(share * (some.length - 1))]
  return { lower: at(0.02), upper: Math.max(at(0.995), at(0.02) + 1e-6) }
}

export function createFusionSession({ directory, study, voxels }: FusionParts): FusionSession {
  async function refuseOtherPatients(one: string, other: string): Promise<void> {
    const studies = study.catalogue()?.studies ?? []
    const patientOf = (key: string): string | undefined =>
      studies.find(({ series }) => series.some((each) => each.key === key))?.patientId
    if (patientOf(one) === patientOf(other)) return
    throw new UmbraError({
      code: 'other-patient',
      message: 'The two series belong to different patients.',
      hint: 'Choose a series of the same patient.',
    })
  }

  async function aligned(
    one: VolumeSeries,
    other: VolumeSeries,
    run: Run,
  ): Promise<[StoredAlignment, boolean]> {
    const identities = [await seriesIdentity(one), await seriesIdentity(other)]
    const key = createHash('sha256').update(JSON.stringify(identities)).digest('hex').slice(0, 32)
    const path = join(directory, `${key}.json`)
    // Missing or damaged: the series are registered again and the file is written over.
    const kept = await readFile(path, 'utf8')
      .then((text) => seriesAlignmentSchema.parse(JSON.parse(text)))
      .catch(() => null)
    if (kept) return [kept, true]
    const { motion, ...found } = await alignSeries(one, other, run)
    const alignment: StoredAlignment = { ...motion, rotation: [...motion.rotation], ...found }
    await mkdir(directory, { recursive: true })
    await writeFileAtomically(path, `${JSON.stringify(alignment, null, 2)}\n`)
    return [alignment, false]
  }

  return {
    fuse: async (seriesKey, otherKey, run) => {
      await refuseOtherPatients(seriesKey, otherKey)
      const summary = study.summary(otherKey)
      if (summary.timePoints > 1) {
        throw new UmbraError({
          code: 'not-comparable',
          message:
            'A series over time cannot be laid over another: choose a volume, such as FLAIR, T1 or NCCT.',
          where: summary.description,
        })
      }
      const one = await study.series(seriesKey, partOfRun(run, 0, 0.2))
      const other = await study.series(otherKey, partOfRun(run, 0.2, 0.3))
      const [alignment, kept] = await aligned(one, other, partOfRun(run, 0.3, 0.95))
      const { rotation, translation, centre } = alignment
      const [a, b, c, d, e, f, g, h, i] = rotation
      const onGrid = resampleOnto(one, other, { rotation: [a, b, c, d, e, f, g, h, i], translation, centre })
      const id = createHash('sha256').update(`${seriesKey}\n${otherKey}`).digest('hex').slice(0, 24)
      return {
        otherKey,
        description: other.description,
        modality: other.modality,
        voxels: voxels.register(`fused-${id}`, {
          voxels: onGrid,
          geometry: one.geometry,
          frames: 1,
          unit: other.unit,
        }),
        display: displayOf(other, onGrid),
        alignment,
        kept,
      }
    },
  }
}
